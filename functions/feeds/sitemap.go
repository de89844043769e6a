package feeds

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// mostMapped is how many things a file of the sitemap has: two addresses each, about 1 MB of the
// 50 MB and 50 000 addresses that sitemaps.org allows, since a pod holds it whole, three times
// over, and so does Redis.
const mostMapped = 1000

// partPath is where the parts of the sitemap are, as "/sitemaps/notice-1.xml".
const partPath = "/sitemaps/"

// The part of pages that are no things.
const pagesPart = "pages"

// Sitemap 0.9 (https://www.sitemaps.org/protocol.html), with what Google reads of other languages.
type urlSet struct {
	XMLName xml.Name    `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	HTML    string      `xml:"xmlns:xhtml,attr"`
	URLs    []mappedURL `xml:"url"`
}

type mappedURL struct {
	Address  string        `xml:"loc"`
	Modified string        `xml:"lastmod,omitempty"`
	In       []translation `xml:"xhtml:link"`
}

type translation struct {
	Rel      string `xml:"rel,attr"`
	Language string `xml:"hreflang,attr"`
	Address  string `xml:"href,attr"`
}

type siteIndex struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Parts   []mappedPart `xml:"sitemap"`
}

type mappedPart struct {
	Address string `xml:"loc"`
}

// mapping is a sitemap under way.
type mapping struct {
	site string
	set  urlSet
}

func (h handlers) mapping() *mapping {
	return &mapping{site: h.site, set: urlSet{HTML: "http://www.w3.org/1999/xhtml"}}
}

// add adds a page in both languages.
func (m *mapping) add(path string, modified *time.Time) {
	korean, english := m.site+escaped(path), m.site+escaped(function.English(path))
	in, when := []translation{{"alternate", "ko", korean}, {"alternate", "en", english}, {"alternate", "x-default", korean}}, ""
	if modified != nil {
		when = modified.In(clock.Seoul).Format(time.RFC3339)
	}
	m.set.URLs = append(m.set.URLs, mappedURL{korean, when, in}, mappedURL{english, when, in})
}

// things adds the pages of things, each once, but of functions that are switched off.
func (m *mapping) things(closed func(path string) bool, list []thing.Thing) {
	there := map[string]bool{}
	for _, t := range list {
		path, _, _ := strings.Cut(t.Path, "#")
		if !there[path] && !closed(path) {
			updated := t.Updated()
			m.add(path, &updated)
		}
		there[path] = true
	}
}

// pages adds the first pages of all functions that are open to everybody.
func (m *mapping) pages(entries []function.Entry) {
	m.add("/", nil)
	for _, e := range entries {
		if e.Group != "" { // else it is the search, which has nothing of its own
			m.add(e.Path, nil)
		}
	}
	m.add(ui.PrivacyPath, nil)
}

func (h handlers) sitemap(ctx context.Context, _ *struct{}) (*document, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := h.things.CountPublic(ctx)
	if err != nil {
		return nil, err
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum > mostMapped {
		index := siteIndex{Parts: []mappedPart{{h.site + partPath + pagesPart + ".xml"}}}
		for _, kind := range kinds() {
			for first := 0; first < counts[kind]; first += mostMapped {
				index.Parts = append(index.Parts, mappedPart{h.site + partPath + partName(kind, first/mostMapped+1)})
			}
		}
		return h.mapped(ctx, index)
	}
	m := h.mapping()
	m.pages(flags.Running(h.menu))
	for _, kind := range kinds() {
		list, err := h.things.Public(ctx, kind, 0, mostMapped)
		if err != nil {
			return nil, err
		}
		m.things(h.closed(flags), list)
	}
	return h.mapped(ctx, m.set)
}

func partName(kind string, n int) string { return kind + "-" + strconv.Itoa(n) + ".xml" }

// closed says whether a page is switched off.
func (h handlers) closed(flags function.Flags) func(path string) bool {
	return func(path string) bool { return flags.Closes(h.menu, path) }
}

// mapped is a sitemap as an answer.
func (h handlers) mapped(ctx context.Context, v any) (*document, error) {
	next, err := h.things.NextPublic(ctx, kinds()...)
	if err != nil {
		return nil, err
	}
	body, err := written(v)
	if err != nil {
		return nil, err
	}
	return &document{kind: "application/xml; charset=utf-8", body: body, changes: next}, nil
}

type partRequest struct {
	File string `path:"file"`
}

func (h handlers) part(ctx context.Context, r *partRequest) (*document, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	m := h.mapping()
	if r.File == pagesPart+".xml" {
		m.pages(flags.Running(h.menu))
		return h.mapped(ctx, m.set)
	}
	kind, rest, _ := strings.Cut(r.File, "-")
	n, err := strconv.Atoi(strings.TrimSuffix(rest, ".xml"))
	const mostParts = 50_000 // as sitemaps.org allows an index
	if _, known := thing.KindOf(kind); err != nil || !known || n < 1 || n > mostParts || r.File != partName(kind, n) {
		return nil, problem.Absent()
	}
	list, err := h.things.Public(ctx, kind, (n-1)*mostMapped, mostMapped)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, problem.Absent()
	}
	m.things(h.closed(flags), list)
	return h.mapped(ctx, m.set)
}
