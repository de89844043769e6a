package edgetest

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
)

// Run runs the table. Each row gets an edge and a Redis of its own.
func Run(t *testing.T, start Start) {
	for name, row := range map[string]func(*fixture){
		"paths go to their functions":                 routes,
		"a visitor cannot say who he is":              forwarded,
		"a page is rendered once and then kept":       kept,
		"a page's address":                            addresses,
		"what is searched for is no page":             searches,
		"a visitor's language":                        languages,
		"entity tags and HEAD":                        tags,
		"a version's tag stays what it was":           versions,
		"credentials never get a page":                credentials,
		"one of many first requests is rendered":      stampede,
		"a page changes at its own time":              segments,
		"a page past its time is served and renewed":  stale,
		"a touched page is served and renewed":        touched,
		"a page touched long ago is waited for":       touchedLongAgo,
		"a page known to be wrong is waited for":      wrong,
		"what is lost from Redis makes nothing right": evicted,
		"what will be wrong is renewed for nobody":    renewed,
		"what one visitor is told is told to nobody":  visitors,
		"an error is told to nobody else":             failures,
		"a lock is given back by its owner":           owners,
		"nothing is hidden in an address":             hidden,
		"who reads a form wakes who takes it":         wakes,
		"Redis is away":                               redisAway,
		"functions are away":                          functionsAway,
		"a machine dies with Redis and functions":     machineDies,
		"what was taken down stays so":                takenDown,
		"refusals are passed on and not kept":         refusals,
		"the site's language is the path's":           site,
		"a page's own headers are kept with it":       headers,
		"browsers are refused by pages":               browsers,
		"browsers get a page where there is nothing":  lost,
		"what an edge says by itself":                 words,
		"a slash too many leads to the page":          slashes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			server, client := cachetest.Embedded(t)
			f := &fixture{T: t, World: World{Redis: client, Prefix: "madang:" + rand.Text() + ":", StopRedis: server.Close, StartRedis: func(empty bool) {
				if empty {
					server.FlushAll()
				}
				if err := server.Restart(); err != nil {
					t.Error(err)
				}
			}}}
			f.Functions = &Functions{Store: &page.Store{Redis: client, Prefix: f.Prefix, Now: time.Now}}
			f.base = start(t, f.World)
			row(f)
		})
	}
}

func routes(f *fixture) {
	for _, c := range []struct{ method, path, function string }{
		{"GET", "/v1/main", "main"}, {"GET", "/v1/notices", "notices"}, {"POST", "/v1/notices", "notices"}, {"GET", "/v1/notices/1", "notices"},
		{"GET", "/v1/notices/mine", "notices"}, {"GET", "/v1/notices/1/revisions/2", "notices"}, {"DELETE", "/v1/notices/1", "notices"}, {"GET", "/v1/notices/%ED%95%9C%EA%B8%80", "notices"},
	} {
		f.Functions.Set(Rule{})
		f.do(c.method, c.path)
		if seen := f.Functions.Seen(); len(seen) != 1 || seen[0].Function != c.function || seen[0].Method != c.method || seen[0].URI != c.path {
			f.Errorf("%s %s: %+v", c.method, c.path, seen)
		}
	}
	f.Functions.Set(Rule{})
	for _, path := range []string{"/assets/x", "/v1", "/v1/", "/v1/none", "/events", "/v1/hidden", "/v1/notices/", "/v1/notices/1/revisions/", "/v1/notices/1/2", "/_render", "/metrics", "/v1/notices/../../events"} {
		a := f.get(path)
		if a.status != http.StatusNotFound || a.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.body, `"code":"not-found"`) {
			f.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if seen := f.Functions.Seen(); len(seen) != 0 {
		f.Errorf("a path of no function reached one: %+v", seen)
	}
}

func forwarded(f *fixture) {
	f.get("/v1/notices/mine", "X-Forwarded-For", "198.51.100.1", "X-Request-Id", "chosen-by-the-visitor", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	seen := f.Functions.Seen()
	if len(seen) != 1 {
		f.Fatalf("%+v", seen)
	}
	if got := seen[0].Header.Values("X-Forwarded-For"); len(got) != 1 || !strings.HasSuffix(got[0], "127.0.0.1") && got[0] != "::1" || strings.Contains(got[0], "198.51") {
		f.Errorf("X-Forwarded-For: %v", got)
	}
	if got := seen[0].Header.Get("X-Request-Id"); got == "chosen-by-the-visitor" {
		f.Errorf("X-Request-Id: %q", got)
	}
	if got := seen[0].Header.Get("traceparent"); !strings.Contains(got, "0af7651916cd43dd8448eb211c80319c") {
		f.Errorf("traceparent: %q", got)
	}
}

func kept(f *fixture) {
	first := f.get("/v1/main")
	if first.status != 200 || first.cache() != "madang; fwd=uri-miss" || first.body != `{"render":1}` {
		f.Fatalf("first: %d %q %s", first.status, first.cache(), first.body)
	}
	for range 20 {
		a := f.get("/v1/main")
		if a.body != first.body || !strings.HasPrefix(a.cache(), "madang; hit; ttl=") || a.header.Get("Age") == "" {
			f.Errorf("again: %q %s", a.cache(), a.body)
		}
		if a.header.Get("Cache-Control") != "public, no-cache" || a.header.Get("Vary") != "Accept-Language" || a.header.Get("Content-Type") != "application/json" {
			f.Errorf("headers: %v", a.header)
		}
	}
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
}

func addresses(f *fixture) {
	for _, path := range []string{"/v1/notices", "/v1/notices?tag=%EC%9E%A5%ED%95%99%20%EA%B8%88", "/v1/notices?q=a%26b%3Dc", "/v1/notices?q=a+b&tag=x", "/v1/notices/%ED%95%9C~1"} {
		f.Functions.Set(Rule{})
		first := f.get(path)
		for _, same := range []string{path, path + func() string {
			if strings.Contains(path, "?") {
				return "&utm_source=kakao"
			}
			return "?utm_source=kakao&fbclid=1"
		}()} {
			if a := f.get(same); a.body != first.body || a.status != 200 {
				f.Errorf("%s is another page than %s: %q", same, path, a.cache())
			}
		}
		if n := len(f.Functions.Seen()); n != 1 {
			f.Errorf("%s: %d requests reached the function", path, n)
		}
	}
	f.Functions.Set(Rule{})
	korean, english := f.get("/v1/main"), f.get("/v1/main", "Accept-Language", "en-US,en;q=0.9,ko;q=0.5")
	if korean.body == english.body || f.get("/v1/main", "Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8").body != korean.body || f.get("/v1/main", "Accept-Language", "fr").body != korean.body {
		f.Error("languages are mixed up")
	}
	if got := f.Functions.Seen()[1].Header.Get("Accept-Language"); got != "en" {
		f.Errorf("the function was asked for %q", got)
	}
}

// Languages are what visitors prefer, and what they get: from a function and from every edge.
func Languages() map[string]string {
	return map[string]string{
		"": "ko", "en": "en", "EN": "en", "ko": "ko", "fr": "ko", "*": "ko", "english": "ko",
		"en-US,en;q=0.9,ko;q=0.8": "en", "ko-KR,ko;q=0.9,en;q=0.8": "ko", "fr, en;q=0.5": "en", "fr;q=0.9,ko;q=0.1": "ko",
		"ko;q=0,en": "en", "ko;q=0": "en", "ko;q=0.0, en;q=0.1": "en", "ko ; q = 0 , *": "en", "*;q=0.1,ko;q=0": "en", // not acceptable
		"en;q=0": "ko", "ko;q=0,en;q=0": "ko", "en-US;q=0,fr": "ko", "*, en;q=0": "ko",
		"en;q=0.5,ko": "ko", "ko;q=0.5,en;q=0.6": "en", "en;q=0.5,ko;q=0.5": "en", "ko;q=0.5,en;q=0.5": "ko", // by weight, then by order
		"en,*": "en", "*,en": "ko", "*;q=0.5,en": "en", "en-GB;q=0.2,en;q=0.9,ko;q=0.5": "en",
		"en;q=x": "en", "en;q=2,ko;q=0.9": "en", "en;Q=0.1,ko;q=0.2": "ko", // what cannot be read weighs 1
	}
}

// languages are chosen alike by whoever is asked: the page that the edge looks for is the one
// that the function makes.
func languages(f *fixture) {
	f.Functions.Set(Rule{})
	of := map[string]string{}
	for _, language := range []string{"ko", "en"} {
		of[language] = f.get("/v1/main", "Accept-Language", language).body
	}
	for accept, want := range Languages() {
		if got := function.Language(accept); got != want {
			f.Errorf("a function answers %q in %s, want %s", accept, got, want)
		}
		if got := f.get("/v1/main", "Accept-Language", accept).body; got != of[want] {
			f.Errorf("the edge answers %q with %q, want %s", accept, got, want)
		}
	}
	for _, s := range f.Functions.Seen() {
		if got := s.Header.Get("Accept-Language"); got != "ko" && got != "en" {
			f.Errorf("the function was asked for %q", got)
		}
	}
}

func searches(f *fixture) {
	f.Functions.Set(Rule{})
	page := f.get("/v1/notices?tag=x")
	for _, path := range []string{"/v1/notices?find=%EC%9E%A5%ED%95%99", "/v1/notices?tag=x&find=a", "/v1/notices?find=a&find=", "/v1/notices?find=%00"} {
		f.Functions.Set(Rule{})
		first, second := f.get(path), f.get(path)
		if first.status != http.StatusOK || first.body == second.body || first.cache() != "" || !strings.Contains(first.header.Get("Cache-Control"), "no-store") {
			f.Errorf("%s: %d %q %v", path, first.status, first.cache(), first.header)
		}
		if seen := f.Functions.Seen(); len(seen) != 2 || seen[0].URI != path {
			f.Errorf("%s: %+v reached the function", path, seen)
		}
	}
	for _, path := range []string{"/v1/notices?tag=x&find=", "/v1/notices?tag=x&find", "/v1/notices?find=&tag=x&find=a"} {
		if a := f.get(path); a.body != page.body {
			f.Errorf("%s is not the page without it: %q", path, a.cache())
		}
	}
	keys, err := f.Redis.Keys(f.Context(), f.Prefix+"p:*").Result()
	if err != nil || len(keys) != 1 {
		f.Errorf("pages: %q %v", keys, err)
	}
}

func tags(f *fixture) {
	first := f.get("/v1/main")
	tag := first.header.Get("ETag")
	if tag == "" {
		f.Fatalf("no ETag: %v", first.header)
	}
	for _, list := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
		if a := f.get("/v1/main", "If-None-Match", list); a.status != http.StatusNotModified || a.body != "" || a.header.Get("ETag") != tag {
			f.Errorf("If-None-Match %s: %d %q", list, a.status, a.body)
		}
	}
	if a := f.get("/v1/main", "If-None-Match", `"other"`); a.status != 200 || a.body != first.body {
		f.Errorf("another tag: %d", a.status)
	}
	if a := f.do(http.MethodHead, "/v1/main"); a.status != 200 || a.body != "" || a.header.Get("ETag") != tag || a.header.Get("Content-Length") == "" {
		f.Errorf("HEAD: %d %q %v", a.status, a.body, a.header)
	}
	if a := f.do(http.MethodHead, "/v1/notices"); a.status != 200 || a.body != "" {
		f.Errorf("HEAD of a page that nobody has read: %d %q", a.status, a.body)
	}
}

// versions: what is compressed on its way has a weak tag (RFC 9110, 8.8.1), with which nobody may write.
func versions(f *fixture) {
	long := `{"text":"` + strings.Repeat("가나다", 2_000) + `"}`
	f.Functions.Set(Rule{Body: long, Header: map[string]string{"ETag": `"7"`}})
	for _, path := range []string{"/v1/main", "/v1/notices"} {
		if a := f.get(path, "Authorization", "Bearer x", "Accept-Encoding", "gzip"); a.header.Get("ETag") != `"7"` || a.header.Get("Content-Encoding") != "" || a.body != long {
			f.Errorf("%s: tag %s, encoding %q, %d bytes", path, a.header.Get("ETag"), a.header.Get("Content-Encoding"), len(a.body))
		}
	}
}

func credentials(f *fixture) {
	f.get("/v1/main")
	for _, header := range [][]string{{"Authorization", "Bearer x"}, {"Cookie", "a=b; __Host-madang=x"}, {"Cookie", "__Host-madang-refresh=x"}} {
		f.Functions.Set(Rule{})
		a := f.get("/v1/main", header...)
		if a.header.Get("Cache-Control") != "private, no-store" || a.cache() != "" || len(f.Functions.Seen()) != 1 {
			f.Errorf("%v: %q %q", header, a.header.Get("Cache-Control"), a.cache())
		}
		if got := f.Functions.Seen()[0].Header.Get(header[0]); got != header[1] {
			f.Errorf("%v reached the function as %q", header, got)
		}
	}
	f.Functions.Set(Rule{})
	for _, cookie := range []string{"theme=dark", "__Host-madang-browser=x"} { // the second stays after signing out
		if a := f.get("/v1/main", "Cookie", cookie); !strings.HasPrefix(a.cache(), "madang; hit") {
			f.Errorf("%s: %q", cookie, a.cache())
		}
	}
	if a := f.get("/v1/notices", "Cookie", "theme=dark"); a.status != 200 || f.Functions.Seen()[0].Header.Get("Cookie") != "" {
		f.Error("a page was rendered with a visitor's cookie")
	}
}

func stampede(f *fixture) {
	f.Functions.Set(Rule{Delay: 300 * time.Millisecond})
	var group sync.WaitGroup
	bodies := make([]string, 150)
	for i := range bodies {
		group.Go(func() { bodies[i] = f.get("/v1/main").body })
	}
	group.Wait()
	for _, b := range bodies {
		if b != bodies[0] || b == "" {
			f.Fatalf("not the same answer for all: %q, %q", b, bodies[0])
		}
	}
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
}

func segments(f *fixture) {
	f.Functions.Set(Rule{Body: "now", Lasts: []time.Duration{1500 * time.Millisecond, time.Hour}})
	if a := f.get("/v1/main"); a.body != "now" {
		f.Fatal(a.body)
	}
	f.until("the next segment", func() bool { return f.get("/v1/main").body == "now+1" })
}

func stale(f *fixture) {
	f.Functions.Set(Rule{Body: "old", Lasts: []time.Duration{50 * time.Millisecond}})
	f.get("/v1/main")
	time.Sleep(1100 * time.Millisecond) // the edge's own copy is good for a second
	f.Functions.Set(Rule{Body: "new", Delay: 200 * time.Millisecond})
	if a := f.get("/v1/main"); a.body != "old" || !strings.Contains(a.cache(), "detail=stale") {
		f.Errorf("a page past its time: %q %q", a.body, a.cache())
	}
	f.until("the new page", func() bool { return f.get("/v1/main").body == "new" })
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
}

func touched(f *fixture) {
	f.Functions.Set(Rule{Body: "old"})
	f.get("/v1/main")
	time.Sleep(1100 * time.Millisecond)
	f.Functions.Set(Rule{Body: "new"})
	f.touch()
	if a := f.get("/v1/main"); a.body != "old" || !strings.Contains(a.cache(), "detail=stale") {
		f.Errorf("a touched page: %q %q", a.body, a.cache())
	}
	f.until("the new page", func() bool { return f.get("/v1/main").body == "new" })
}

func (f *fixture) touch() {
	f.Helper()
	if err := f.Functions.Store.Settle(context.Background(), "", []string{"all"}); err != nil {
		f.Fatal(err)
	}
}

// ago has everything happen as long ago, for the functions and in Redis.
func (f *fixture) ago(d time.Duration) {
	f.Functions.Store.Now = func() time.Time { return time.Now().Add(-d) }
}

func touchedLongAgo(f *fixture) {
	f.ago(time.Minute)
	f.Functions.Set(Rule{Body: "old"})
	f.get("/v1/main")
	f.ago(page.Grace)
	f.touch()
	f.ago(0)
	time.Sleep(1100 * time.Millisecond) // the edge's own copy is good for a second
	f.Functions.Set(Rule{Body: "new", Delay: 200 * time.Millisecond})
	if a := f.get("/v1/main"); a.body != "new" {
		f.Errorf("%q %q", a.body, a.cache())
	}
	f.ago(time.Minute)
	f.Functions.Set(Rule{Body: "old"})
	f.get("/v1/notices")
	for i := range 5 { // again and again
		f.ago(page.Grace - time.Duration(i)*time.Second)
		f.touch()
	}
	f.Functions.Set(Rule{Status: 503})
	time.Sleep(1100 * time.Millisecond)
	if a := f.get("/v1/notices"); a.body != "old" || !strings.Contains(a.cache(), "detail=function-away") {
		f.Errorf("with functions away: %q %q", a.body, a.cache())
	}
}

// wrong: three changes of one night, and nobody looked; one that comes after what was rendered
// ahead.
func wrong(f *fixture) {
	for name, rule := range map[string]Rule{
		"/v1/main":    {Body: "old", Lasts: []time.Duration{time.Second, 50 * time.Millisecond, 50 * time.Millisecond}, Changes: true},
		"/v1/notices": {Body: "old", Lasts: []time.Duration{50 * time.Millisecond}, Wrong: 1100 * time.Millisecond},
	} {
		f.Functions.Set(rule)
		f.get(name)
	}
	f.Functions.Set(Rule{Body: "new", Delay: 100 * time.Millisecond})
	time.Sleep(1300 * time.Millisecond)
	for _, path := range []string{"/v1/main", "/v1/notices"} {
		if a := f.get(path); a.body != "new" {
			f.Errorf("%s: %q %q", path, a.body, a.cache())
		}
	}
}

func evicted(f *fixture) {
	f.ago(time.Minute)
	f.Functions.Set(Rule{Body: "old"})
	f.get("/v1/main")
	f.ago(0)
	if err := f.Redis.Del(f.Context(), f.Prefix+"g:all").Err(); err != nil {
		f.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	f.Functions.Set(Rule{Body: "new"})
	if a := f.get("/v1/main"); a.body != "new" {
		f.Errorf("without the generation of its tag: %q %q", a.body, a.cache())
	}
}

func renewed(f *fixture) {
	f.Functions.Set(Rule{Body: "old", Lasts: []time.Duration{500 * time.Millisecond, 2500 * time.Millisecond}, Changes: true})
	f.get("/v1/main")
	f.get("/v1/notices?tag=a%26b")
	f.Functions.Set(Rule{Body: "new"})
	f.until("both are asked for", func() bool {
		asked := map[string]bool{}
		for _, s := range f.Functions.Seen() {
			asked[s.Function+" "+s.URI+" "+s.Header.Get("Accept-Language")] = true
		}
		return asked["main /v1/main ko"] && asked["notices /v1/notices?tag=a%26b ko"]
	})
	time.Sleep(1100 * time.Millisecond)
	n := len(f.Functions.Seen())
	if a := f.get("/v1/main"); a.body != "new" || !strings.HasPrefix(a.cache(), "madang; hit") || len(f.Functions.Seen()) != n {
		f.Errorf("the first reader: %q %q", a.body, a.cache())
	}
}

// visitors: of all who want a page at once the first is refused for asking too often. Nobody
// else is.
func visitors(f *fixture) {
	for _, path := range []string{"/v1/main", "/v1/notices"} {
		f.Functions.Set(Rule{Status: 429, Times: 1, Delay: 200 * time.Millisecond})
		var group sync.WaitGroup
		statuses := make([]int, 20)
		for i := range statuses {
			group.Go(func() { statuses[i] = f.get(path).status })
		}
		group.Wait()
		slices.Sort(statuses)
		if statuses[19] != 429 || statuses[18] != 200 {
			f.Errorf("%s: %v", path, statuses)
		}
		if a := f.get(path); a.status != 200 {
			f.Errorf("%s: afterwards: %d", path, a.status)
		}
		f.StopRedis()
	}
}

func failures(f *fixture) {
	for _, redis := range []string{"there", "away"} {
		for _, status := range []int{500, 400, 422} {
			path := "/v1/notices/" + redis + strconv.Itoa(status)
			f.Functions.Set(Rule{Status: status, Times: 1})
			if a := f.get(path); a.status != status && (a.status != 503 || status != 500) {
				f.Errorf("%s: %d, want %d", path, a.status, status)
			}
			if a := f.get(path); a.status != 200 {
				f.Errorf("%s: afterwards: %d", path, a.status)
			}
		}
		f.StopRedis()
	}
}

// owners: a render that took longer than its lock does not give back another's.
func owners(f *fixture) {
	f.Functions.Set(Rule{Delay: 2 * time.Second})
	var group sync.WaitGroup
	group.Go(func() { f.get("/v1/main") })
	lock := f.Prefix + "r:ko:/v1/main"
	defer group.Wait()
	f.until("the function is asked", func() bool { return len(f.Functions.Seen()) == 1 })
	if n, err := f.Redis.Exists(f.Context(), lock).Result(); err != nil || n == 0 {
		if f.get("/healthz").header.Get("Server") == "nginx" {
			f.Errorf("no lock: %v", err)
		}
		return // an edge of one process needs none
	}
	if err := f.Redis.Set(f.Context(), lock, "another's", time.Minute).Err(); err != nil {
		f.Fatal(err)
	}
	group.Wait()
	if v, err := f.Redis.Get(f.Context(), lock).Result(); err != nil || v != "another's" {
		f.Errorf("another's lock: %q %v", v, err)
	}
}

func hidden(f *fixture) {
	f.Functions.Set(Rule{})
	for _, path := range []string{"/v1/notices/a%2Fb", "/v1/notices/a%2fb", "/v1/notices%2Fmine", "/v1/notices/1%3Fx=1", "/v1/notices/1%3fx", "/v1/notices/1%0A", "/v1/notices/1%7f", "/v1%2fmain"} {
		if a := f.get(path); a.status != http.StatusNotFound || !strings.Contains(a.body, `"code":"not-found"`) {
			f.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if seen := f.Functions.Seen(); len(seen) != 0 {
		f.Errorf("%+v", seen)
	}
	if a := f.get("/v1/notices?tag=a%2Fb%3F%0A"); a.status != http.StatusOK {
		f.Errorf("in a parameter: %d", a.status)
	}
}

func wakes(f *fixture) {
	f.Functions.Set(Rule{})
	for range 20 {
		f.get("/v1/form")
	}
	f.get("/v1/form", "Authorization", "Bearer x")
	f.do(http.MethodHead, "/v1/form")
	woken := func() []string {
		list := []string{}
		for _, s := range f.Functions.Seen() {
			if s.URI == "/readyz?form" {
				list = append(list, s.Function)
			}
		}
		slices.Sort(list)
		return list
	}
	f.until("both are woken", func() bool { return len(woken()) >= 2 })
	time.Sleep(200 * time.Millisecond)
	if got := woken(); !slices.Equal(got, []string{"notices", "site"}) {
		f.Errorf("woken: %v", got)
	}
}

func redisAway(f *fixture) {
	f.get("/v1/main")
	f.get("/v1/main")
	f.StopRedis()
	time.Sleep(1100 * time.Millisecond)
	if a := f.get("/v1/main"); a.status != 200 || !strings.Contains(a.cache(), "detail=store-away") {
		f.Errorf("a page that was read before: %d %q", a.status, a.cache())
	}
	var group sync.WaitGroup
	f.Functions.Set(Rule{Delay: 200 * time.Millisecond})
	for range 50 {
		group.Go(func() {
			if a := f.get("/v1/notices"); a.status != 200 {
				f.Errorf("a page that nobody has read: %d %s", a.status, a.body)
			}
		})
	}
	group.Wait()
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
}

func functionsAway(f *fixture) {
	f.Functions.Set(Rule{Body: "good", Lasts: []time.Duration{50 * time.Millisecond}})
	f.get("/v1/main")
	time.Sleep(1100 * time.Millisecond)
	f.Functions.Set(Rule{Status: 503})
	for range 3 {
		if a := f.get("/v1/main"); a.status != 200 || a.body != "good" || !strings.Contains(a.cache(), "detail=") {
			f.Errorf("the last good copy: %d %q %q", a.status, a.body, a.cache())
		}
		time.Sleep(100 * time.Millisecond)
	}
	if a := f.get("/v1/notices"); a.status != http.StatusServiceUnavailable || a.header.Get("Content-Type") != "application/problem+json" {
		f.Errorf("nothing to serve: %d %s", a.status, a.body)
	}
	f.Functions.Set(Rule{})
	f.until("the page after functions are back", func() bool { return f.get("/v1/notices").status == 200 })
}

// machineDies: who takes the question is silent, as where a machine lost its power, and nobody knows whether the copy is
// right: it is served, while Redis is away and when it is back with nothing in it, until a function answers.
func machineDies(f *fixture) {
	f.Functions.Set(Rule{Body: "good"})
	for range 20 { // each of an edge's workers has a copy
		f.get("/v1/main")
	}
	f.StopRedis()
	time.Sleep(time.Duration(Rules().Limits.CopyAway)*time.Second + 100*time.Millisecond)
	silent := Rule{Body: "new", Delay: 6 * time.Second}
	f.Functions.Set(silent)
	readers := func(when string) {
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if a := f.get("/v1/main"); a.status != 200 || a.body != "good" || !strings.Contains(a.cache(), "detail=function-away") {
					f.Errorf("%s: %d %q %q", when, a.status, a.body, a.cache())
				}
			})
		}
		group.Wait()
	}
	readers("Redis is away")
	readers("Redis is away, and the function was asked long ago")
	f.StartRedis(true)
	readers("Redis is back, and has nothing")
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
	f.until("the function answers", func() bool { return f.get("/v1/main").body == "new" })
	time.Sleep(silent.Delay / 2)
	if n := len(f.Functions.Seen()); n > 2 { // the page is rendered once more for Redis, which was away
		f.Errorf("%d requests reached the function", n)
	}
}

// takenDown: a page that is rightly not in Redis is nobody's to serve, however slow its function is and though Redis was away a
// moment ago.
func takenDown(f *fixture) {
	path := "/v1/notices/withdrawn"
	f.Functions.Set(Rule{Body: "good"})
	for range 20 {
		f.get(path)
	}
	if err := f.Redis.Del(f.Context(), f.Prefix+"p:ko:"+path).Err(); err != nil {
		f.Fatal(err)
	}
	f.StopRedis()
	time.Sleep(1100 * time.Millisecond)
	f.get(path) // each worker, there is one, sees that Redis is away
	f.StartRedis(false)
	time.Sleep(1100 * time.Millisecond) // for which nobody asks it again
	f.Functions.Set(Rule{Status: http.StatusNotFound, Delay: time.Duration(Rules().Limits.CopyPatience+1) * time.Second})
	if a := f.get(path); a.status != http.StatusNotFound {
		f.Errorf("%d %q %q", a.status, a.body, a.cache())
	}
}

func refusals(f *fixture) {
	f.Functions.Set(Rule{Status: 404})
	for range 2 {
		if a := f.get("/v1/notices/gone"); a.status != 404 || !strings.Contains(a.body, "from-function") || a.header.Get("Content-Type") != "application/problem+json" {
			f.Errorf("%d %s", a.status, a.body)
		}
		time.Sleep(2100 * time.Millisecond)
	}
	if n := len(f.Functions.Seen()); n != 2 {
		f.Errorf("%d requests reached the function", n)
	}
	f.Functions.Set(Rule{})
	if a := f.get("/v1/notices/gone"); a.status != 200 {
		f.Errorf("a refusal was kept: %d", a.status)
	}
}

// The site has an address for each language: whatever a browser prefers, an address is one
// page for all.
func site(f *fixture) {
	for _, c := range []struct{ path, language string }{{"/", "ko"}, {"/en", "en"}, {"/posts/1", "ko"}, {"/en/posts/1", "en"}} {
		f.Functions.Set(Rule{})
		first := f.get(c.path, "Accept-Language", "en")
		if a := f.get(c.path, "Accept-Language", "ko"); a.body != first.body || a.status != 200 || a.header.Get("Vary") != "" {
			f.Errorf("%s: %q, %q, Vary %q", c.path, first.body, a.body, a.header.Get("Vary"))
		}
		if n, err := f.Redis.Exists(f.Context(), f.Prefix+"p:"+c.language+":"+c.path).Result(); err != nil || n != 1 {
			f.Errorf("%s is not kept as %s: %v", c.path, c.language, err)
		}
		if seen := f.Functions.Seen(); len(seen) != 1 || seen[0].Function != "site" || seen[0].URI != c.path {
			f.Errorf("%s: %+v", c.path, seen)
		}
	}
}

// headers are the function's, from whatever the page is answered.
func headers(f *fixture) {
	own := map[string]string{"Content-Security-Policy": "default-src 'none'", "Cache-Control": "public, max-age=31536000, immutable", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
	f.Functions.Set(Rule{Body: "body{}", Header: own})
	for _, from := range []string{"the function", "the edge's copy", "Redis"} {
		if from == "Redis" {
			time.Sleep(1100 * time.Millisecond) // the copy is good for a second
		}
		a := f.get("/assets/1f/ui.css")
		for name, want := range own {
			if got := a.header.Values(name); len(got) != 1 || got[0] != want {
				f.Errorf("from %s: %s: %q", from, name, got)
			}
		}
		if a.status != 200 || a.body != "body{}" {
			f.Errorf("from %s: %d %s", from, a.status, a.body)
		}
	}
	if n := len(f.Functions.Seen()); n != 1 {
		f.Errorf("%d requests reached the function", n)
	}
	for _, credentials := range [][]string{{"Cookie", "__Host-madang=x"}, {"Authorization", "Bearer x"}} { // members get the same style
		if a := f.get("/assets/1f/ui.css", credentials...); !strings.HasPrefix(a.cache(), "madang; hit") {
			f.Errorf("with %v: %q", credentials, a.cache())
		}
	}
	f.Functions.Set(Rule{Status: 404, Header: own})
	if a := f.get("/assets/1f/none.css"); a.status != 404 || a.header.Get("Content-Security-Policy") != own["Content-Security-Policy"] {
		f.Errorf("a refusal: %d %v", a.status, a.header)
	}
}

// slashes at the end of an address lead to the page without them, with what was asked, and never
// to another host; in the API they are another address.
func slashes(f *fixture) {
	for path, want := range map[string]string{"/en/": "/en", "/en/?a=b&c=%EA%B0%80": "/en?a=b&c=%EA%B0%80", "//en//": "/en"} {
		if a := f.get(path); a.status != http.StatusPermanentRedirect || strings.TrimPrefix(a.header.Get("Location"), f.base) != want {
			f.Errorf("%s: %d %s", path, a.status, a.header.Get("Location"))
		}
	}
	for _, path := range []string{"/v1/main/", "/none/", "/en/%2f/"} {
		if a := f.get(path); a.status != http.StatusNotFound {
			f.Errorf("%s: %d %s", path, a.status, a.header.Get("Location"))
		}
	}
	if seen := f.Functions.Seen(); len(seen) != 0 {
		f.Errorf("%+v", seen)
	}
}

// accepted is what a browser accepts.
const accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// lost are addresses of nothing: a browser gets the site's own page of them, from what is kept, as 404, and wakes nobody;
// a member's is made for the member.
func lost(f *fixture) {
	f.Functions.Set(Rule{})
	first := ""
	for i, c := range []struct{ method, path, prefers, function string }{
		{"GET", "/none", "ko", "/not-found"}, {"GET", "/none/of/these?a=b", "ko", ""}, {"GET", "/none/", "ko", ""}, {"HEAD", "/posts/1/2", "ko", ""},
		{"GET", "/en/none", "ko", "/en/not-found"}, {"GET", "/none", "en", ""},
	} {
		before := len(f.Functions.Seen())
		a := f.do(c.method, c.path, "Accept", accepted, "Accept-Language", c.prefers, "If-None-Match", "*")
		seen := f.Functions.Seen()[before:]
		if a.status != http.StatusNotFound || a.header.Get("Content-Type") == "application/problem+json" || a.header.Get("Cache-Control") != "no-store" || !strings.Contains(strings.Join(a.header.Values("Vary"), ", "), "Accept, Accept-Language") {
			f.Errorf("%s %s: %d %v", c.method, c.path, a.status, a.header)
		}
		if c.function == "" && len(seen) != 0 || c.function != "" && (len(seen) != 1 || seen[0].URI != c.function || seen[0].Function != "site") {
			f.Errorf("%s %s: asked %+v", c.method, c.path, seen)
		}
		if i == 0 {
			first = a.body
		}
		if i == 1 && a.body != first {
			f.Errorf("%s: another page: %s", c.path, a.body)
		}
	}
	for _, tag := range []string{"", "*", `"x"`} {
		if a := f.get("/not-found", "Accept", accepted, "If-None-Match", tag); a.status != http.StatusNotFound || a.body != first {
			f.Errorf("the page itself: %d %s", a.status, a.body)
		}
	}
	f.Functions.Set(Rule{Status: http.StatusNotFound})
	if a := f.get("/none", "Accept", accepted, "Cookie", auth.AccessCookie+"=x"); a.status != http.StatusNotFound || !strings.Contains(a.body, "from-function") {
		f.Errorf("a member: %d %s", a.status, a.body)
	}
	f.Functions.Set(Rule{})
	for _, c := range []struct{ method, path, accept string }{{"POST", "/none", accepted}, {"GET", "/none", "*/*"}, {"GET", "/v1/none", accepted}, {"GET", "/no%2fne", accepted}} {
		if a := f.do(c.method, c.path, "Accept", c.accept); a.status != http.StatusNotFound {
			f.Errorf("%s %s: %d", c.method, c.path, a.status)
		}
	}
	if seen := f.Functions.Seen(); len(seen) != 0 {
		f.Errorf("%+v", seen)
	}
}

// browsers get pages where the edge itself refuses and the site has none of its own, in the language of the address or the
// one that they prefer; what they load is nothing but what is in them.
func browsers(f *fixture) {
	accept := accepted
	f.Functions.Set(Rule{Status: http.StatusServiceUnavailable})
	for _, c := range []struct{ path, prefers, want string }{
		{"/none", "ko", "페이지를 찾을 수 없습니다"}, {"/none", "en", "Page not found"}, {"/en/none", "ko", "Page not found"}, {"/v1/none", "fr", "페이지를 찾을 수 없습니다"},
	} {
		a := f.get(c.path, "Accept", accept, "Accept-Language", c.prefers)
		if a.status != http.StatusNotFound || a.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(a.body, c.want) || !strings.HasPrefix(a.body, "<!doctype html>") {
			f.Errorf("%s: %d %s %.300s", c.path, a.status, a.header.Get("Content-Type"), a.body)
		}
		if p := a.header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") || !slices.Contains(a.header.Values("Vary"), "Accept") || a.header.Get("Cache-Control") != "no-store" {
			f.Errorf("%s: %v", c.path, a.header)
		}
		if strings.Contains(a.body, "REQUEST-ID") || strings.Contains(a.body, "src=") || strings.Contains(a.body, "<link") {
			f.Errorf("%s: %s", c.path, a.body)
		}
	}
}

// words are edge.Fixed's, whichever edge says them.
func words(f *fixture) {
	rules := edge.Fixed()
	f.Functions.Set(Rule{Status: http.StatusServiceUnavailable}) // the site has no page of its own
	for language, problem := range rules.Problems[http.StatusNotFound] {
		for accept, want := range map[string]edge.Answer{"text/html": problem.Page, "application/json": problem.Document} {
			a := f.get("/none", "Accept", accept, "Accept-Language", language)
			before, after, found := strings.Cut(want.Body, rules.RequestID)
			if id, ok := strings.CutPrefix(a.body, before); !found || !ok || !strings.HasSuffix(id, after) || len(id) == len(after) {
				f.Errorf("%s, %s: %s, want %s", language, accept, a.body, want.Body)
			}
			for name, value := range want.Header {
				if got := a.header.Values(name); !slices.Contains(got, value) {
					f.Errorf("%s, %s: %s %q, want %q", language, accept, name, got, value)
				}
			}
		}
	}
}
