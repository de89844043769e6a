package upload

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
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
	return []person.Data{{Name: "uploads", Notices: []person.Notice{
		{What: problem.Text{KO: "올린 파일과 그 이름", EN: "Uploaded files and their names"}, Why: problem.Text{KO: "회원이 낸 자료", EN: "Receiving what members submit"}, Until: problem.Text{KO: "쓰이지 않으면 {unused} 뒤, 재학생 증빙은 확인한 뒤 지움", EN: "{unused} unless used; proofs of being a student until they are checked"},
			Whom: problem.Text{KO: "게시한 글에 붙인 파일은 그 글을 읽는 누구나", EN: "Files of published texts: everybody who reads these"}},
	}, Export: s.export, Columns: []person.Column{
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
