package feeds

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

// entries is how many things a feed has: at a council's pace several weeks, for who reads once in
// a holiday.
const entries = 30

// mostFilter is the longest unit and tag that is looked for, in characters, as of notices.
const mostFilter = 50

type feedRequest struct {
	File string `path:"file"`
	Tag  string `query:"tag"`
	Unit string `query:"unit"`
}

// feed is what every format says.
type feed struct {
	ID          string // a URN
	Language    string // ko or en
	Title       string
	Description string
	Council     string
	Home        string     // the page that it is about
	Self        string     // its own address
	Updated     *time.Time // the newest of the items; nil without any
	Items       []item
}

// item is a thing in a feed. Its times are in Seoul's.
type item struct {
	ID        string // a URN, for ever
	URL       string
	Title     string
	Line      string
	Language  string // of the title
	Unit      string
	Tags      []string
	Published time.Time
	Updated   time.Time // never before Published
}

// board is a list of things that has a feed.
type board struct {
	label problem.Text // empty for that of everything
	path  string       // of its page, in Korean
	kinds []string
}

// board is the one that a feed is of.
func (h handlers) board(flags function.Flags, name string) (board, bool) {
	all := board{path: "/"}
	for _, e := range flags.Running(h.menu) {
		if _, known := thing.KindOf(e.Feed); !known {
			continue
		}
		if e.Feed == name {
			return board{label: e.Label, path: e.Path, kinds: []string{e.Feed}}, true
		}
		all.kinds = append(all.kinds, e.Feed)
	}
	return all, name == ui.AllFeed
}

// formats are what feeds are written in, by the end of their address.
var formats = map[string]struct {
	kind  string
	write func(feed) ([]byte, error)
}{
	"rss":  {"application/rss+xml; charset=utf-8", writeRSS},
	"atom": {"application/atom+xml; charset=utf-8", writeAtom},
	"json": {"application/feed+json; charset=utf-8", writeJSON},
}

func (h handlers) feed(ctx context.Context, r *feedRequest) (*document, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	name, end, _ := strings.Cut(r.File, ".")
	format, written := formats[end]
	b, there := h.board(flags, name)
	if !written || !there || !filter(r.Unit) || !filter(r.Tag) {
		return nil, problem.Absent()
	}
	list, err := h.things.Latest(ctx, thing.Published{Kinds: b.kinds, Unit: r.Unit, Tag: r.Tag}, entries)
	if err != nil {
		return nil, err
	}
	// What has nothing is no feed, and a tag is written as things write it: nobody makes pages
	// without end.
	if len(list) == 0 && r.Unit != "" || r.Tag != "" && !slices.ContainsFunc(list, func(t thing.Thing) bool { return slices.Contains(t.Tags, r.Tag) }) {
		return nil, problem.Absent()
	}
	next, err := h.things.NextPublic(ctx, b.kinds...)
	if err != nil {
		return nil, err
	}
	own, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	body, err := format.write(h.filled(ctx, r, b, own, list))
	if err != nil {
		return nil, err
	}
	return &document{kind: format.kind, body: body, tags: append(b.kinds, face.Tag), changes: next}, nil
}

// filter says whether things can have such a unit or tag; "" is none.
func filter(s string) bool {
	var f check.Fields
	return f.OptionalLine("filter", s, mostFilter) == s && f.Err() == nil
}

// filled is a feed of some things.
func (h handlers) filled(ctx context.Context, r *feedRequest, b board, own face.Face, list []thing.Thing) feed {
	language := function.RequestFrom(ctx).Language
	council := face.In(language, own.Name, own.NameEN)
	f := feed{
		Language: language, Council: council, Title: ui.FeedTitle(ctx, council, b.label),
		Description: ui.T(ctx, council+text.Particle(council, "가")+" 새로 올린 글", "What "+council+" publishes"),
		Home:        h.absolute(ctx, b.path), Self: h.absolute(ctx, ui.Query(ui.FeedsPath+"/"+r.File, "tag", r.Tag, "unit", r.Unit)),
	}
	for _, part := range []struct {
		sign, said string
		name       problem.Text
	}{{"", r.Unit, h.names.Unit(r.Unit)}, {"#", r.Tag, h.names.Tag(r.Tag)}} {
		if part.said != "" {
			f.Title += " · " + part.sign + part.name.Name(language)
		}
	}
	f.Title, f.Description = text.Straight(f.Title), text.Straight(f.Description)
	name, _, _ := strings.Cut(r.File, ".")
	f.ID = h.urn(language, name, r.Unit, r.Tag)
	for _, t := range list {
		i := h.item(ctx, t)
		if f.Updated == nil || i.Updated.After(*f.Updated) {
			f.Updated = &i.Updated
		}
		f.Items = append(f.Items, i)
	}
	return f
}

// item is a thing with all that has to be said of it.
func (h handlers) item(ctx context.Context, t thing.Thing) item {
	i := item{
		ID: itemURN(t.Ref), URL: h.absolute(ctx, t.Path), Title: t.Title, Line: text.Straight(t.Line), Language: "ko",
		Published: t.Updated().In(clock.Seoul), Updated: t.Updated().In(clock.Seoul),
	}
	language := function.RequestFrom(ctx).Language
	i.Unit = text.Straight(h.names.Unit(t.Unit).Name(language))
	if t.From != nil {
		i.Published = t.From.In(clock.Seoul)
	}
	if language == "en" && t.TitleEn != "" {
		i.Title, i.Language = t.TitleEn, "en"
	}
	i.Title = text.Straight(i.Title)
	for _, tag := range t.Tags {
		i.Tags = append(i.Tags, text.Straight(h.names.Tag(tag).Name(language)))
	}
	return i
}

// absolute is the address of a Korean path in the language of the request, wherever it is read.
func (h handlers) absolute(ctx context.Context, path string) string {
	return h.site + escaped(ui.Local(ctx, path))
}

// escaped is an address as a URI has it (RFC 3986), which knows no letters but those of English.
func escaped(address string) string {
	var b strings.Builder
	for _, c := range []byte(address) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("<>\"{}|\\^`", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// itemURN is the name of a thing that no edit, move of its page or change of the site's address
// changes: its id, which is a UUID, or one that follows from kind and id.
func itemURN(ref thing.Ref) string {
	id, err := uuid.Parse(ref.ID)
	if err != nil || id.String() != ref.ID {
		id = uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:madang:"+ref.Tag()))
	}
	return id.URN()
}

// urn is the name of a feed, which no other council's has and which does not change with the
// site's address: it follows from the environment's key.
func (h handlers) urn(parts ...string) string {
	keyed := hmac.New(sha256.New, h.secret)
	return uuid.NewHash(keyed, uuid.Nil, []byte(strings.Join(parts, "\n")), 8).URN()
}
