package site

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

// hours is a span of whole hours.
func hours(ctx context.Context, d time.Duration) string {
	n := strconv.Itoa(int(d.Hours()))
	return ui.T(ctx, n+"시간", n+" hours")
}

// files are what programs read: crawlers, and telephones that keep the site as an app.
func (h handlers) files() []function.Route {
	page := &function.Page{ForAll: true}
	return []function.Route{
		{Method: "GET", Path: "/robots.txt", Access: function.Anyone, Neutral: true, Page: page, Do: function.Do(h.robots), Doc: "What crawlers leave alone."},
		{Method: "GET", Path: "/manifest.webmanifest", Access: function.Anyone, Page: page, Do: function.Do(h.manifest), Doc: "The site as an app."},
	}
}

// plain is a small file as an answer.
type plain struct {
	kind string
	body []byte
}

// WriteResponse writes the file.
func (p *plain) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", p.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(p.body)))
	_, err := w.Write(p.body)
	return err //nolint:wrapcheck // the host says where it failed
}

func (h handlers) robots(context.Context, *none) (*plain, error) {
	return &plain{kind: "text/plain; charset=utf-8", body: []byte("User-agent: *\nDisallow: /v1/\nDisallow: /my\nDisallow: /en/my\nDisallow: /sign-\nDisallow: /en/sign-\nDisallow: /console\n")}, nil
}

func (h handlers) manifest(ctx context.Context, _ *none) (*plain, error) {
	type icon struct {
		Src   string `json:"src"`
		Sizes string `json:"sizes"`
		Type  string `json:"type"`
	}
	body, err := json.Marshal(map[string]any{
		"name": h.settings.CouncilName, "short_name": ui.T(ctx, "마당", "Madang"), "lang": function.RequestFrom(ctx).Language,
		"start_url": ui.Local(ctx, homePath), "scope": "/", "display": "minimal-ui", "background_color": "#fbfaf6", "theme_color": "#0b5f49",
		"icons": []icon{
			{h.frame.Assets.URL("icon.svg"), "any", "image/svg+xml"},
			{h.frame.Assets.URL("icon-180.png"), "180x180", "image/png"},
			{h.frame.Assets.URL("icon-512.png"), "512x512", "image/png"},
		},
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // strings can always be encoded
	}
	return &plain{kind: "application/manifest+json", body: body}, nil
}
