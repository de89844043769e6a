package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
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

// renderTries is how often a page is rendered for one who asks: once more for tags that only
// its answer knows, and once more where something was touched meanwhile. What is touched
// oftener is shown but not stored.
const renderTries = 3

// eagerTime is how long somebody who wrote may wait for readers: a page is rendered in some
// milliseconds, and what is not rendered now is when it is asked for.
const eagerTime = 500 * time.Millisecond

// eagerPages is how many pages one write renders anew: the lists of both languages and the
// pages of one thing, several times over.
const eagerPages = 32

// owedPause and owedTries are how often, and for how long, a process tells the pages of touches
// after Redis did not answer: half a minute, in which a process without requests may be ended.
const (
	owedPause = time.Second
	owedTries = 30
)

// servePage answers a guest with a page and stores it for the edge.
func (h *Host) servePage(ctx context.Context, k *call) error {
	r := k.echo.Request()
	if !page.Path(r.URL.Path) || page.Hidden(r.URL) {
		return problem.Absent()
	}
	key := page.Key(r.URL.Path, r.URL.Query(), k.route.Page.Query, k.request.Language)
	result, err, _ := h.renders.Do(key, func() (any, error) {
		return h.render(context.WithoutCancel(ctx), k.route, key)
	})
	if err != nil {
		if p := problem.Find(err); p != nil && (p.Kind == problem.NotFound || p.Kind == problem.Gone) {
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
	var p page.Page
	tags := h.declared(route, key)
	for range renderTries {
		generations, away := h.pages.Begin(ctx, key, tags)
		made, err := h.compose(ctx, route, key, generations.At)
		if err != nil {
			return page.Page{}, err
		}
		p = made.Page
		if away != nil {
			h.lost(ctx, key, away)
			return p, nil
		}
		if made.unkept {
			return p, nil
		}
		p.Tags = unique(slices.Concat(p.Tags, tags))
		if !generations.Has(p.Tags) {
			tags = p.Tags // they may have been touched since it was begun
			continue
		}
		outcome, err := h.pages.Save(ctx, p, generations)
		if err != nil {
			h.lost(ctx, key, err)
			return p, nil
		}
		if outcome != page.Touched {
			return p, nil
		}
	}
	return p, nil
}

func (h *Host) lost(ctx context.Context, key string, err error) {
	h.metrics.pageLost(h.spec.Name)
	h.log.WarnContext(ctx, "page not stored", "page", key, "error", err)
}

func unique(tags []string) []string {
	slices.Sort(tags)
	return slices.Compact(tags)
}

// composed is a page before it is stored.
type composed struct {
	page.Page
	unkept bool
}

// compose renders what a page says from now on, as far ahead as it is known.
func (h *Host) compose(ctx context.Context, route function.Route, key string, now time.Time) (composed, error) {
	h.metrics.pageRendered(h.spec.Name, route.Path)
	p := composed{Page: page.Page{Key: key, Meta: page.Meta{Function: h.spec.Name, Rendered: now.UnixMilli()}}}
	end, at := now.Add(page.FreshFor), now
	for range segments {
		s, shows, err := h.renderAt(ctx, route, key, at)
		if err != nil && len(p.Segments) == 0 {
			return composed{}, err
		}
		if err != nil {
			return p, nil //nolint:nilerr // what the page will be then cannot be said now, as when it will be gone
		}
		if strings.Contains(s.Header["Cache-Control"], "immutable") { // nothing to look at in the database
			end = now.Add(page.Keep)
		}
		p.Tags = append(p.Tags, shows.tags...)
		p.unkept = p.unkept || shows.unkept
		s.From, s.Until, p.Wrong = at.UnixMilli(), end.UnixMilli(), 0
		if shows.changes != nil && shows.changes.After(at) {
			p.Wrong = shows.changes.UnixMilli()
			s.Until = min(s.Until, p.Wrong)
		}
		p.Segments = append(p.Segments, s)
		if p.Wrong == 0 || p.Wrong != s.Until {
			break
		}
		at = time.UnixMilli(p.Wrong)
	}
	return p, nil
}

// shows is what an answer says of itself as a page.
type shows struct {
	tags    []string
	changes *time.Time // when it changes by itself; nil for never
	unkept  bool
	empty   bool
}

func showsOf(response any) shows {
	var s shows
	if r, ok := response.(function.Tagger); ok {
		s.tags = r.PageTags()
	}
	if r, ok := response.(function.Changer); ok {
		s.changes = function.Earliest(r.PageChanges()...)
	}
	if r, ok := response.(function.Unkept); ok {
		s.unkept = r.PageUnkept()
	}
	if r, ok := response.(function.Empty); ok {
		s.empty = r.PageEmpty()
	}
	return s
}

// declared are the tags that a page's route gives it.
func (h *Host) declared(route function.Route, key string) []string {
	path, _, _ := page.Address(key)
	c := h.echo.NewContext(nil, discard{})
	h.echo.Router().Find(http.MethodGet, path, c)
	tags := route.Page.TagsFor(c.Param)
	if h.flagged(route) {
		tags = append(tags, function.FlagsTag)
	}
	return tags
}

// flagged says whether a page changes with the council's switches: it has their banner and the
// menu, or its function can be switched off.
func (h *Host) flagged(route function.Route) bool {
	return h.deps.Flags != nil && (route.Switched || !route.Page.ForAll)
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
	var flags function.Flags
	var unknown error
	if h.flagged(route) {
		if flags, unknown = h.deps.FlagsOf(inner); route.Switched && !flags.Runs(h.spec.Name) {
			return page.Segment{}, shows{}, problem.Absent()
		}
	}
	c := h.echo.NewContext(r, discard{})
	h.echo.Router().Find(http.MethodGet, path, c)
	bind, bound := h.binder(c, route.Do), any(nil)
	response, err := route.Do.Call(inner, func(target any) error {
		bound = target
		return bind(target)
	})
	if err != nil {
		return page.Segment{}, shows{}, err
	}
	shown := showsOf(response)
	shown.changes = function.Earliest(shown.changes, flags.Changes)
	shown.unkept = shown.unkept || unknown != nil
	// Nobody makes pages without end: of addresses that mean the same, one is a page, and none
	// that narrows to nothing.
	shown.unkept = shown.unkept || shown.empty && len(query) > 0 || !understood(route, bound, query)
	a, err := encode(route, response)
	if err != nil {
		return page.Segment{}, shows{}, err
	}
	if a, err = written(a, r); err != nil {
		return page.Segment{}, shows{}, err
	}
	s := page.Segment{ETag: pageETag(a.body), ContentType: a.header.Get("Content-Type"), Body: a.body, Header: map[string]string{}}
	for name, values := range a.header {
		if name != "Content-Type" && name != "Content-Length" && name != "Etag" {
			s.Header[name] = strings.Join(values, ", ")
		}
	}
	return s, shown, nil
}

// understood says whether each parameter of a page's address is written as the request that
// was bound from it has it, after the handler: 020 is not 20, nor a tag with a space behind it
// the tag.
func understood(route function.Route, bound any, query url.Values) bool {
	v := reflect.ValueOf(bound).Elem()
	found := fields(route.Do, v, function.InQuery)
	for name := range query {
		field, ok := found[name]
		for ok && field.Kind() == reflect.Pointer && !field.IsNil() {
			field = field.Elem()
		}
		if !ok || fmt.Sprint(field.Interface()) != query.Get(name) {
			return false
		}
	}
	return true
}

// touches are the rows of touches, and who is told of them.
func (h *Host) touches() touch.Store { return touch.Store{DB: h.deps.DB, Pages: h.pages} }

// settle tells the pages of what is left of touches, if the function has a database.
func (h *Host) settle(ctx context.Context) error {
	if h.deps.DB == nil || h.pages == nil {
		return nil
	}
	_, err := h.touches().Settle(ctx)
	return err
}

// owe tells the pages later of touches that they could not be told of now. It is lost with the
// process; the rows are not.
func (h *Host) owe() {
	if h.owing.CompareAndSwap(false, true) {
		h.pay(owedTries)
	}
}

func (h *Host) pay(tries int) {
	h.later(owedPause, func() {
		ctx, cancel := context.WithTimeout(clock.With(context.Background(), h.now()), h.timeout())
		defer cancel()
		if err := h.settle(ctx); err == nil || tries == 1 {
			h.owing.Store(false)
			return
		}
		h.pay(tries - 1)
	})
}

// eager follows a write or an event: the pages that are eager under touched tags are rendered
// anew, so that no reader waits for it. What cannot be is rendered when it is asked for.
func (h *Host) eager(ctx context.Context) {
	tags := touch.From(ctx)
	if len(tags) == 0 || h.pages == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), eagerTime)
	defer cancel()
	ctx = clock.With(guest(ctx), h.now())
	for i, e := range h.eagerOnes(tags) {
		if i == eagerPages || ctx.Err() != nil {
			return
		}
		if _, err := h.render(ctx, e.route, e.key); err != nil {
			h.drop(ctx, e.key)
		}
	}
}

func (h *Host) drop(ctx context.Context, key string) {
	if err := h.pages.Drop(context.WithoutCancel(ctx), key); err != nil {
		h.log.WarnContext(ctx, "page not dropped", "page", key, "error", err)
	}
}

// eagerOne is a page that is rendered before somebody asks.
type eagerOne struct {
	route function.Route
	key   string
}

// eagerOnes are the pages that are rendered when a tag is touched even if nobody has read
// them. That of one thing has the parameter of its address in its tag.
func (h *Host) eagerOnes(tags []string) []eagerOne {
	list := []eagerOne{}
	for _, route := range h.parts.Routes {
		if route.Page == nil || !route.Page.Eager {
			continue
		}
		for _, path := range unique(eagerPaths(route, tags)) {
			language := "ko"
			if route.HTML {
				language = function.LanguageOf(path)
			}
			list = append(list, eagerOne{route, page.Key(path, nil, nil, language)})
		}
	}
	return list
}

func eagerPaths(route function.Route, tags []string) []string {
	before, rest, parameter := strings.Cut(route.Path, "{")
	name, after, _ := strings.Cut(rest, "}")
	paths := []string{}
	for _, declared := range route.Page.Tags {
		for _, tag := range tags {
			switch start, found := strings.CutSuffix(declared, "{"+name+"}"); {
			case !parameter && declared == tag:
				paths = append(paths, route.Path)
			case parameter && found && strings.HasPrefix(tag, start):
				if path := before + strings.TrimPrefix(tag, start) + after; page.Path(path) && !strings.Contains(after, "{") {
					paths = append(paths, path)
				}
			}
		}
	}
	return paths
}

// discard is where a context without an answer writes.
type discard struct{}

func (discard) Header() http.Header { return http.Header{} }
func (discard) WriteHeader(int)     {}
func (discard) Write(b []byte) (int, error) {
	return len(b), errors.New("host: nothing is answered here")
}
