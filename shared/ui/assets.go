package ui

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

//go:embed assets
var own embed.FS

// Assets are the styles, scripts and pictures of the site or of the console. One function
// serves them, and the pages of all name them. Their addresses hold a hash
// of all of them, so that browsers and the edge keep them for good, and what one asset says
// of another, as in import "./queue.js", needs no rewriting.
type Assets struct {
	prefix string
	files  map[string][]byte
	hash   func() string // made when it is first asked for: most starts of a function serve no page
}

// NewAssets are the frame's own assets and those in the folder "assets" of trees, under
// prefix/{hash}/{name}.
func NewAssets(prefix string, trees ...fs.FS) *Assets {
	a := &Assets{prefix: prefix, files: map[string][]byte{}}
	for _, tree := range append([]fs.FS{own}, trees...) {
		names, _ := fs.Glob(tree, "assets/*") // fails for a bad pattern alone
		for _, name := range names {
			if content, err := fs.ReadFile(tree, name); err == nil { // embedded: always read
				a.files[path.Base(name)] = content
			}
		}
	}
	a.hash = sync.OnceValue(func() string {
		sum := sha256.New()
		for _, name := range slices.Sorted(maps.Keys(a.files)) {
			_, _ = sum.Write([]byte(name + "\x00" + strconv.Itoa(len(a.files[name])) + "\x00"))
			_, _ = sum.Write(a.files[name])
		}
		return hex.EncodeToString(sum.Sum(nil))[:16]
	})
	return a
}

// URL is the address of an asset; a name that is none leads to 404.
func (a *Assets) URL(name string) string { return a.prefix + "/" + a.hash() + "/" + name }

// AssetsRoute serves the assets of the frame's pages.
func (f Frame) AssetsRoute() function.Route {
	a := f.Assets
	return function.Route{
		Method: "GET", Path: a.prefix + "/{hash}/{name}", Access: function.Anyone, HTML: true, Refuse: f.Refuse, Neutral: true, Page: &function.Page{ForAll: true},
		Do: function.Do(a.read), Doc: "Styles, scripts and pictures of the pages; the address names the content.",
	}
}

type assetRequest struct {
	Hash string `path:"hash"`
	Name string `path:"name"`
}

// Asset is a file of pages as an answer.
type Asset struct {
	Name    string // its ending says what it is
	Content []byte
	Kept    bool // the address names the content: browsers and the edge keep it for good
}

// read gives the asset under another hash too, but to be kept by nobody: while a release is
// under way, a page of one release may ask the other.
func (a *Assets) read(_ context.Context, r *assetRequest) (*Asset, error) {
	content, ok := a.files[r.Name]
	if !ok || typeOf(r.Name) == "" {
		return nil, problem.Absent()
	}
	return &Asset{Name: r.Name, Content: content, Kept: r.Hash == a.hash()}, nil
}

// PageUnkept says that the address names another content, as that of another release.
func (a *Asset) PageUnkept() bool { return !a.Kept }

// WriteResponse writes the asset.
func (a *Asset) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", typeOf(a.Name))
	h.Set("Content-Length", strconv.Itoa(len(a.Content)))
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.Kept {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, err := w.Write(a.Content)
	return err //nolint:wrapcheck // the host says where it failed
}

// typeOf is the media type of an asset; "" for what is none.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".woff2":
		return "font/woff2"
	default:
		return ""
	}
}
