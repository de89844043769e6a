package page_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/page"
)

func TestKeyAndAddress(t *testing.T) {
	query := url.Values{"tag": {"장학 금"}, "cursor": {"x&y"}, "utm_source": {"kakao"}, "size": {""}}
	key := page.Key("/v1/notices", query, []string{"tag", "cursor", "size"}, "ko")
	if want := "ko:/v1/notices?cursor=x%26y&tag=%EC%9E%A5%ED%95%99+%EA%B8%88"; key != want {
		t.Errorf("key %q, want %q", key, want)
	}
	path, back, language := page.Address(key)
	if path != "/v1/notices" || back.Get("tag") != "장학 금" || back.Get("cursor") != "x&y" || language != "ko" {
		t.Errorf("address: %q %v %q", path, back, language)
	}
}

// What is no part of the page is no part of its key; what is none of ours is read as far as it is one.
func TestKeysWithoutQuery(t *testing.T) {
	for want, query := range map[string]url.Values{"en:/a": {"utm_source": {"kakao"}}, "en:/a?x=1": {"x": {"1", "2"}, "y": {""}}} {
		if got := page.Key("/a", query, []string{"x", "y"}, "en"); got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
	for key, want := range map[string]string{"": "||", "ko": "||ko", "ko:/a": "/a||ko", "ko:/a?": "/a||ko", "ko:/a?x=%zz&y=1": "/a||ko", "ko:/a?y=1": "/a|y=1|ko"} {
		path, query, language := page.Address(key)
		if got := path + "|" + query.Encode() + "|" + language; query == nil || got != want {
			t.Errorf("%q is read as %q, want %q", key, got, want)
		}
	}
}

func TestEtag(t *testing.T) {
	if got, want := page.Etag([]byte("a")), `"ypeBEsobvcr6wjGz"`; got != want { // of the first 12 bytes of SHA-256
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("/v1/notices", "tag", "값")
	f.Fuzz(func(t *testing.T, path, name, value string) {
		if !page.Path("/" + path) {
			return
		}
		key := page.Key("/"+path, url.Values{name: {value}}, []string{name}, "ko")
		p, q, l := page.Address(key)
		if l != "ko" || p != "/"+path || q.Get(name) != value {
			t.Errorf("%q: %q %v %q", key, p, q, l)
		}
	})
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/v1/notices/한글": true, "/" + strings.Repeat("a", 511): true,
		"/" + strings.Repeat("a", 512): false, "/a?x=1": false, "/a\x00": false, "/a\n": false, "/\xff": false,
	} {
		if got := page.Path(path); got != want {
			t.Errorf("%.20q: %v", path, got)
		}
	}
	for address, want := range map[string]bool{"/a/b?x=%2F": false, "/%ED%95%9C": false, "/a%2Fb": true, "/a%2fb": true, "/a%3Fx=1": true, "/a%3f": true} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := page.Hidden(u); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// at is a time in these tests, in milliseconds of them.
func at(ms int64) time.Time { return time.UnixMilli(1_772_000_000_000 + ms) }

func TestStates(t *testing.T) {
	p := page.Page{Meta: page.Meta{Rendered: at(0).UnixMilli(), Segments: []page.Segment{
		{From: at(0).UnixMilli(), Until: at(100).UnixMilli(), ETag: "1"}, {From: at(100).UnixMilli(), Until: at(300).UnixMilli(), ETag: "2"},
	}}}
	touched, ends := p, p
	touched.Since, ends.Wrong = at(50).UnixMilli(), at(400).UnixMilli()
	grace := page.Grace.Milliseconds()
	for name, c := range map[string]struct {
		p     page.Page
		at    int64
		tag   string
		state page.State
	}{
		"first":                {p, 99, "1", page.Fresh},
		"second":               {p, 100, "2", page.Fresh},
		"over":                 {p, 300, "2", page.Old},
		"over for long":        {p, 1e9, "2", page.Old},
		"touched":              {touched, 60, "1", page.Old},
		"touched, later":       {touched, 299, "2", page.Old},
		"touched, over":        {touched, 300, "2", page.Old},
		"touched too long ago": {touched, 50 + grace, "2", page.Wrong},
		"just not":             {touched, 49 + grace, "2", page.Old},
		"before its change":    {ends, 399, "2", page.Old},
		"at its change":        {ends, 400, "2", page.Wrong},
	} {
		if s, state := c.p.At(at(c.at)); s.ETag != c.tag || state != c.state {
			t.Errorf("%s: segment %s, state %d; want %s, %d", name, s.ETag, state, c.tag, c.state)
		}
	}
	one := ends
	one.Segments = ends.Segments[1:]
	for _, c := range []struct {
		p    page.Page
		at   int64
		want bool
	}{{p, 200, false}, {ends, 99, false}, {ends, 100, true}, {one, 200, false}} {
		if got := c.p.MovesOn(at(c.at)); got != c.want {
			t.Errorf("at %d it moves on: %v", c.at, got)
		}
	}
}

// world is a store whose time the test moves.
type world struct {
	*testing.T
	*page.Store
	ms int64
}

func (w *world) key() string { return "ko:/a" }

func (w *world) page(tags ...string) page.Page {
	now := at(w.ms).UnixMilli()
	return page.Page{Key: w.key(), Tags: tags, Meta: page.Meta{Function: "f", Rendered: now, Segments: []page.Segment{
		{From: now, Until: now + time.Hour.Milliseconds(), ETag: `"1"`, ContentType: "text/plain", Body: fmt.Appendf(nil, "at %d\x00", w.ms), Header: map[string]string{"X-A": "b"}},
	}}}
}

func (w *world) begin(tags ...string) page.Generations {
	w.Helper()
	g, err := w.Begin(context.Background(), w.key(), tags)
	if err != nil {
		w.Fatal(err)
	}
	return g
}

func (w *world) save(p page.Page, g page.Generations) page.Outcome {
	w.Helper()
	o, err := w.Save(context.Background(), p, g)
	if err != nil {
		w.Fatal(err)
	}
	return o
}

// render stores the page as it is now.
func (w *world) render(tags ...string) {
	w.Helper()
	g := w.begin(tags...)
	if o := w.save(w.page(tags...), g); o != page.Stored {
		w.Fatalf("not stored: %d", o)
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// since is when the stored page may be wrong, in the test's milliseconds; -1 for never.
func (w *world) since() int64 {
	w.Helper()
	p, ok, err := w.Load(context.Background(), w.key())
	if err != nil || !ok {
		w.Fatalf("no page: %v", err)
	}
	if p.Since == 0 {
		return -1
	}
	return p.Since - at(0).UnixMilli()
}

func each(t *testing.T, do func(w *world)) {
	t.Helper()
	cachetest.Each(t, func(t *testing.T, client *redis.Client) {
		w := &world{T: t}
		w.Store = &page.Store{Redis: client, Prefix: "test:" + rand.Text() + ":", Now: func() time.Time { return at(w.ms) }}
		do(w)
	})
}

func TestStore(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		if _, ok, err := w.Load(ctx, w.key()); ok || err != nil {
			w.Fatalf("an absent page: %v %v", ok, err)
		}
		w.render("x", "y")
		p, ok, err := w.Load(ctx, w.key())
		if want := w.page(); err != nil || !ok || p.Function != "f" || p.Rendered != want.Rendered || len(p.Segments) != 1 || string(p.Segments[0].Body) != "at 0\x00" || p.Segments[0].Header["X-A"] != "b" || p.Since != 0 {
			w.Fatalf("load: %+v %v %v", p, ok, err)
		}
		w.must(w.Settle(ctx, "", []string{"z"}))
		if got := w.since(); got != -1 {
			w.Errorf("another tag touches it since %d", got)
		}
		w.ms = 1000
		g := w.begin("x", "y")
		w.must(w.Settle(ctx, "", []string{"y", "z"}))
		if got := w.since(); got != 1000 {
			w.Errorf("touched since %d", got)
		}
		if o := w.save(w.page("x", "y"), g); o != page.Touched {
			w.Errorf("a render that began before the touch: %d", o)
		}
		w.render("x", "y")
		if got := w.since(); got != -1 {
			w.Errorf("rendered anew, it is touched since %d", got)
		}
		if o := w.save(w.page("x", "late"), w.begin("x")); o != page.Touched {
			w.Errorf("a tag whose generation was never read: %d", o)
		}
		w.must(w.Drop(ctx, w.key()))
		if _, ok, err := w.Load(ctx, w.key()); ok || err != nil {
			w.Errorf("a dropped page: %v %v", ok, err)
		}
	})
}

// The tags of the page that is stored are begun with, so that the next render need not find
// them again.
func TestBeginKnowsTheLastTags(t *testing.T) {
	each(t, func(w *world) {
		w.render("a", "b", "c")
		g := w.begin("a", "d")
		for _, tag := range []string{"a", "b", "c", "d"} {
			if g.Of[tag] == "" {
				w.Errorf("no generation of %s", tag)
			}
		}
		if again := w.begin("a"); again.Of["a"] != g.Of["a"] {
			w.Error("a generation changes by being read")
		}
	})
}

// Nothing is stored between a write's announcement and its end, whoever else writes, and
// nothing that was stored before counts as right.
func TestUnderWay(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		w.render("x")
		w.ms = 1000
		w.must(w.Announce(ctx, "one", []string{"x"}))
		if got := w.since(); got != 1000 {
			w.Errorf("announced since %d", got)
		}
		under := func(step string, want page.Outcome) {
			w.Helper()
			g := w.begin("x")
			if o := w.save(w.page("x"), g); o != want {
				w.Errorf("%s: %d, want %d", step, o, want)
			}
		}
		under("one write", page.UnderWay)
		w.must(w.Announce(ctx, "two", []string{"x"}))
		w.must(w.Settle(ctx, "one", []string{"x"}))
		under("the other write", page.UnderWay)
		w.must(w.Settle(ctx, "", []string{"x"}))
		under("somebody else's touch", page.UnderWay)
		w.must(w.Settle(ctx, "two", []string{"x"}))
		under("both have ended", page.Stored)
		w.must(w.Announce(ctx, "dead", []string{"x"}))
		w.ms += page.Patience.Milliseconds() - 1
		under("a write that may still end", page.UnderWay)
		w.ms++
		under("a write that has ended by now", page.Stored)
		if got := w.since(); got != -1 {
			w.Errorf("what is rendered after it is touched since %d", got)
		}
		w.must(w.Settle(ctx, "dead", []string{"x"}))
		if got := w.since(); got != w.ms {
			w.Errorf("what is settled late: %d", got)
		}
	})
}

// Since is never later than the first touch after the render, and for a first touch within
// Grace it is that one.
func TestSince(t *testing.T) {
	grace := page.Grace.Milliseconds()
	each(t, func(w *world) {
		for name, c := range map[string]struct {
			render  int64
			touches []int64
			want    int64
		}{
			"once":                       {0, []int64{50_000}, 50_000},
			"twice, close":               {0, []int64{50_000, 50_000 + grace}, 50_000},
			"many, close":                {0, []int64{50_000, 55_000, 60_000, 65_000}, 50_000},
			"twice, apart":               {0, []int64{50_000, 50_001 + grace}, 0}, // nobody looked at the first
			"rendered between two":       {55_000, []int64{50_000, 58_000}, 58_000},
			"in a row, rendered within":  {55_500, []int64{50_000, 55_000, 60_000, 65_000}, 55_500}, // its own time: 60 000 is not known any more
			"rendered just before a row": {49_000, []int64{20_000, 50_000, 55_000}, 50_000},
		} {
			w.ms, w.Prefix = 0, "test:"+rand.Text()+":"
			w.begin("x")
			rendered := false
			for _, at := range c.touches {
				if !rendered && at > c.render {
					w.ms, rendered = c.render, true
					w.render("x")
				}
				w.ms = at
				w.must(w.Settle(context.Background(), "", []string{"x"}))
			}
			if got := w.since(); got > c.want || got < c.render || got != c.want && name != "rendered between two" {
				w.Errorf("%s: since %d, want %d", name, got, c.want)
			}
		}
	})
}

// Of several tags that were touched the first touch counts, whichever tag it is.
func TestSinceOfSeveralTags(t *testing.T) {
	each(t, func(w *world) {
		for _, order := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"b", "c", "a"}} {
			w.ms, w.Prefix = 0, "test:"+rand.Text()+":"
			w.render("a", "b", "c")
			for i, tag := range order {
				w.ms = 1000 + int64(i)*20_000 // further apart than Grace
				w.must(w.Settle(context.Background(), "", []string{tag}))
			}
			if got := w.since(); got != 1000 {
				w.Errorf("%v: touched since %d", order, got)
			}
		}
	})
}

// A generation names the writes that may be under way, and none for longer: those that died
// leave nothing behind.
func TestWritesAreForgotten(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		named := func(step string, want int) {
			w.Helper()
			if got := w.begin("x").Of["x"]; strings.Count(got, "|") != want {
				w.Errorf("%s: %s, want %d writes", step, got, want)
			}
		}
		w.must(w.Announce(ctx, "dead", []string{"x"}))
		w.ms += page.Patience.Milliseconds() - 1
		w.must(w.Announce(ctx, "two", []string{"x"}))
		named("both may be under way", 2)
		w.must(w.Announce(ctx, "two", []string{"x"}))
		named("announced again", 2)
		w.ms++
		w.must(w.Settle(ctx, "", []string{"x"}))
		named("one has died", 1)
		w.must(w.Settle(ctx, "two", []string{"x"}))
		named("the other is settled", 0)
	})
}

// Whatever is lost from Redis, a page counts as changed rather than right.
func TestLost(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		w.render("x", "y")
		w.ms = 5000
		w.must(w.Redis.Del(ctx, w.Prefix+"g:x").Err())
		if got := w.since(); got != 0 {
			w.Errorf("without a generation it is touched since %d, want its rendering", got)
		}
		g := w.begin("x", "y")
		w.must(w.Redis.Del(ctx, w.Prefix+"g:x").Err())
		if o := w.save(w.page("x", "y"), g); o != page.Touched {
			w.Errorf("a generation that is lost while it is rendered: %d", o)
		}
		w.must(w.Redis.Del(ctx, w.Prefix+"g:x").Err())
		w.must(w.Settle(ctx, "", []string{"x"}))
		if got := w.since(); got != 0 {
			w.Errorf("touched where no generation was known: since %d", got)
		}
	})
}

// A page that this release cannot read is as if absent.
func TestOtherRelease(t *testing.T) {
	each(t, func(w *world) {
		for meta, want := range map[string]bool{
			"": false, "x": false, "{}": false, `{"segments":[]}`: false, `{"segments":[{"until":1}],"rendered":"noon"}`: false,
			`{"segments":[{"until":1}],"unheard":1}`: true,
		} {
			w.must(w.Redis.Del(context.Background(), w.Prefix+"p:"+w.key()).Err())
			w.must(w.Redis.HSet(context.Background(), w.Prefix+"p:"+w.key(), "meta", meta, "body0", "a").Err())
			if p, ok, err := w.Load(context.Background(), w.key()); ok != want || err != nil || ok && string(p.Segments[0].Body) != "a" || !ok && p.Key+p.Function != "" {
				w.Errorf("%s: %+v %v %v", meta, p, ok, err)
			}
		}
	})
}

func TestHas(t *testing.T) {
	g := page.Generations{Of: map[string]string{"a": "1", "b": "2", "c": ""}}
	for _, c := range []struct {
		tags []string
		want bool
	}{{nil, true}, {[]string{"a", "b"}, true}, {[]string{"a", "c"}, false}, {[]string{"d", "a"}, false}} {
		if g.Has(c.tags) != c.want {
			t.Errorf("%v: %v", c.tags, !c.want)
		}
	}
}

// While Redis is away everything says so, but what has nothing to say.
func TestRedisAway(t *testing.T) {
	each(t, func(w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, _, loaded := w.Load(ctx, w.key())
		_, begun := w.Begin(ctx, w.key(), []string{"x"})
		saved, kept := w.Save(ctx, w.page("x"), page.Generations{})
		_, ending := w.Ending(ctx, at(0), 1)
		for name, err := range map[string]error{"load": loaded, "begin": begun, "save": kept, "ending": ending,
			"announce": w.Announce(ctx, "w", []string{"x"}), "settle": w.Settle(ctx, "", []string{"x"}), "drop": w.Drop(ctx, w.key())} {
			if !errors.Is(err, context.Canceled) {
				w.Errorf("%s: %v", name, err)
			}
		}
		if saved == page.Stored {
			w.Error("stored, while Redis is away")
		}
		w.must(w.Announce(ctx, "w", nil))
		w.must(w.Settle(ctx, "w", nil))
		w.must(w.Drop(ctx))
	})
}

// Everything that is kept has its life, and one that is used begins again.
func TestLives(t *testing.T) {
	cachetest.Each(t, func(t *testing.T, client *redis.Client) {
		w := &world{T: t}
		w.Store = &page.Store{Redis: client, Prefix: "test:" + rand.Text() + ":", Now: func() time.Time { return at(w.ms) }}
		ctx, day := context.Background(), 24*time.Hour
		lives := func(step, name string, want time.Duration) {
			t.Helper()
			if got := client.TTL(ctx, w.Prefix+name).Val(); got > want || got < want-time.Hour {
				t.Errorf("%s: %s lives %v, want %v", step, name, got, want)
			}
		}
		w.render("x")
		lives("rendered", "p:"+w.key(), 7*day)
		lives("rendered", "g:x", 8*day)
		w.must(client.Expire(ctx, w.Prefix+"g:x", day).Err())
		w.begin("x")
		lives("begun", "g:x", 8*day)
		w.must(client.Expire(ctx, w.Prefix+"g:x", day).Err())
		w.must(w.Settle(ctx, "", []string{"x"}))
		lives("touched", "g:x", 8*day)
	})
}

// The first that will be wrong are found, as many as are asked for; those that are no longer
// there, or were wrong an hour ago, are forgotten.
func TestEndingFirst(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		for i, key := range []string{"ko:/c d", "ko:/b", "ko:/a", "ko:/gone"} {
			p := w.page()
			p.Key, p.Function, p.Wrong = key, string("fg"[i%2]), at(int64(3-i)*1000+3_600_000).UnixMilli()
			if o := w.save(p, page.Generations{}); o != page.Stored {
				w.Fatal(o)
			}
		}
		w.must(w.Redis.Del(ctx, w.Prefix+"p:ko:/gone").Err())
		find := func(limit int, want map[string][]string, left int64) {
			w.Helper()
			if got, err := w.Ending(ctx, at(3_602_500), limit); err != nil || !maps.EqualFunc(got, want, slices.Equal) {
				w.Errorf("%v %v, want %v", got, err, want)
			}
			if n := w.Redis.ZCard(ctx, w.Prefix+"ends").Val(); n != left {
				w.Errorf("%d names are left, want %d", n, left)
			}
		}
		find(2, map[string][]string{"f": {"ko:/a"}}, 3) // and the one that is gone
		find(1, map[string][]string{"f": {"ko:/a"}}, 3)
		find(9, map[string][]string{"f": {"ko:/a"}, "g": {"ko:/b"}}, 3)
		w.ms = 2*3_600_000 + 999
		find(9, map[string][]string{"f": {"ko:/a"}, "g": {"ko:/b"}}, 3)
		w.ms++
		find(9, map[string][]string{"g": {"ko:/b"}}, 2)
	})
}

func TestEnding(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		ending := func(before int64) []string {
			w.Helper()
			found, err := w.Ending(ctx, at(before), 10)
			w.must(err)
			return found["f"]
		}
		p := w.page("x")
		p.Wrong = at(60_000).UnixMilli()
		w.save(p, w.begin("x"))
		if got := ending(60_000); len(got) != 0 {
			w.Errorf("too early: %v", got)
		}
		if got := ending(60_001); !slices.Equal(got, []string{w.key()}) {
			w.Errorf("ending: %v", got)
		}
		w.render("x")
		if got := ending(1e12); len(got) != 0 {
			w.Errorf("nothing is known of it any more: %v", got)
		}
		w.save(p, w.begin("x"))
		w.must(w.Drop(ctx, w.key()))
		if got := ending(1e12); len(got) != 0 {
			w.Errorf("it is dropped: %v", got)
		}
		if n, err := w.Redis.ZCard(ctx, w.Prefix+"ends").Result(); err != nil || n != 0 {
			w.Errorf("%d names are left: %v", n, err)
		}
	})
}

// A touch costs the same whatever the number of pages under a tag.
func BenchmarkTouch(b *testing.B) {
	for _, pages := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) {
			client := cachetest.Real(b)
			ctx := context.Background()
			s := &page.Store{Redis: client, Prefix: "bench:" + rand.Text() + ":", Now: time.Now}
			pipe := client.Pipeline()
			g, err := s.Begin(ctx, "none", []string{"x"})
			if err != nil {
				b.Fatal(err)
			}
			for i := range pages {
				key := fmt.Sprintf("%sp:%d", s.Prefix, i)
				pipe.HSet(ctx, key, "meta", "{}", "rendered", 0, "g:x", g.Of["x"], "body0", "0123456789")
				pipe.Expire(ctx, key, time.Minute)
				if i%10_000 == 9_999 || i == pages-1 {
					if _, err := pipe.Exec(ctx); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ResetTimer()
			for b.Loop() {
				if err := s.Settle(ctx, "", []string{"x"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
