package upload

import (
	"context"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/clock"
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
	const stays = "files belong to what they were made for; one that nothing uses is deleted within a day, a proof here"
	return []person.Data{{Name: "uploads", Notices: []person.Notice{
		{What: problem.Text{KO: "올린 파일과 그 이름", EN: "Uploaded files and their names"}, Why: problem.Text{KO: "회원이 낸 자료", EN: "Receiving what members submit"}, Until: problem.Text{KO: "쓰이지 않으면 {unused} 뒤 지움", EN: "{unused} unless used"},
			Whom: problem.Text{KO: "게시한 글에 붙인 파일은 그 글을 읽는 누구나", EN: "Files of published texts: everybody who reads these"}},
		{What: problem.Text{KO: "재학생 증빙으로 올린 파일", EN: "Files uploaded as proof of being a student"}, Why: problem.Text{KO: "재학생 인증", EN: "Verification as a student"}, Until: problem.Text{
			KO: fmt.Sprintf("인증할 때까지, 길어도 %d일", ProofDays), EN: fmt.Sprintf("Until you are verified, at most %d days", ProofDays)},
			Whom: problem.Text{KO: "인증을 맡은 사람", EN: "Those who verify students"}},
	}, Export: s.export, Forget: s.forgetProofs, Columns: []person.Column{
		{Name: "uploads.member_id", Fate: person.Kept, Why: stays},
		{Name: "uploads.name", Fate: person.Shown, Why: stays},
		{Name: "uploads.purpose", Fate: person.Shown, Why: stays},
		{Name: "uploads.alt", Fate: person.Kept, Why: stays},
		{Name: "uploads.request", Fate: person.Kept, Why: "a hash, until the upload is deleted"},
	}}}
}

// forgetProofs deletes what a member who has left has handed in to be verified.
func (s Store) forgetProofs(ctx context.Context, memberID string) error {
	_, err := s.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1, request = NULL WHERE member_id = $2 AND purpose = 'proof' AND uses = 0 AND deleted_at IS NULL`, clock.Millis(clock.Now(ctx)), memberID)
	return err
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
