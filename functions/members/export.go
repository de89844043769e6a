package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/media/upload"
)

type exportRequest struct{}

type exportSession struct {
	Device      string    `json:"device"`
	CreatedAt   time.Time `json:"createdAt"`
	RefreshedAt time.Time `json:"refreshedAt"`
}

type exportAccess struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
}

type exportUpload struct {
	Name        string     `json:"name"`
	Purpose     string     `json:"purpose"`
	Size        int64      `json:"size" description:"Bytes."`
	CreatedAt   time.Time  `json:"createdAt"`
	CompletedAt *time.Time `json:"completedAt,omitempty"`
}

type exportResponse struct {
	Profile  profileResponse `json:"profile"`
	Consents []consentItem   `json:"consents" description:"The whole history."`
	Sessions []exportSession `json:"sessions"`
	Issuers  []string        `json:"issuers" description:"Whose accounts are linked."`
	Uploads  []exportUpload  `json:"uploads" description:"The latest first; the files themselves are read at /v1/uploads."`
	Accesses []exportAccess  `json:"accesses" description:"What the council did to the account or read of it."`
}

// export is everything that is kept about the member who asks.
func (h handlers) export(ctx context.Context, _ *exportRequest) (*exportResponse, error) {
	me := auth.From(ctx).MemberID
	profile, err := h.me(ctx, &meRequest{})
	if err != nil {
		return nil, err
	}
	r := &exportResponse{Profile: *profile, Consents: []consentItem{}, Sessions: []exportSession{}, Accesses: []exportAccess{}}
	consents, err := h.members.Consents(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, c := range consents {
		r.Consents = append(r.Consents, consentItem(c))
	}
	sessions, err := h.sessions.List(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		r.Sessions = append(r.Sessions, exportSession{Device: s.Device, CreatedAt: s.CreatedAt, RefreshedAt: s.RefreshedAt})
	}
	if r.Issuers, err = h.members.Issuers(ctx, me); err != nil {
		return nil, err
	}
	if r.Uploads, err = h.ownUploads(ctx, me); err != nil {
		return nil, err
	}
	accesses, err := h.log.AboutMember(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, a := range accesses {
		r.Accesses = append(r.Accesses, exportAccess{At: a.At, Action: a.Action})
	}
	return r, nil
}

func (h handlers) ownUploads(ctx context.Context, me string) ([]exportUpload, error) {
	const page = 500
	all := []exportUpload{}
	for last := ""; ; {
		list, err := h.uploads.List(ctx, upload.Filter{Member: me, Before: last}, page)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			all = append(all, exportUpload{Name: u.Name, Purpose: u.Purpose, Size: u.Size, CreatedAt: u.CreatedAt, CompletedAt: u.CompletedAt})
			last = u.ID
		}
		if len(list) < page {
			return all, nil
		}
	}
}
