package notice

import (
	"context"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
)

// Ref names a notice among all things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// thing is n, whole, as a thing. A draft has no time from which readers see it.
func (n Notice) thing() thing.Thing {
	t := thing.Thing{
		Ref: Ref(n.ID), Unit: n.Unit, Path: Path(n.ID), Title: n.Title, TitleEn: n.TitleEn, Line: n.Excerpt, Text: n.searched(), Tags: n.Tags,
		At: n.CreatedAt, From: n.PublishAt, Until: n.UnpublishAt, Readers: thing.Guests, UrgentUntil: n.UrgentUntil, Version: n.Version,
	}
	t.Links = append(links(n.made.html), links(n.made.english)...)
	if n.PublishAt != nil {
		t.At = *n.PublishAt
	}
	return t
}

// searched is the text that search finds n by. The English comes first, and takes at most half
// of what is searched: a long text in one language leaves room for the other.
func (n Notice) searched() string {
	english := []rune(strings.TrimSpace(n.TitleEn + " " + plain(n.made.english)))
	english = english[:min(len(english), thing.MostText/2)]
	return strings.TrimSpace(string(english) + " " + plain(n.made.html))
}

// inline says whether a tag parts no words: 귀중품을 stays one where its first half is bold.
func inline(name string) bool {
	return slices.Contains([]string{"a", "strong", "em", "del", "code"}, strings.TrimPrefix(name, "/"))
}

// plain is what HTML that Markup made says, with the numbers of lists. That has no < and no > but those of its tags,
// so it needs no parser; and it is stored, so that the index can be mended without the
// libraries of Markup.
func plain(markup string) string {
	var b strings.Builder
	next := []int{} // the numbers of the items to come, by the lists that are open; below 0 for none
	for markup != "" {
		said, rest, more := strings.Cut(markup, "<")
		b.WriteString(said)
		if !more {
			break
		}
		var tag string
		tag, markup, _ = strings.Cut(rest, ">")
		name, attributes, _ := strings.Cut(tag, " ")
		if !inline(name) {
			b.WriteByte(' ')
		}
		switch {
		case name == "ul":
			next = append(next, -1)
		case name == "ol":
			next = append(next, start(attributes))
		case len(next) == 0:
		case name == "/ul", name == "/ol":
			next = next[:len(next)-1]
		case name == "li" && next[len(next)-1] >= 0:
			b.WriteString(strconv.Itoa(next[len(next)-1]) + ". ")
			next[len(next)-1]++
		}
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// led is an address of this site in HTML that Markup made.
var led = regexp.MustCompile(` href="(/[^"]*)"`)

// links are the addresses of this site that HTML leads to.
func links(markup string) []string {
	list := []string{}
	for _, m := range led.FindAllStringSubmatch(markup, -1) {
		list = append(list, html.UnescapeString(m[1]))
	}
	return list
}

// start is the number that a list says it begins with, 1 where it says none.
func start(attributes string) int {
	_, said, _ := strings.Cut(attributes, `start="`)
	said, _, _ = strings.Cut(said, `"`)
	if n, err := strconv.Atoi(said); err == nil {
		return n
	}
	return 1
}

// Things are where notices are kept, for the chore of package thing.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, s.scanWhole, `SELECT `+whole+` FROM notices WHERE deleted_at IS NULL AND id > $1 ORDER BY id`+database.Limit(limit), behind)
		things := []thing.Thing{}
		for _, n := range list {
			things = append(things, n.thing())
		}
		return things, err
	}}
}
