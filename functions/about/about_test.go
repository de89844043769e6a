package about_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/about"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

type pledge struct {
	ID, Area, Title, State, Note string
	Percent                      int
	ChangedAt                    time.Time
}

type answer struct {
	Body     string
	Offices  []struct{ Name string }
	Pledges  []pledge
	Councils []struct{ Term string }
	Version  int64
}

func content(changed map[string]any) map[string]any {
	b := map[string]any{
		"body":     "**재학생 모두**의 모임입니다.",
		"offices":  []map[string]any{{"depth": 0, "name": "총학생회장", "nameEn": "President", "holder": "김나란", "contact": "President@Madang.ac.kr"}, {"depth": 1, "name": "기획국", "holder": "최여울", "contact": "031-555-0138"}},
		"pledges":  []map[string]any{{"area": "복지", "title": "도서관을 24시간 엽니다", "titleEn": "A library by night", "state": "kept", "percent": 3}, {"area": "소통", "title": "회의록을 공개합니다", "state": "going", "percent": 60}, {"area": "복지", "title": "사물함을 늘립니다", "state": "planned", "percent": 9}},
		"councils": []map[string]any{{"number": 37, "name": "마중", "term": "2025", "heads": "오하늘"}},
	}
	maps.Copy(b, changed)
	return b
}

func put(app *functiontest.App, as, match string, b any) functiontest.Response {
	r := functiontest.Request{Method: "PUT", Path: "/v1/about", As: as, Body: b, Header: map[string]string{}}
	if match != "" {
		r.Header["If-Match"] = match
	}
	return app.Do(r)
}

func each(t *testing.T, test func(t *testing.T, app *functiontest.App)) {
	t.Run("sqlite", func(t *testing.T) { test(t, functiontest.New(t, about.Function)) })
	t.Run("postgres", func(t *testing.T) { test(t, functiontest.New(t, about.Function, functiontest.OnPostgres)) })
}

func get(app *functiontest.App, path string) functiontest.Response {
	return app.Do(functiontest.Request{Method: "GET", Path: path}).Want(200)
}

func TestAbout(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		editor := app.Editor()
		get(app, "/about").Says("아직 소개가 없어요").SaysNot("조직도</h2>")
		get(app, "/v1/about").Says(`"offices":[],"pledges":[],"councils":[],"version":1`)
		put(app, editor, "", content(nil)).Problem(428, "if-match-required")
		is := functiontest.JSON[answer](put(app, editor, `"v1"`, content(nil)).Want(200))
		if is.Version != 2 || len(is.Offices) != 2 || len(is.Councils) != 1 || is.Pledges[0].Percent != 100 || is.Pledges[2].Percent != 0 || is.Pledges[1].ID == "" || !is.Pledges[1].ChangedAt.Equal(app.Now()) {
			t.Errorf("written: %+v", is)
		}
		get(app, "/about").Says("<strong>재학생 모두</strong>", "공약 3개 가운데 1개를 지켰습니다.", "진행 중 60%", `href="mailto:president@madang.ac.kr"`, `href="tel:031-555-0138"`, "제37대", "〈마중〉",
			`<a href="#chart">조직도</a>`, "3. 2. 고침")
		get(app, "/en/about").Says("1 of 3 pledges are kept.", "A library by night", `<span lang="ko">김나란</span>`, "President").SaysNot("총학생회장")
		if page := string(get(app, "/about").Body); strings.Count(page, "<h3>복지</h3>") != 1 {
			t.Errorf("an area stands in two places:\n%s", page)
		}
		if got := app.Audited(); !slices.Equal(got, []string{"PUT /v1/about"}) {
			t.Errorf("audit: %v", got)
		}
	})
}

// A pledge keeps its name and the day of its last change, whatever else is edited and wherever it is moved to.
func TestPledgesKeepTheirDay(t *testing.T) {
	app := functiontest.New(t, about.Function)
	editor := app.Editor()
	first := functiontest.JSON[answer](put(app, editor, `"v1"`, content(nil)).Want(200))
	made := app.Now()
	app.Wait(48 * time.Hour)
	list := []map[string]any{}
	for _, p := range []pledge{first.Pledges[2], first.Pledges[1], first.Pledges[0]} {
		list = append(list, map[string]any{"id": p.ID, "area": p.Area, "title": p.Title + "!", "state": p.State, "percent": p.Percent})
	}
	list[1]["percent"] = 61
	second := functiontest.JSON[answer](put(app, editor, `"v2"`, content(map[string]any{"pledges": list})).Want(200))
	for i, want := range []time.Time{made, app.Now(), made} {
		if p := second.Pledges[i]; !p.ChangedAt.Equal(want) || p.ID != first.Pledges[2-i].ID {
			t.Errorf("pledge %d: %+v, want its change at %v", i, p, want)
		}
	}
	list[0]["id"] = first.Pledges[0].ID // twice now
	if r := put(app, editor, `"v3"`, content(map[string]any{"pledges": list})); r.Status != 422 || !slices.Contains(r.Fields(), "pledges[2].id:unknown") {
		t.Errorf("one pledge twice: %d %v", r.Status, r.Fields())
	}
}

func TestRefusals(t *testing.T) {
	app := functiontest.New(t, about.Function)
	editor := app.Editor()
	one := func(list string, entry map[string]any) map[string]any {
		return content(map[string]any{list: []map[string]any{entry}})
	}
	many := []map[string]any{}
	for range 101 {
		many = append(many, map[string]any{"title": "가", "state": "planned"})
	}
	for want, b := range map[string]any{
		"body:too-long":                   content(map[string]any{"body": strings.Repeat("가", 10_001)}),
		"offices[0].depth:too-deep":       one("offices", map[string]any{"depth": 1, "name": "기획국"}),
		"offices[1].depth:too-deep":       content(map[string]any{"offices": []map[string]any{{"depth": 0, "name": "가"}, {"depth": 2, "name": "나"}}}),
		"offices[0].depth:out-of-range":   one("offices", map[string]any{"depth": 4, "name": "가"}),
		"offices[0].name:required":        one("offices", map[string]any{"name": " "}),
		"offices[0].contact:not-an-email": one("offices", map[string]any{"name": "가", "contact": "a@"}),
		"pledges[0].state:not-one-of":     one("pledges", map[string]any{"title": "가", "state": "done"}),
		"pledges[0].percent:out-of-range": one("pledges", map[string]any{"title": "가", "state": "going", "percent": 100}),
		"pledges[0].note:required":        one("pledges", map[string]any{"title": "가", "state": "dropped"}),
		"pledges[0].id:unknown":           one("pledges", map[string]any{"title": "가", "state": "planned", "id": "00000000-0000-7000-8000-000000000000"}),
		"pledges:too-many":                content(map[string]any{"pledges": many}),
		"councils[0].number:out-of-range": one("councils", map[string]any{"number": 0, "term": "2025"}),
		"councils[0].term:required":       one("councils", map[string]any{"number": 1}),
	} {
		if r := put(app, editor, `"v1"`, b); r.Status != 422 || !slices.Contains(r.Fields(), want) {
			t.Errorf("%s: %d %v", want, r.Status, r.Fields())
		}
	}
	if r := put(app, editor, `"v1"`, one("pledges", map[string]any{"title": "가", "state": "planned", "link": "javascript:alert(1)"})); r.Status != 422 {
		t.Errorf("a link that runs: %d", r.Status)
	}
	put(app, app.Holder(auth.Editor, "총학"), `"v1"`, content(nil)).Problem(403, "not-allowed") // it is of the whole council
	put(app, editor, `"v2"`, content(nil)).Problem(412, "version-stale")
	get(app, "/about").Says("아직 소개가 없어요")
}

func TestParallelWrites(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		editor := app.Editor()
		statuses := make(chan int, 20)
		var group sync.WaitGroup
		for range cap(statuses) {
			group.Go(func() { statuses <- put(app, editor, `"v1"`, content(nil)).Status })
		}
		group.Wait()
		close(statuses)
		won := 0
		for s := range statuses {
			switch s {
			case 200:
				won++
			case 412:
			default:
				t.Errorf("status %d", s)
			}
		}
		if won != 1 {
			t.Errorf("%d writers won", won)
		}
	})
}

func TestDesk(t *testing.T) {
	app := functiontest.New(t, about.Function)
	editor := app.Editor()
	see := func(path string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: editor}).Want(200)
	}
	see("/console/about").Says("공약 추가", `<template><li class="entry">`, `data-told="{&#34;version&#34;:1,`)
	put(app, editor, `"v1"`, content(nil)).Want(200)
	see("/console/about").Says(`id="field-pledges[1].percent"`, `value="60"`, `value="김나란"`, "위로")
	see("/en/console/about").Says("Add an office", "Not kept")
	app.Do(functiontest.Request{Method: "GET", Path: "/console/about", As: app.Holder(auth.Editor, "총학")}).Problem(403, "not-allowed")
}
