package site

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/face/icon"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
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
		{Method: "GET", Path: "/robots.txt", Access: function.Anyone, Neutral: true, Page: page, Do: function.Do(h.robots), Doc: "What crawlers leave alone, and where the sitemap is."},
		{Method: "GET", Path: "/brand/{hash}/{name}", Access: function.Anyone, Neutral: true, Page: &function.Page{ForAll: true, Tags: []string{face.Tag}}, Do: function.Do(h.brand), Doc: "The council's colours, wall pattern and icons; the address names the content."},
		{Method: "GET", Path: "/manifest.webmanifest", Access: function.Anyone, Page: &function.Page{ForAll: true, Tags: []string{face.Tag}}, Do: function.Do(h.manifest), Doc: "The site as an app."},
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
	return &plain{kind: "text/plain; charset=utf-8", body: []byte("User-agent: *\nDisallow: /v1/\nDisallow: /my\nDisallow: /en/my\nDisallow: /sign-\nDisallow: /en/sign-\nDisallow: /console\n\nSitemap: " + h.settings.SiteURL + ui.SitemapPath + "\n")}, nil
}

type brandRequest struct {
	Hash string `path:"hash"`
	Name string `path:"name"`
}

// brand is the sheet, the pattern or an icon of the council's face as it is now. Under the hash of another
// one it is kept by nobody: a page that was rendered before may still ask.
func (h handlers) brand(ctx context.Context, r *brandRequest) (*brandFile, error) {
	f, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	file := &brandFile{ui.Asset{Name: r.Name, Kept: r.Hash == f.Hash()}}
	if strings.HasPrefix(r.Name, "icon") {
		file.Kept = r.Hash == f.IconHash()
		file.Content, err = icons(f, r.Name)
		return file, err
	}
	switch r.Name {
	case "brand.css":
		file.Content = []byte(f.Sheet())
	case "wall.svg":
		file.Content = []byte(face.Patterns()[f.Pattern])
	default: // wall-mul.svg: one to choose, under the hash of any face
		name, wall := strings.CutPrefix(r.Name, "wall-")
		name, svg := strings.CutSuffix(name, ".svg")
		pattern, there := face.Patterns()[name]
		if !wall || !svg || !there {
			return nil, problem.Absent()
		}
		file.Content = []byte(pattern)
	}
	return file, nil
}

// icons are the council's, each by its name.
func icons(f face.Face, name string) ([]byte, error) {
	switch name {
	case "icon.svg":
		return icon.SVG(f), nil
	case "icon-180.png":
		return icon.PNG(f, 180)
	case "icon-512.png":
		return icon.PNG(f, 512)
	default:
		return nil, problem.Absent()
	}
}

// brandFile is an asset that the council made.
type brandFile struct{ ui.Asset }

// WriteResponse writes the file; what is in it loads nothing.
func (b *brandFile) WriteResponse(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	return b.Asset.WriteResponse(w, r) //nolint:wrapcheck // it says where it failed
}

func (h handlers) manifest(ctx context.Context, _ *none) (*plain, error) {
	type picture struct {
		Src   string `json:"src"`
		Sizes string `json:"sizes"`
		Type  string `json:"type"`
	}
	f, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	language := function.RequestFrom(ctx).Language
	name := face.In(language, f.Name, f.NameEN)
	short := f.Short
	if short == "" || language == "en" {
		short = name
	}
	body, err := json.Marshal(map[string]any{
		"name": name, "short_name": short, "lang": language,
		"start_url": ui.Local(ctx, homePath), "scope": "/",
		// iPhones show notifications of apps that stand alone only, and do not know the other form, which has a way back.
		"display": "standalone", "display_override": []string{"minimal-ui"}, "background_color": "#faf8f3", "theme_color": f.Brand.Light.Field,
		"icons": []picture{
			{h.frame.Icon(f, "icon.svg"), "any", "image/svg+xml"},
			{h.frame.Icon(f, "icon-180.png"), "180x180", "image/png"},
			{h.frame.Icon(f, "icon-512.png"), "512x512", "image/png"},
		},
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // strings can always be encoded
	}
	return &plain{kind: "application/manifest+json", body: body}, nil
}
