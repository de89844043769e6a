package archives_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/archives"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

const settlement = "항목,예산,집행,잔액\n축제,1000000,600000,400000\n간식,500000,500000,0\n합계,1500000,1100000,400000\n"

type world struct {
	*functiontest.App
	admin, editor, student string
	member                 string // the editor's id, who uploads
}

func newWorld(t *testing.T, options ...functiontest.Option) world {
	app := functiontest.New(t, archives.Function, options...)
	editor := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	w := world{App: app, admin: app.Admin(), editor: editor.Token, member: editor.ID, student: app.Member(functiontest.Member{Verified: true}).Token}
	w.call("PUT", "/v1/admin/archives/categories/settlement", w.admin, map[string]any{"name": "결산", "nameEn": "Settlements", "audience": "public"}).Want(200)
	w.call("PUT", "/v1/admin/archives/categories/evidence", w.admin, map[string]any{"name": "증빙", "audience": "council"}).Want(200)
	return w
}

func (w world) call(method, path, as string, body any) functiontest.Response {
	return w.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: map[string]string{"If-Match": "*"}})
}

// file is a completed upload of the editor whose bytes are in the storage.
func (w world) file(t *testing.T, name string, content []byte) string {
	t.Helper()
	id := w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: name, Type: "pdf", Size: int64(len(content))})
	key := upload.Folder("test", archive.Purpose, id, w.Now()) + "/original.pdf"
	if err := w.Objects().Put(context.Background(), key, bytes.NewReader(content), int64(len(content)), objects.Meta{Disposition: objects.Attachment(name)}); err != nil {
		t.Fatal(err)
	}
	return id
}

func item(more map[string]any) map[string]any {
	body := map[string]any{"unit": "총학", "category": "settlement", "period": "2026-Q1", "title": "1분기 결산서", "table": settlement, "publish": true}
	for name, value := range more {
		if body[name] = value; value == nil {
			delete(body, name)
		}
	}
	return body
}

type made struct {
	ID          string
	Version     int64
	Corrections []struct {
		Reason string
		Files  []struct{ ID, URL string }
	}
	Documents []struct {
		ID, URL   string
		Downloads *int64
	}
	Settlement *struct{ Note string }
}

func (w world) add(as string, more map[string]any) made {
	return functiontest.JSON[made](w.call("POST", "/v1/archives", as, item(more)).Want(201))
}

// What is refused is refused by its code, on both engines.
func TestRefused(t *testing.T) {
	for engine, options := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			w := newWorld(t, options...)
			incomplete := w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: "a.pdf", Type: "pdf"})
			if _, err := w.DB.Exec(w.Context(), `UPDATE uploads SET completed_at = NULL, expires_at = $1 WHERE id = $2`, clock.Millis(w.Now().Add(time.Hour)), incomplete); err != nil {
				t.Fatal(err)
			}
			done := w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: "a.pdf", Type: "pdf"})
			public := w.Upload(functiontest.Upload{Owner: w.member, Purpose: "post", Name: "a.pdf", Type: "pdf"})
			photo := w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: "영수증.jpg", Type: "jpg"})
			many := []string{}
			for range 11 {
				many = append(many, w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: "a.pdf", Type: "pdf"}))
			}
			for name, c := range map[string]struct {
				body  map[string]any
				field string
			}{
				"no such category":      {map[string]any{"category": "x"}, "category"},
				"no such unit":          {map[string]any{"unit": "x"}, "unit"},
				"no period":             {map[string]any{"period": "2026-Q5"}, "period"},
				"file not complete":     {map[string]any{"files": []string{incomplete}, "masked": true}, "files"},
				"file of a post":        {map[string]any{"files": []string{public}, "masked": true}, "files"},
				"a photo for everybody": {map[string]any{"files": []string{photo}, "masked": true}, "files[0]"},
				"eleven files":          {map[string]any{"files": many, "masked": true}, "files"},
				"not masked":            {map[string]any{"files": []string{done}}, "masked"},
				"nothing":               {map[string]any{"table": nil}, "files"},
				"sums":                  {map[string]any{"table": "항목,예산,집행,잔액\n축제,10,5,6\n"}, "table[2]"},
				"forced, no note":       {map[string]any{"table": "항목,예산,집행,잔액\n축제,10,5,6\n", "force": true}, "note"},
				"no table":              {map[string]any{"table": "항목,예산\n축제,10\n"}, "table"},
			} {
				r := w.call("POST", "/v1/archives", w.editor, item(c.body)).Problem(422, "invalid-input")
				_ = r
				if got := w.call("POST", "/v1/archives", w.editor, item(c.body)).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], c.field) {
					t.Errorf("%s: %v, want %s", name, got, c.field)
				}
			}
			forced := w.add(w.editor, map[string]any{"table": "항목,예산,집행,잔액\n축제,10,5,6\n", "force": true, "note": "영수증 한 장을 기다립니다."})
			if page := string(w.call("GET", "/archives/"+forced.ID, "", nil).Want(200).Body); !strings.Contains(page, "영수증 한 장을 기다립니다.") {
				t.Error("readers are not told why the sums do not fit")
			}
			w.add(w.editor, map[string]any{"category": "evidence", "files": []string{photo}, "table": nil}) // the council's own may have photos, unmasked
			w.call("DELETE", "/v1/admin/archives/categories/settlement", w.admin, nil).Problem(409, "category-in-use")
			w.call("POST", "/v1/archives", w.Holder(auth.Editor, "감사"), item(nil)).Problem(403, "not-allowed")
			w.call("POST", "/v1/archives/bundles", "", map[string]any{"year": 2019}).Problem(422, "invalid-input")

			v := w.add(w.editor, map[string]any{"audience": "council"})
			if got := w.call("PUT", "/v1/archives/"+v.ID, w.editor, item(map[string]any{"audience": "students"})).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], "widen") {
				t.Errorf("widened: %v", got)
			}
			w.call("PUT", "/v1/archives/"+v.ID, w.editor, item(map[string]any{"audience": "students", "widen": true})).Want(200)
			w.call("GET", "/v1/archives/"+v.ID, "", nil).Problem(404, "not-found")
			w.call("GET", "/v1/archives/"+v.ID, w.student, nil).Want(200)
			w.Do(functiontest.Request{Method: "PUT", Path: "/v1/archives/" + v.ID, As: w.editor, Body: item(nil)}).Problem(428, "if-match-required")
			w.Do(functiontest.Request{Method: "PUT", Path: "/v1/archives/" + v.ID, As: w.editor, Body: item(map[string]any{"audience": "students"}), Header: map[string]string{"If-Match": `"v1"`}}).Problem(412, "version-stale")
		})
	}
}

// Of 13 units 3 submitted: the grid shows 10 that are missing, with days, as time passes, in both languages.
func TestTheGridShowsWhatIsMissing(t *testing.T) {
	units := []string{}
	for i := range 13 {
		units = append(units, fmt.Sprintf("단위%02d", i))
	}
	w := newWorld(t, functiontest.WithSettings(func(s *function.Settings) { s.Units = units }))
	w.call("PUT", "/v1/admin/archives/categories/settlement", w.admin, map[string]any{"name": "결산", "audience": "public", "year": "2026", "rhythm": "quarter", "days": "30"}).Want(200)
	w.At(time.Date(2026, 4, 30, 12, 0, 0, 0, clock.Seoul)) // the last day
	if page := string(w.call("GET", "/archives", "", nil).Want(200).Body); strings.Contains(page, "일째") || !strings.Contains(page, "2026. 4. 30.까지") {
		t.Error("something is missing on the last day")
	}
	for i := range 3 {
		w.add(w.admin, map[string]any{"unit": units[i]})
	}
	w.add(w.admin, map[string]any{"unit": units[3], "audience": "council", "title": "총학생회만"})
	w.At(time.Date(2026, 5, 31, 0, 0, 0, 0, clock.Seoul))
	for path, word := range map[string]string{"/archives": "미제출<br>31일째", "/en/archives": "Missing<br>31 days"} {
		page := string(w.call("GET", path, "", nil).Want(200).Body)
		if n := strings.Count(page, word); n != 10 {
			t.Errorf("%s: %d are missing for 31 days, want 10", path, n)
		}
		if strings.Contains(page, "총학생회만") && path == "/archives" && strings.Contains(page, `title="총학생회만"`) {
			t.Error("a guest sees the title of what only the council reads")
		}
	}
	type coverage struct {
		Items []struct{ Expected, Published, Missing, Waiting int }
	}
	for as, want := range map[string][2]int{"": {3, 10}, w.admin: {4, 9}} {
		got := functiontest.JSON[coverage](w.call("GET", "/v1/archives/coverage?year=2026", as, nil).Want(200))
		if c := got.Items[0]; c.Expected != 52 || c.Published != want[0] || c.Missing != want[1] || c.Waiting != 39 {
			t.Errorf("%+v, want %v", c, want)
		}
	}
	late := w.add(w.admin, map[string]any{"unit": units[12]})
	if page := string(w.call("GET", "/archives", "", nil).Want(200).Body); !strings.Contains(page, "31일 늦음") || !strings.Contains(page, late.ID) {
		t.Error("what came late is not said to be late")
	}
}

// A correction of a sum: both files and the reason are there, by the API and on the page, in both languages.
func TestCorrection(t *testing.T) {
	w := newWorld(t)
	first, second := w.file(t, "결산서.pdf", []byte("first")), w.file(t, "결산서 (정정).pdf", []byte("second"))
	v := w.add(w.editor, map[string]any{"files": []string{first}, "masked": true})
	changed := map[string]any{"files": []string{second}, "masked": true, "table": "항목,예산,집행,잔액\n축제,1000000,700000,300000\n"}
	if got := w.call("PUT", "/v1/archives/"+v.ID, w.editor, item(changed)).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], "reason") {
		t.Errorf("without a reason: %v", got)
	}
	changed["reason"] = "축제 집행액을 잘못 더했습니다."
	is := functiontest.JSON[made](w.call("PUT", "/v1/archives/"+v.ID, w.editor, item(changed)).Want(200))
	if len(is.Corrections) != 1 || is.Corrections[0].Files[0].ID != first || is.Documents[0].ID != second {
		t.Fatalf("%+v", is)
	}
	for _, path := range []string{"/archives/" + v.ID, "/en/archives/" + v.ID} {
		page := string(w.call("GET", path, "", nil).Want(200).Body)
		for _, text := range []string{"결산서.pdf", "결산서 (정정).pdf", "축제 집행액을 잘못 더했습니다.", "700,000", "600,000", "70.0%", "60.0%"} {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
	}
	for file, want := range map[string]string{first: "first", second: "second"} {
		r := w.call("GET", "/v1/archives/"+v.ID+"/files/"+file, "", nil).Want(302)
		if got := read(t, r.Header.Get("Location")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What only the council read may be read by more people only once somebody said that personal data is covered in all of
// it, what was corrected too; and a picture, now or before a correction, never.
func TestCorrectionsAreWidened(t *testing.T) {
	w := newWorld(t)
	photo := w.Upload(functiontest.Upload{Owner: w.member, Purpose: archive.Purpose, Name: "영수증.jpg", Type: "jpg"})
	for first, want := range map[string]string{w.file(t, "영수증.pdf", []byte("receipt")): "", photo: "audience"} {
		receipts := w.add(w.editor, map[string]any{"category": "evidence", "files": []string{first}, "table": nil})
		edited := func(more map[string]any) functiontest.Response {
			body := item(map[string]any{"category": "evidence", "audience": "council", "table": nil, "files": []string{}, "reason": "다시 올립니다.", "widen": true})
			for name, value := range more {
				body[name] = value
			}
			return w.call("PUT", "/v1/archives/"+receipts.ID, w.editor, body)
		}
		second := []string{w.file(t, "가린 영수증.pdf", []byte("covered"))}
		edited(map[string]any{"files": second, "masked": true}).Want(200)
		if got := edited(map[string]any{"files": second, "audience": "public"}).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], "masked") {
			t.Errorf("widened: %v", got)
		}
		if want == "" {
			edited(map[string]any{"files": second, "audience": "public", "publish": false}).Want(200) // withdrawn on the way
			if got := edited(map[string]any{"files": second, "audience": "public"}).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], "masked") {
				t.Errorf("widened while it was withdrawn: %v", got)
			}
			edited(map[string]any{"files": second, "audience": "public", "masked": true}).Want(200)
			continue
		}
		for _, audience := range []string{"public", "students"} {
			if got := edited(map[string]any{"files": second, "audience": audience, "masked": true}).Fields(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("a picture for %s: %v", audience, got)
			}
		}
	}
}

// The settlement as CSV, for who reads the archive, as spreadsheets take it.
func TestSettlementAsCSV(t *testing.T) {
	w := newWorld(t)
	v := w.add(w.editor, map[string]any{"audience": "students", "title": "결산 \"1/4\"", "table": "항목,예산,집행,잔액\n=1+1,10,5,5\n'24 축제,10,5,5\n"})
	for _, prefix := range []string{"", "/en"} {
		path := prefix + "/archives/" + v.ID + "/table.csv"
		w.call("GET", path, "", nil).Want(404)
		r := w.call("GET", path, w.student, nil).Want(200)
		if got, want := string(r.Body), "\ufeff항목,예산,집행,잔액\r\n'=1+1,10,5,5\r\n'24 축제,10,5,5\r\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := r.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%s, %s", got, r.Header.Get("Content-Type"))
		}
		if page := string(w.call("GET", prefix+"/archives/"+v.ID, w.student, nil).Want(200).Body); !strings.Contains(page, `href="`+path+`"`) {
			t.Errorf("%s does not lead to the table", prefix)
		}
	}
	bare := w.add(w.editor, map[string]any{"table": nil, "files": []string{w.file(t, "a.pdf", []byte("a"))}, "masked": true})
	w.call("GET", "/archives/"+bare.ID+"/table.csv", "", nil).Problem(404, "not-found")
}

// Of addresses that somebody made up there is no end: none is kept as a page.
func TestAddressesMadeUp(t *testing.T) {
	w := newWorld(t)
	w.add(w.editor, nil)
	for path, want := range map[string]int{
		"/archives?category=x": 404, "/archives?unit=x": 404, "/archives?category=settlement&unit=" + url.QueryEscape("총학"): 200, "/archives?year=2026-Q1": 404, "/archives?year=-1": 404,
		"/archives?cursor=x": 404, "/archives?category=" + strings.Repeat("a", 500): 422,
	} {
		w.call("GET", path, "", nil).Want(want)
	}
}

func read(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A file that only the council reads is absent to others by its address, in every way; who of the council downloads it
// is in the log, and of the others nobody; each file counts how often.
func TestCouncilOnly(t *testing.T) {
	w := newWorld(t)
	receipt, open := w.file(t, "영수증.pdf", []byte("receipt")), w.file(t, "결산서.pdf", []byte("open"))
	v := w.add(w.editor, map[string]any{"category": "evidence", "title": "비밀영수증", "files": []string{receipt}, "table": nil})
	public := w.add(w.editor, map[string]any{"files": []string{open}, "masked": true})
	member := w.Member(functiontest.Member{}).Token
	for _, as := range []string{"", member, w.student} {
		for _, path := range []string{"/v1/archives/" + v.ID, "/archives/" + v.ID, "/en/archives/" + v.ID, "/v1/archives/" + v.ID + "/files/" + receipt, "/v1/archives/" + public.ID + "/files/" + receipt} {
			w.call("GET", path, as, nil).Problem(404, "not-found")
		}
		for _, path := range []string{"/v1/archives", "/archives", "/archives?category=evidence", "/v1/archives?q=비밀영수증", "/archives?q=비밀영수증", "/v1/archives/coverage?year=2026", "/v1/archives?category=evidence&period=2026&unit=총학"} {
			if body := string(w.call("GET", path, as, nil).Want(200).Body); strings.Contains(strings.ReplaceAll(body, `value="비밀영수증"`, ""), "비밀영수증") && !strings.Contains(path, "q=") || strings.Contains(body, v.ID) {
				t.Errorf("%s tells of it", path)
			}
		}
		r := w.call("GET", "/v1/uploads/"+receipt+"/file", as, nil)
		if r.Status == 200 || r.Status == 302 {
			t.Errorf("the file itself: %d", r.Status)
		}
	}
	other := w.Holder(auth.Editor, "감사")
	w.call("GET", "/v1/archives/"+v.ID+"/files/"+receipt, other, nil).Want(302)
	w.call("GET", "/v1/archives/"+public.ID+"/files/"+open, other, nil).Want(302)
	w.call("GET", "/v1/archives/"+public.ID+"/files/"+open, "", nil).Want(302)
	downloads := 0
	for _, action := range w.Audited() {
		if action == "GET /v1/archives/{id}/files/{file}" {
			downloads++
		}
	}
	if downloads != 1 {
		t.Errorf("%d downloads are in the log, want that of the receipt", downloads)
	}
	is := functiontest.JSON[made](w.call("GET", "/v1/archives/"+public.ID, w.editor, nil).Want(200))
	if is.Documents[0].Downloads == nil || *is.Documents[0].Downloads != 2 {
		t.Errorf("downloads: %v", is.Documents[0].Downloads)
	}
	if is := functiontest.JSON[made](w.call("GET", "/v1/archives/"+public.ID, "", nil).Want(200)); is.Documents[0].Downloads != nil {
		t.Error("everybody sees how often")
	}
}

// An auditor takes a year as one ZIP, on the storage; a guest gets what guests read, and the same twice.
func TestBundle(t *testing.T) {
	for name, options := range map[string][]functiontest.Option{"embedded": nil, "swift": {functiontest.OnSwift}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options...)
			w.add(w.editor, map[string]any{"files": []string{w.file(t, "결산서.pdf", bytes.Repeat([]byte("가"), 3<<20))}, "masked": true})
			w.add(w.editor, map[string]any{"category": "evidence", "title": "영수증", "files": []string{w.file(t, "영수증.pdf", []byte("receipt"))}, "table": nil})
			type bundle struct{ ID, State, URL string }
			take := func(as string, page bool) []byte {
				asked := functiontest.JSON[bundle](w.call("POST", "/v1/archives/bundles", as, map[string]any{"year": 2026}).Want(202))
				for _, e := range w.Events.Take() {
					if e.Type == archive.BundleRequested {
						for range 2 { // it comes twice
							if status := w.Deliver(e); status/100 != 2 {
								t.Fatalf("event: %d", status)
							}
						}
					}
				}
				got := functiontest.JSON[bundle](w.call("GET", "/v1/archives/bundles/"+asked.ID, as, nil).Want(200))
				if got.State != "ready" {
					t.Fatalf("%+v", got)
				}
				if page && !strings.Contains(string(w.call("GET", "/archives/bundles/"+asked.ID, as, nil).Want(200).Body), "내려받기") {
					t.Error("the page does not lead to it")
				}
				return []byte(read(t, got.URL))
			}
			names := func(b []byte) []string {
				r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
				if err != nil {
					t.Fatal(err)
				}
				list := []string{}
				for _, f := range r.File {
					list = append(list, f.Name[strings.LastIndexByte(f.Name, '/')+1:])
				}
				slices.Sort(list)
				return list
			}
			guests := take("", true)
			if got := names(guests); !slices.Equal(got, []string{"결산서.pdf", "표.csv"}) {
				t.Errorf("a guest gets %v", got)
			}
			auditor := w.Holder(auth.Editor, "감사")
			if got := names(take(auditor, true)); !slices.Equal(got, []string{"결산서.pdf", "영수증.pdf", "표.csv"}) {
				t.Errorf("an auditor gets %v", got)
			}
			if !bytes.Equal(guests, take(w.Member(functiontest.Member{}).Token, false)) {
				t.Error("a member gets other bytes than a guest")
			}
			asked := functiontest.JSON[bundle](w.call("POST", "/v1/archives/bundles", auditor, map[string]any{"year": 2026}).Want(202))
			w.call("GET", "/v1/archives/bundles/"+asked.ID, "", nil).Problem(404, "not-found")
			w.add(w.editor, map[string]any{"title": "또 하나"})
			w.call("GET", "/v1/archives/bundles/"+asked.ID, auditor, nil).Problem(410, "bundle-outdated")
			if page := w.Do(functiontest.Request{Method: "POST", Path: "/archives/bundles", Body: url.Values{"year": {"2026"}}}); page.Status != 303 {
				t.Errorf("the page's button: %d %s", page.Status, page.Body)
			}
		})
	}
}

// What a laptop starts with can be sown.
func TestSeed(t *testing.T) {
	app := functiontest.New(t, archives.Function)
	admin := app.Admin()
	for _, s := range archives.Function.Seed(function.Ground{Now: app.Now()}) {
		method, status := s.Method, 200
		if method == "" {
			method, status = "POST", 201
		}
		app.Do(functiontest.Request{Method: method, Path: s.Path, As: admin, Body: s.Body, Header: map[string]string{"If-Match": "*"}}).Want(status)
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(app.Do(functiontest.Request{Method: "GET", Path: "/v1/archives"}).Want(200).Body, &list); err != nil || len(list.Items) != 6 {
		t.Errorf("%d, %v", len(list.Items), err)
	}
	for _, path := range []string{"/console/archives", "/console/archives/new", "/console/archives/categories", "/console/archives/categories/settlement"} {
		app.Do(functiontest.Request{Method: "GET", Path: path, As: admin}).Want(200)
	}
}

// Of editors who correct one archive at once one wins; what it held first is kept, and one correction is told.
func TestEditorsAtOnce(t *testing.T) {
	for engine, options := range map[string][]functiontest.Option{"SQLite": nil, "PostgreSQL": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			w := newWorld(t, options...)
			v := w.add(w.editor, nil)
			statuses := make([]int, 6)
			var group sync.WaitGroup
			for n := range statuses {
				group.Go(func() {
					body := item(map[string]any{"table": fmt.Sprintf("항목,예산,집행,잔액\n축제,1000000,%d,%d\n", n, 1000000-n), "reason": fmt.Sprintf("%d번째 정정", n)})
					statuses[n] = w.Do(functiontest.Request{Method: "PUT", Path: "/v1/archives/" + v.ID, As: w.editor, Body: body, Header: map[string]string{"If-Match": fmt.Sprintf(`"v%d"`, v.Version)}}).Status
				})
			}
			group.Wait()
			slices.Sort(statuses)
			if !slices.Equal(statuses, []int{200, 412, 412, 412, 412, 412}) {
				t.Error(statuses)
			}
			if is := functiontest.JSON[made](w.call("GET", "/v1/archives/"+v.ID, w.editor, nil).Want(200)); len(is.Corrections) != 1 {
				t.Errorf("%+v", is)
			}
		})
	}
}
