package notice

import (
	"context"
	"html"
	"strings"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
)

// Ref names a notice among all things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// thing is n, whole, as a thing. A draft has no time from which readers see it.
func (n Notice) thing() thing.Thing {
	t := thing.Thing{
		Ref: Ref(n.ID), Unit: n.Unit, Path: Path(n.ID), Title: n.Title, Line: n.Excerpt, Text: plain(n.HTML), Tags: n.Tags,
		At: n.CreatedAt, From: n.PublishAt, Until: n.UnpublishAt, Readers: thing.Guests, Version: n.Version,
	}
	if n.PublishAt != nil {
		t.At = *n.PublishAt
	}
	return t
}

// plain is what HTML that Markup made says. That has no < and no > but those of its tags,
// so it needs no parser; and it is stored, so that the index can be mended without the
// libraries of Markup.
func plain(markup string) string {
	var b strings.Builder
	for markup != "" {
		said, rest, more := strings.Cut(markup, "<")
		b.WriteString(said)
		if !more {
			break
		}
		b.WriteByte(' ')
		_, markup, _ = strings.Cut(rest, ">")
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// Things are where notices are kept, for the chore of package thing.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, s.scanWhole, `SELECT `+whole+` FROM notices WHERE deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2`, behind, limit)
		things := []thing.Thing{}
		for _, n := range list {
			things = append(things, n.thing())
		}
		return things, err
	}}
}
