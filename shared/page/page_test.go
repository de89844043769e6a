package page_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
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

func FuzzAddress(f *testing.F) {
	f.Add("/v1/notices", "tag", "값")
	f.Fuzz(func(t *testing.T, path, name, value string) {
		key := page.Key("/"+path, url.Values{name: {value}}, []string{name}, "ko")
		p, q, l := page.Address(key)
		if l != "ko" || value != "" && !slices.Contains([]string{value, ""}, q.Get(name)) {
			t.Errorf("%q: %q %v %q", key, p, q, l)
		}
	})
}

func store(client *redis.Client) *page.Store {
	return &page.Store{Redis: client, Prefix: "test:" + rand.Text() + ":"}
}

func TestStore(t *testing.T) {
	cachetest.Each(t, func(t *testing.T, client *redis.Client) {
		s, ctx := store(client), context.Background()
		if _, ok, err := s.Load(ctx, "ko:/a"); ok || err != nil {
			t.Fatalf("an absent page: %v %v", ok, err)
		}
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		p := page.Page{Key: "ko:/a", Meta: page.Meta{Function: "f", Rendered: now.UnixMilli(), Tags: []string{"x", "y"}, Segments: []page.Segment{
			{From: now.UnixMilli(), Until: now.Add(time.Minute).UnixMilli(), ETag: `"1"`, ContentType: "application/json", Body: []byte("before\x00")},
			{From: now.Add(time.Minute).UnixMilli(), Until: now.Add(time.Hour).UnixMilli(), ETag: `"2"`, ContentType: "application/json", Body: []byte("after")},
		}}}
		g, err := s.Generations(ctx, p.Tags)
		if err != nil {
			t.Fatal(err)
		}
		if stored, err := s.Save(ctx, p, g); !stored || err != nil {
			t.Fatalf("save: %v %v", stored, err)
		}
		got, ok, err := s.Load(ctx, "ko:/a")
		if !ok || err != nil {
			t.Fatalf("load: %v %v", ok, err)
		}
		for _, c := range []struct {
			at    time.Duration
			body  string
			fresh bool
		}{{0, "before\x00", true}, {time.Minute - time.Millisecond, "before\x00", true}, {time.Minute, "after", true}, {time.Hour, "after", false}} {
			if segment, fresh := got.At(now.Add(c.at)); string(segment.Body) != c.body || fresh != c.fresh {
				t.Errorf("at %v: %q %v", c.at, segment.Body, fresh)
			}
		}
		keys, err := s.Touch(ctx, []string{"y", "z"})
		if err != nil || !slices.Equal(keys, []string{"ko:/a"}) {
			t.Fatalf("touch: %v %v", keys, err)
		}
		if got, _, _ := s.Load(ctx, "ko:/a"); !got.Touched {
			t.Error("a touched page does not say so")
		}
		if stored, err := s.Save(ctx, p, g); stored || err != nil {
			t.Errorf("a render that began before the touch was stored: %v %v", stored, err)
		}
		if g, err = s.Generations(ctx, p.Tags); err != nil {
			t.Fatal(err)
		}
		if stored, err := s.Save(ctx, p, g); !stored || err != nil {
			t.Errorf("a render after the touch was not stored: %v %v", stored, err)
		}
		if got, _, _ := s.Load(ctx, "ko:/a"); got.Touched {
			t.Error("a page rendered anew still says that it was touched")
		}
		if err := s.Drop(ctx, "ko:/a"); err != nil {
			t.Fatal(err)
		}
		if keys, err := s.Touch(ctx, []string{"x"}); err != nil || len(keys) != 0 {
			t.Errorf("a dropped page is still known: %v %v", keys, err)
		}
	})
}
