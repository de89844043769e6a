package upload

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
)

type exported struct {
	Name        string     `json:"name"`
	Purpose     string     `json:"purpose"`
	Size        int64      `json:"size"` // bytes
	CreatedAt   time.Time  `json:"createdAt"`
	CompletedAt *time.Time `json:"completedAt,omitempty"`
}

// Personal is what uploads keep of members.
func (s Store) Personal() []person.Data {
	const stays = "files belong to what they were made for; one that nothing uses is deleted within a day"
	return []person.Data{{Name: "uploads", Export: s.export, Columns: []person.Column{
		{Name: "uploads.member_id", Fate: person.Kept, Why: stays},
		{Name: "uploads.name", Fate: person.Shown, Why: stays},
		{Name: "uploads.purpose", Fate: person.Shown, Why: stays},
		{Name: "uploads.alt", Fate: person.Kept, Why: stays},
		{Name: "uploads.request", Fate: person.Kept, Why: "a hash, until the upload is deleted"},
	}}}
}

func (s Store) export(ctx context.Context, memberID string) (any, error) {
	const page = 500
	all := []exported{}
	for last := ""; ; {
		list, err := s.List(ctx, Filter{Member: memberID, Before: last}, page)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			all = append(all, exported{Name: u.Name, Purpose: u.Purpose, Size: u.Size, CreatedAt: u.CreatedAt, CompletedAt: u.CompletedAt})
			last = u.ID
		}
		if len(list) < page {
			return all, nil
		}
	}
}
