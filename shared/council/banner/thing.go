package banner

import (
	"context"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
)

// Ref names a banner among all things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// thing is b as a thing: it has no page of its own, so that search does not find it.
func (b Stored) thing() thing.Thing {
	t := thing.Thing{
		Ref: Ref(b.ID), Unit: b.Unit, Title: b.Alt, Line: b.Alt, At: b.CreatedAt, From: b.From, Until: b.Until, Readers: thing.Guests, Version: b.Version,
	}
	if b.From == nil {
		t.From = &b.CreatedAt
	}
	return t
}

// Things are where banners are kept, for the chore of package thing.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM banners WHERE id > $1 ORDER BY id`+database.Limit(limit), behind)
		things := []thing.Thing{}
		for _, b := range list {
			things = append(things, b.thing())
		}
		return things, err
	}}
}
