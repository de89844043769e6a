package members

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
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

// export is everything that is kept about the member who asks, as each store says. A part
// that the response does not name fails, so that none is added without a word in the
// document of the API.
func (h handlers) export(ctx context.Context, _ *exportRequest) (*exportResponse, error) {
	parts := map[string]any{}
	for _, d := range h.people {
		if d.Export == nil {
			continue
		}
		part, err := d.Export(ctx, auth.From(ctx).MemberID)
		if err != nil {
			return nil, err
		}
		parts[d.Name] = part
	}
	body, err := json.Marshal(parts)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	r := &exportResponse{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return r, nil
}
