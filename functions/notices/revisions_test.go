package notices_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
)

type revisions struct {
	Items []struct {
		Number int64
		Editor struct{ ID, Name string }
		Title  string
		Tags   []string
		Body   string
	}
	NextCursor string
}

func TestRevisions(t *testing.T) {
	d := open(t)
	n := d.write("처음", map[string]any{"body": "하나\n둘\n셋", "tags": []string{"가", "나"}, "publishAt": d.Now()})
	second := d.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	path := "/v1/notices/" + n.ID
	d.call(second.Token, "PUT", path, content("다음", map[string]any{"body": "하나\n두울\n셋", "tags": []string{"나", "다"}, "publishAt": n.PublishAt}), "If-Match", match(1)).Want(200)
	list := functiontest.JSON[revisions](d.call(d.editor, "GET", path+"/revisions", nil).Want(200))
	if len(list.Items) != 2 || list.Items[0].Number != 2 || list.Items[0].Editor.ID != second.ID || list.Items[0].Editor.Name != "이편집" || list.Items[1].Title != "처음" {
		t.Errorf("revisions: %+v", list)
	}
	names := func() string {
		t.Helper()
		one := functiontest.JSON[struct{ Editor struct{ Name string } }](d.call(d.editor, "GET", path+"/revisions/2", nil).Want(200)).Editor.Name
		if all := functiontest.JSON[revisions](d.call(d.editor, "GET", path+"/revisions", nil).Want(200)); all.Items[0].Editor.Name != one {
			t.Errorf("%q in the list, %q alone", all.Items[0].Editor.Name, one)
		}
		return one
	}
	began := d.Now()
	if _, err := d.DB.Exec(d.Context(), `UPDATE members SET leaving_at = $1 WHERE id = $2`, clock.Millis(began), second.ID); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]string{d.Deps.Settings.LeaveGrace - time.Millisecond: "이편집", d.Deps.Settings.LeaveGrace: "탈퇴한 회원"} {
		d.At(began.Add(after)) // nothing has swept
		if got := names(); got != want {
			t.Errorf("%v after leaving: %q, want %q", after, got, want)
		}
	}
	d.At(began)
	if got := d.Audited(); !slices.Contains(got, "GET /v1/notices/{id}/revisions") {
		t.Errorf("reading who wrote leaves no record: %v", got)
	}
	first := functiontest.JSON[revisions](d.call(d.editor, "GET", path+"/revisions?size=1", nil).Want(200))
	rest := functiontest.JSON[revisions](d.call(d.editor, "GET", path+"/revisions?size=1&cursor="+first.NextCursor, nil).Want(200))
	if len(rest.Items) != 1 || rest.Items[0].Number != 1 || rest.NextCursor != "" {
		t.Errorf("second page: %+v", rest)
	}
	diff := strings.TrimSpace(string(d.call(d.editor, "GET", path+"/revisions/1/diff/2", nil).Want(200).Body))
	want := `{"from":1,"to":2,"title":[{"lines":[` +
		`{"kind":"delete","old":1,"text":"처음","segments":[{"changed":true,"text":"처음"}]},{"kind":"insert","new":1,"text":"다음","segments":[{"changed":true,"text":"다음"}]}]}],` +
		`"tags":{"added":["다"],"removed":["가"]},"body":[{"lines":[{"kind":"equal","old":1,"new":1,"text":"하나","segments":[]},` +
		`{"kind":"delete","old":2,"text":"둘","segments":[{"changed":true,"text":"둘"}]},{"kind":"insert","new":2,"text":"두울","segments":[{"changed":true,"text":"두울"}]},` +
		`{"kind":"equal","old":3,"new":3,"text":"셋","segments":[]}]}],"titleEn":[],"bodyEn":[]}`
	if diff != want {
		t.Errorf("diff\n%s\nwant\n%s", diff, want)
	}
	if got := string(d.call(d.editor, "GET", path+"/revisions/2/diff/2", nil).Want(200).Body); !strings.Contains(got, `"title":[],"tags":{"added":[],"removed":[]},"body":[]`) {
		t.Errorf("the same: %s", got)
	}
	d.call(d.editor, "POST", path+"/revisions/1/restore", nil).Problem(428, "if-match-required")
	d.call(d.editor, "POST", path+"/revisions/1/restore", nil, "If-Match", match(1)).Problem(412, "version-stale")
	d.Wait(time.Hour)
	r := d.call(d.editor, "POST", path+"/revisions/1/restore", nil, "If-Match", match(2)).Want(200)
	back := functiontest.JSON[item](r)
	if back.Title != "처음" || *back.Body != "하나\n둘\n셋" || !slices.Equal(back.Tags, []string{"가", "나"}) || back.Version != 3 || !back.PublishAt.Equal(*n.PublishAt) || r.Header.Get("ETag") != match(3) {
		t.Errorf("restored: %+v", back)
	}
	if got := d.list("", "?tag=가").titles(); got != "처음" {
		t.Errorf("the restored tag is not found: %q", got)
	}
	one := functiontest.JSON[struct{ Body, HTML string }](d.call(d.editor, "GET", path+"/revisions/2", nil).Want(200))
	if one.Body != "하나\n두울\n셋" || !strings.Contains(one.HTML, "두울") {
		t.Errorf("revision 2: %+v", one)
	}
	student, theirs := d.Member(functiontest.Member{Verified: true}).Token, d.Holder(auth.Editor, "동연")
	for method, paths := range map[string][]string{"GET": {"/revisions", "/revisions/1", "/revisions/1/diff/2"}, "POST": {"/revisions/1/restore", "/preview"}} {
		for _, p := range paths {
			d.call("", method, path+p, nil, "If-Match", match(3)).Problem(401, "sign-in-required")
			d.call(student, method, path+p, nil, "If-Match", match(3)).Problem(403, "not-allowed")
			d.call(theirs, method, path+p, nil, "If-Match", match(3)).Problem(403, "not-allowed")
			d.call(d.editor, method, "/v1/notices/x"+p, nil, "If-Match", match(3)).Problem(404, "not-found")
		}
	}
	for _, number := range []string{"0", "-1", "01", "+1", "x", "9", "99999999999999999999", "1.0"} {
		d.call(d.editor, "GET", path+"/revisions/"+number, nil).Problem(404, "not-found")
		d.call(d.editor, "GET", path+"/revisions/1/diff/"+number, nil).Problem(404, "not-found")
		d.call(d.editor, "GET", path+"/revisions/"+number+"/diff/1", nil).Problem(404, "not-found")
		d.call(d.editor, "POST", path+"/revisions/"+number+"/restore", nil, "If-Match", match(3)).Problem(404, "not-found")
	}
	d.call(d.editor, "GET", path+"/revisions?size=0", nil).Problem(422, "invalid-input")
	d.call(d.editor, "GET", path+"/revisions?cursor=x", nil).Problem(422, "invalid-input")
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(3)).Want(204)
	d.call(d.editor, "GET", path+"/revisions", nil).Problem(404, "not-found")
}

func TestPreview(t *testing.T) {
	d := open(t)
	n := d.write("초안", map[string]any{"body": "**아직**"})
	d.Wait(500 * time.Millisecond)
	link := functiontest.JSON[struct {
		URL       string
		ExpiresAt time.Time
	}](d.call(d.editor, "POST", "/v1/notices/"+n.ID+"/preview", nil).Want(200))
	pagePath, inside := strings.CutPrefix(link.URL, "https://council.madang.ac.kr")
	path := "/v1" + pagePath
	if !inside || !link.ExpiresAt.Equal(functiontest.Start.Add(time.Hour)) {
		t.Fatalf("link: %+v", link)
	}
	read := func() item {
		t.Helper()
		r := d.call("", "GET", path, nil).Want(200)
		if r.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("headers: %v", r.Header)
		}
		return functiontest.JSON[item](r)
	}
	if got := read(); got.Title != "초안" || got.State != "draft" || got.Body != nil || !strings.Contains(got.HTML, "<strong>") {
		t.Errorf("preview: %+v", got)
	}
	d.edit(item{ID: n.ID, Title: "고친 초안", Version: 1}, nil)
	if got := read(); got.Title != "고친 초안" {
		t.Errorf("not the newest version: %+v", got)
	}
	d.see("", pagePath).Want(200).Says("미리보기입니다.", "고친 초안", `<meta name="robots" content="noindex`, "2026년 3월 2일").SaysNot("data-share", "canonical").
		Says(`href="/en`+pagePath+`"`, `href="/sign-in?next=`+url.QueryEscape(pagePath)+`"`).SaysNot("/notices/" + n.ID)
	d.see("", "/en"+pagePath).Want(200).Says("This is a preview.", "고친 초안", `href="`+pagePath+`"`, `href="/en/sign-in?next=`+url.QueryEscape("/en"+pagePath)+`"`).SaysNot("/notices/" + n.ID)
	if keys := d.Server.Keys(); slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(k, "previews") }) {
		t.Errorf("a preview is kept as a page: %v", keys)
	}
	token := strings.TrimPrefix(path, "/v1/notices/previews/")
	for _, forged := range []string{"x", token + "A", token[:len(token)-1], strings.Repeat("A", len(token)), n.ID, d.Deps.Key.Signer("cursor").Sign(n.ID, link.ExpiresAt)} {
		d.call("", "GET", "/v1/notices/previews/"+forged, nil).Problem(404, "not-found")
		d.see("", "/notices/previews/"+forged).Want(404)
	}
	d.At(link.ExpiresAt.Add(-time.Millisecond))
	read()
	d.At(link.ExpiresAt)
	d.call("", "GET", path, nil).Problem(410, "preview-expired")
	d.see("", pagePath).Want(410).Says("미리보기 링크의 시간이 지났습니다.").SaysNot("고친 초안")
	again := functiontest.JSON[struct{ URL string }](d.call(d.editor, "POST", "/v1/notices/"+n.ID+"/preview", nil).Want(200))
	d.call(d.editor, "DELETE", "/v1/notices/"+n.ID, nil, "If-Match", match(2)).Want(204)
	d.call("", "GET", "/v1"+strings.TrimPrefix(again.URL, "https://council.madang.ac.kr"), nil).Problem(404, "not-found")
}

// What a notice said while it was another unit's is that unit's too, and a link that a unit
// made ends when the notice leaves it.
func TestRevisionsOfAnotherUnit(t *testing.T) {
	d := open(t)
	n := d.write("감사의 초안", map[string]any{"unit": "감사", "body": "비밀"})
	path := "/v1/notices/" + n.ID
	link := "/v1" + strings.TrimPrefix(functiontest.JSON[struct{ URL string }](d.call(d.editor, "POST", path+"/preview", nil).Want(200)).URL, "https://council.madang.ac.kr")
	d.call("", "GET", link, nil).Want(200)
	d.call(d.editor, "PUT", path, content("총학의 초안", map[string]any{"unit": "총학"}), "If-Match", match(1)).Want(200)
	d.call("", "GET", link, nil).Problem(404, "not-found")
	left, now := d.Holder(auth.Editor, "감사"), d.Holder(auth.Editor, "총학")
	both := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}, {Role: auth.Admin, Unit: "감사"}}}).Token
	for as, want := range map[string][]int64{now: {2}, both: {2, 1}, d.editor: {2, 1}} {
		got := []int64{}
		for _, v := range functiontest.JSON[revisions](d.call(as, "GET", path+"/revisions", nil).Want(200)).Items {
			got = append(got, v.Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	d.call(now, "GET", path+"/revisions/2", nil).Want(200)
	for _, of := range []string{"/revisions/1", "/revisions/1/diff/2", "/revisions/2/diff/1"} {
		d.call(now, "GET", path+of, nil).Problem(404, "not-found")
		d.call(both, "GET", path+of, nil).Want(200)
	}
	d.call(now, "POST", path+"/revisions/1/restore", nil, "If-Match", match(2)).Problem(404, "not-found")
	d.call(now, "GET", "/console/notices/"+n.ID+"/revisions", nil).Want(200).SaysNot("감사의 초안")
	d.call(now, "GET", "/console/notices/"+n.ID+"/revisions?from=1&to=2", nil).Problem(404, "not-found")
	for _, of := range []string{"", "/revisions", "/revisions/1", "/revisions/2", "/revisions/1/diff/2"} {
		d.call(left, "GET", path+of, nil).Problem(404, "not-found")
	}
	d.call(left, "GET", "/console/notices/"+n.ID+"/revisions", nil).Problem(404, "not-found")
	d.call(both, "POST", path+"/revisions/1/restore", nil, "If-Match", match(2)).Want(200)
}

// Of 50 edits of one version at the same time exactly one wins, and nothing of the others
// is left.
func TestParallelEdits(t *testing.T) {
	for name, options := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(name, func(t *testing.T) {
			d := open(t, options...)
			n := d.write("처음", map[string]any{"publishAt": d.Now()})
			d.Events.Take()
			answers := make(chan int, 50)
			for i := range 50 {
				go func() {
					body := content(fmt.Sprint("고침", i), map[string]any{"publishAt": n.PublishAt, "tags": []string{fmt.Sprint("t", i)}})
					answers <- d.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + n.ID, As: d.editor, Body: body, Header: map[string]string{"If-Match": match(1)}}).Status
				}()
			}
			got := map[int]int{}
			for range 50 {
				got[<-answers]++
			}
			if got[200] != 1 || got[412] != 49 {
				t.Errorf("answers: %v", got)
			}
			list := functiontest.JSON[revisions](d.call(d.editor, "GET", "/v1/notices/"+n.ID+"/revisions", nil).Want(200))
			if len(list.Items) != 2 || len(d.Events.Take()) != 1 {
				t.Errorf("revisions: %+v", list)
			}
			now := functiontest.JSON[item](d.call("", "GET", "/v1/notices/"+n.ID, nil).Want(200))
			if now.Version != 2 || now.Title != list.Items[0].Title || !slices.Equal(now.Tags, list.Items[0].Tags) || d.list("", "?tag="+now.Tags[0]).titles() != now.Title {
				t.Errorf("half of one, half of another: %+v %+v", now, list.Items[0])
			}
		})
	}
}
