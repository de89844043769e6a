package uploads

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type partsRequest struct {
	ID   string `path:"id"`
	From int    `query:"from"` // number of the part from which on addresses are wanted; 1 if absent
}

type storedPart struct {
	Number int   `json:"number"`
	Size   int64 `json:"size"` // bytes
}

type partsResponse struct {
	Stored      []storedPart `json:"stored"` // in full and of the right size
	Missing     []part       `json:"missing"`
	PartsExpire time.Time    `json:"partsExpire"`
	NextFrom    int          `json:"nextFrom,omitempty"` // where the next page of missing parts begins; absent at the end
}

func (h handlers) parts(ctx context.Context, r *partsRequest) (*partsResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	var f check.Fields
	from := max(1, r.From)
	f.Number("from", int64(r.From), 0, 1000)
	if err := f.Err(); err != nil {
		return nil, err
	}
	u, err := h.files.Resume(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	stored, err := h.files.Stored(ctx, u)
	if err != nil {
		return nil, err
	}
	signed, until, err := h.files.Sign(ctx, u, from, stored)
	if err != nil {
		return nil, err
	}
	a := &partsResponse{Stored: []storedPart{}, Missing: partsOf(signed), PartsExpire: until}
	for _, p := range stored {
		a.Stored = append(a.Stored, storedPart(p))
	}
	if n := len(signed); n == upload.PageParts && signed[n-1].Number < upload.PartCount(u.Size) {
		a.NextFrom = signed[n-1].Number + 1
	}
	return a, nil
}
