package uploads

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

type handlers struct {
	files   upload.Depot
	cursors *cursor.Codec
}

type startRequest struct {
	Purpose string `json:"purpose"`
	Name    string `json:"name"`
	Size    int64  `json:"size" description:"Bytes."`
	Type    string `json:"type,omitempty" description:"Media type, where the computer knows it."`
	SHA256  string `json:"sha256" description:"Of the whole file, in hexadecimal digits."`
	Key     string `header:"Idempotency-Key"`
}

type part struct {
	Number  int               `json:"number"`
	Size    int64             `json:"size"` // bytes; storage refuses another length
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"` // to be sent with the part
}

type startResponse struct {
	uploadResponse
	PartSize    int64     `json:"partSize"` // bytes of every part but the last
	PartCount   int       `json:"partCount"`
	Parts       []part    `json:"parts"`       // the first 16; ask for more with /parts
	PartsExpire time.Time `json:"partsExpire"` // when the addresses stop working; /parts has new ones
}

func (r startResponse) Location() string { return "/v1/uploads/" + r.ID }

func (h handlers) start(ctx context.Context, r *startRequest) (*startResponse, error) {
	u, err := h.files.Begin(ctx, upload.Draft{Purpose: r.Purpose, Name: r.Name, Declared: r.Type, Size: r.Size, SHA256: r.SHA256, Key: r.Key})
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, u.ID)
	a := &startResponse{uploadResponse: responseOf(u, nil), PartSize: objects.PartSize, PartCount: upload.PartCount(u.Size), Parts: []part{}, PartsExpire: u.ExpiresAt}
	if u.CompletedAt != nil {
		return a, nil
	}
	signed, until, err := h.files.Sign(ctx, u, 1, nil)
	if err != nil {
		return nil, err
	}
	a.Parts, a.PartsExpire = partsOf(signed), until
	return a, nil
}

func partsOf(signed []upload.SignedPart) []part {
	list := []part{}
	for _, p := range signed {
		list = append(list, part{Number: p.Number, Size: p.Size, URL: p.URL, Headers: p.Headers})
	}
	return list
}
