package uploads

import (
	"context"
	"time"

	"github.com/madang-council/madang/functions/uploads/desk"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	ID string `path:"id"`
}

// uploadResponse is what is known about an upload.
type uploadResponse struct {
	ID          string           `json:"id"`
	Owner       string           `json:"owner"` // member id
	Purpose     string           `json:"purpose"`
	State       string           `json:"state" enum:"uploading,complete,refused,expired"`
	Refusal     string           `json:"refusal,omitempty"` // code, also of an image without variants
	Name        string           `json:"name"`
	Type        string           `json:"type"` // media type
	Size        int64            `json:"size"` // bytes
	SHA256      string           `json:"sha256"`
	URL         string           `json:"url,omitempty"`   // once complete
	Width       int              `json:"width,omitempty"` // pixels
	Height      int              `json:"height,omitempty"`
	Variants    []upload.Variant `json:"variants"`
	Film        upload.Film      `json:"film,omitempty" enum:"moving,still"` // of a GIF or WebP that moves, once it is processed: shown moving, or too large for it and shown still
	Moving      string           `json:"moving,omitempty"`                   // address of the film
	Alt         string           `json:"alt,omitempty"`                      // what a picture shows
	InUse       bool             `json:"inUse"`
	CreatedAt   time.Time        `json:"createdAt"`
	ExpiresAt   *time.Time       `json:"expiresAt,omitempty"` // until then it can be completed
	CompletedAt *time.Time       `json:"completedAt,omitempty"`
	ProcessedAt *time.Time       `json:"processedAt,omitempty"`
}

// madeResponse is an upload that a form made.
type madeResponse struct{ uploadResponse }

func (r madeResponse) Location() string { return "/v1/uploads/" + r.ID }

func (h handlers) read(ctx context.Context, r *readRequest) (*uploadResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	u, err := h.files.Visible(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.ReadOwners(ctx, u)
	return h.respond(ctx, u)
}

func (h handlers) respond(ctx context.Context, u upload.Upload) (*uploadResponse, error) {
	files, err := h.files.Files(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	a := responseOf(u, files[u.ID].Variants)
	a.State = u.State(ctx)
	return &a, nil
}

func responseOf(u upload.Upload, variants []upload.Variant) uploadResponse {
	a := uploadResponse{
		ID: u.ID, Owner: u.MemberID, Purpose: u.Purpose, State: "uploading", Refusal: u.RefusedCode, Name: u.Name, Type: upload.MediaType(u.Type),
		Size: u.Size, SHA256: u.SHA256, Width: u.Width, Height: u.Height, Variants: []upload.Variant{}, Alt: u.Alt, InUse: u.Uses > 0,
		CreatedAt: u.CreatedAt, CompletedAt: u.CompletedAt, ProcessedAt: u.ProcessedAt,
	}
	a.Variants = append(a.Variants, variants...)
	if u.CompletedAt != nil {
		a.State, a.URL, a.Film, a.Moving = "complete", u.URL(), u.Film, u.Moving()
	} else if u.RefusedAt == nil {
		a.ExpiresAt = &u.ExpiresAt
	}
	return a
}
