package host

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// segments is how many states of a page are rendered ahead: what it says now, after its
// next change, and after the one that follows. A render after each change moves the chain on.
const segments = 3

// rerender is how many pages one write renders again before it answers, and how long
// that may take; pages beyond it are dropped.
const (
	rerenderPages = 32              // the lists of both languages and the pages of one thing, several times over
	rerenderTime  = 2 * time.Second // how long somebody who wrote may wait for readers
)

// pathLimit is the longest path of a page, in bytes: the longest that the site makes has an
// id and a word or two, and what is longer is not kept.
const pathLimit = 512

// servePage answers a guest with a page and stores it for the edge.
func (h *Host) servePage(ctx context.Context, k *call) error {
	r := k.echo.Request()
	if len(r.URL.Path) > pathLimit {
		return problem.Absent()
	}
	key := page.Key(r.URL.Path, r.URL.Query(), k.route.Page.Query, k.request.Language)
	result, err, _ := h.renders.Do(key, func() (any, error) {
		return h.render(context.WithoutCancel(ctx), k.route, key)
	})
	if err != nil {
		if problem.Find(err) != nil && problem.Find(err).Kind == problem.NotFound {
			h.drop(ctx, key)
		}
		return err
	}
	p, _ := result.(page.Page)
	s, _ := p.At(clock.Now(ctx))
	return h.answer(k.echo, pageAnswer(s, k.route))
}

// pageAnswer is a page's segment as an answer.
func pageAnswer(s page.Segment, route function.Route) answer {
	header := http.Header{"Content-Type": {s.ContentType}, "Etag": {s.ETag}, "Cache-Control": {page.CacheControl}}
	if !route.HTML {
		header.Set("Vary", "Accept-Language")
	}
	for name, value := range s.Header {
		header.Set(name, value)
	}
	return answer{status: http.StatusOK, body: s.Body, header: header}
}

// render makes a page and stores it. A page that cannot be stored is still answered.
func (h *Host) render(ctx context.Context, route function.Route, key string) (page.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout())
	defer cancel()
	h.metrics.pageRendered(h.spec.Name, route.Path)
	p := page.Page{Key: key, Meta: page.Meta{Function: h.spec.Name, Rendered: h.now().UnixMilli()}}
	declared := h.declared(route, key)
	generations, storeErr := h.pages.Generations(ctx, declared)
	end := h.now().Add(page.FreshFor)
	at := h.now()
	partial := false
	for range segments {
		s, shows, err := h.renderAt(ctx, route, key, at)
		if err != nil && len(p.Segments) == 0 {
			return page.Page{}, err
		}
		if err != nil { // what the page will be later cannot be said now, as when it will be gone
			break
		}
		if strings.Contains(s.Header["Cache-Control"], "immutable") { // nothing to look at in the database
			end = h.now().Add(page.Keep)
		}
		s.From, s.Until = at.UnixMilli(), end.UnixMilli()
		p.Tags = append(p.Tags, shows.tags...)
		partial = partial || shows.partial
		more := shows.changes != nil && shows.changes.After(at) && shows.changes.Before(end)
		if more {
			s.Until = shows.changes.UnixMilli()
		}
		p.Segments = append(p.Segments, s)
		if !more {
			break
		}
		at = *shows.changes
	}
	p.Tags = append(p.Tags, declared...)
	slices.Sort(p.Tags)
	p.Tags = slices.Compact(p.Tags)
	if partial {
		return p, nil
	}
	if storeErr == nil {
		_, storeErr = h.saveWith(ctx, p, route, generations)
	}
	if storeErr != nil {
		h.metrics.pageLost(h.spec.Name)
		h.log.WarnContext(ctx, "page not stored", "page", key, "error", storeErr)
	}
	return p, nil
}

// saveWith stores a page. The generations of tags that only the handler knew are read
// afterwards: for those, the page is rendered once more if its body changed meanwhile.
func (h *Host) saveWith(ctx context.Context, p page.Page, route function.Route, g page.Generations) (bool, error) {
	late := slices.DeleteFunc(slices.Clone(p.Tags), func(t string) bool { _, known := g[t]; return known })
	if len(late) > 0 {
		more, err := h.pages.Generations(ctx, late)
		if err != nil {
			return false, err
		}
		for t, n := range more {
			g[t] = n
		}
		now := clock.Now(clock.With(ctx, time.UnixMilli(p.Segments[0].From)))
		again, _, err := h.renderAt(ctx, route, p.Key, now)
		if err != nil {
			return false, err
		}
		if again.ETag != p.Segments[0].ETag {
			return false, nil
		}
	}
	return h.pages.Save(ctx, p, g)
}

// shows is what an answer says of itself as a page.
type shows struct {
	tags    []string
	changes *time.Time // when it changes by itself; nil for never
	partial bool
}

func showsOf(response any) shows {
	var s shows
	if r, ok := response.(function.Tagger); ok {
		s.tags = r.PageTags()
	}
	if r, ok := response.(function.Changer); ok {
		s.changes = function.Earliest(r.PageChanges()...)
	}
	if r, ok := response.(function.Incomplete); ok {
		s.partial = r.PageIncomplete()
	}
	return s
}

// declared are the tags that a page's route gives it.
func (h *Host) declared(route function.Route, key string) []string {
	path, _, _ := page.Address(key)
	c := h.echo.NewContext(nil, discard{})
	h.echo.Router().Find(http.MethodGet, path, c)
	return route.Page.TagsFor(c.Param)
}

// renderAt runs the handler as nobody, for an address and a time: what it gets holds no
// trace of who asked.
func (h *Host) renderAt(ctx context.Context, route function.Route, key string, at time.Time) (page.Segment, shows, error) {
	path, query, language := page.Address(key)
	request := &function.Request{ID: function.RequestFrom(ctx).ID, Language: language, Cookies: map[string]string{}}
	inner := function.WithRequest(clock.With(guest(ctx), at), request)
	r, err := http.NewRequestWithContext(inner, http.MethodGet, (&url.URL{Path: path, RawQuery: query.Encode()}).String(), http.NoBody)
	if err != nil {
		return page.Segment{}, shows{}, problem.Absent()
	}
	c := h.echo.NewContext(r, discard{})
	h.echo.Router().Find(http.MethodGet, path, c)
	response, err := route.Do.Call(inner, h.binder(c, route.Do))
	if err != nil {
		return page.Segment{}, shows{}, err
	}
	shown := showsOf(response)
	a, err := encode(route, response)
	if err != nil {
		return page.Segment{}, shows{}, err
	}
	if a.writer != nil {
		w := &recorder{header: http.Header{}}
		if err := a.writer.WriteResponse(w, r); err != nil {
			return page.Segment{}, shows{}, err
		}
		a.body, a.header = w.body, w.header
	}
	s := page.Segment{ETag: pageETag(a.body), ContentType: a.header.Get("Content-Type"), Body: a.body, Header: map[string]string{}}
	for name, values := range a.header {
		if name != "Content-Type" && name != "Content-Length" && name != "Etag" {
			s.Header[name] = strings.Join(values, ", ")
		}
	}
	return s, shown, nil
}

// settle follows a commit: pages under touched tags are rendered again, so that no
// visitor waits for it.
func (h *Host) settle(ctx context.Context) {
	tags := touch.From(ctx)
	if len(tags) == 0 || h.pages == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rerenderTime)
	defer cancel()
	ctx = clock.With(guest(ctx), h.now())
	keys, err := h.pages.Touch(ctx, tags)
	if err != nil {
		h.metrics.pageLost(h.spec.Name)
		h.log.WarnContext(ctx, "pages not touched; they stay until their backstop", "tags", tags, "error", err)
		return
	}
	keys = append(keys, h.eager(tags)...)
	slices.Sort(keys)
	rendered := 0
	for _, key := range slices.Compact(keys) {
		route, mine := h.routeOf(key)
		if !mine {
			continue // its own function renders it, by the event or when it is asked
		}
		if rendered == rerenderPages || ctx.Err() != nil {
			h.drop(ctx, key)
			continue
		}
		rendered++
		if _, err := h.render(ctx, route, key); err != nil {
			h.drop(ctx, key)
		}
	}
}

func (h *Host) drop(ctx context.Context, key string) {
	if err := h.pages.Drop(context.WithoutCancel(ctx), key); err != nil {
		h.log.WarnContext(ctx, "page not dropped", "page", key, "error", err)
	}
}

// eager are the pages that are rendered when a tag is touched even if nobody has read them.
func (h *Host) eager(tags []string) []string {
	keys := []string{}
	for _, route := range h.parts.Routes {
		if route.Page == nil || !route.Page.Eager || strings.Contains(route.Path, "{") {
			continue
		}
		if slices.ContainsFunc(route.Page.Tags, func(t string) bool { return slices.Contains(tags, t) }) {
			keys = append(keys, page.Key(route.Path, nil, nil, function.LanguageOf(route.Path)))
		}
	}
	return keys
}

// routeOf is this function's route for a page, if it is one of its own.
func (h *Host) routeOf(key string) (function.Route, bool) {
	path, _, _ := page.Address(key)
	c := h.echo.NewContext(nil, discard{})
	h.echo.Router().Find(http.MethodGet, path, c)
	for _, route := range h.parts.Routes {
		if route.Page != nil && echoPath(route.Path) == c.Path() {
			return route, true
		}
	}
	return function.Route{}, false
}

// recorder keeps what a Writer writes.
type recorder struct {
	header http.Header
	body   []byte
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(int)     {}
func (r *recorder) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}

// discard is where a context without an answer writes.
type discard struct{}

func (discard) Header() http.Header { return http.Header{} }
func (discard) WriteHeader(int)     {}
func (discard) Write(b []byte) (int, error) {
	return len(b), errors.New("host: nothing is answered here")
}
