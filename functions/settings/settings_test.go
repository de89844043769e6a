package settings_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/functions/settings"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/functiontest"
)

type answer struct {
	Name, Slogan, Mark, Colour, Pattern, Phone, Instagram, Officer, OfficerContact string
	Brand                                                                          face.Brand
	OnField                                                                        struct{ Light, Dark float64 }
	AsChosen                                                                       bool
	Version                                                                        int64
}

func body(changed map[string]string) map[string]string {
	b := map[string]string{"name": "솔뫼대학교 총학생회", "colour": "#1d4a9c", "pattern": "mul"}
	maps.Copy(b, changed)
	return b
}

func put(app *functiontest.App, as, match string, b any) functiontest.Response {
	r := functiontest.Request{Method: "PUT", Path: "/v1/admin/face", As: as, Body: b, Header: map[string]string{}}
	if match != "" {
		r.Header["If-Match"] = match
	}
	return app.Do(r)
}

func each(t *testing.T, test func(t *testing.T, app *functiontest.App)) {
	t.Run("sqlite", func(t *testing.T) { test(t, functiontest.New(t, settings.Function)) })
	t.Run("postgres", func(t *testing.T) { test(t, functiontest.New(t, settings.Function, functiontest.OnPostgres)) })
}

func TestFace(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin := app.Admin()
		read := func() functiontest.Response {
			return app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/face", As: admin}).Want(200)
		}
		first := functiontest.JSON[answer](read())
		if first.Name != "마당대학교 총학생회" || first.Colour != "#0b5f49" || first.Pattern != "dol" || first.Version != 1 || first.OnField.Light < 4.5 || !first.AsChosen {
			t.Errorf("before one is set: %+v", first)
		}
		put(app, admin, "", body(nil)).Problem(428, "if-match-required")
		is := functiontest.JSON[answer](put(app, admin, `"v1"`, body(map[string]string{
			"slogan": " 말보다 먼저, 나란히 섭니다. ", "phone": "031-555-0138", "instagram": "@solmoe_nr", "officer": " 김마당 사무국장 ", "officerContact": "privacy@solmoe.ac.kr", "mark": `<svg viewBox="0 0 40 40"><path d="M3 34 14 7" fill="#fff" onclick="x"/></svg>`,
		})).Want(200))
		if is.Version != 2 || is.Slogan != "말보다 먼저, 나란히 섭니다." || is.Instagram != "solmoe_nr" || is.Officer != "김마당 사무국장" || is.OfficerContact != "privacy@solmoe.ac.kr" || is.Brand.Light.Field != "#1d4a9c" || is.Brand.Dark == first.Brand.Dark ||
			!strings.Contains(is.Mark, `fill="currentColor"`) || strings.Contains(is.Mark, "onclick") {
			t.Errorf("%+v", is)
		}
		if again := functiontest.JSON[answer](read()); again != is {
			t.Errorf("%+v, want %+v", again, is)
		}
		put(app, admin, `"v1"`, body(nil)).Problem(412, "version-stale")
		same := functiontest.JSON[answer](put(app, admin, `"v2"`, body(map[string]string{"mark": is.Mark})).Want(200))
		if same.Mark != is.Mark || same.Slogan != "" || same.Officer != "" {
			t.Errorf("a mark that is sent as it was is drawn another time, or what is left out stays: %+v", same)
		}
		if read().Header.Get("ETag") != `"v3"` {
			t.Error("no version to change")
		}
	})
}

func TestRefused(t *testing.T) {
	app := functiontest.New(t, settings.Function)
	admin := app.Admin()
	for field, c := range map[string]struct{ value, code string }{
		"name": {"", "required"}, "nameEn": {strings.Repeat("a", 61), "too-long"}, "short": {"일곱글자입니다", "too-long"}, "colour": {"green", "malformed"},
		"pattern": {"swastika", "unknown"}, "phone": {"전화", "malformed"}, "email": {"nobody", "malformed"}, "instagram": {"https://x", "malformed"}, "officer": {strings.Repeat("가", 41), "too-long"}, "mark": {"<p>", "malformed"},
	} {
		r := put(app, admin, `"v1"`, body(map[string]string{field: c.value}))
		r.Problem(422, "invalid-input")
		if got := string(r.Body); !strings.Contains(got, `"field":"`+field+`"`) {
			t.Errorf("%s %s: %s", field, c.code, got)
		}
	}
	for _, hex := range []string{"", "%23fff", "green"} {
		app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/face/colours?colour=" + hex, As: admin}).Want(422)
	}
	got := functiontest.JSON[answer](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/face/colours?colour=%23808080", As: admin}).Want(200))
	if got.OnField.Light < 4.5 || got.AsChosen {
		t.Errorf("on grey: %+v", got)
	}
	unit := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "총학"}}}).Token
	for _, as := range []string{"", app.Member(functiontest.Member{Verified: true}).Token, unit} {
		if r := put(app, as, `"v1"`, body(nil)); r.Status != 401 && r.Status != 403 {
			t.Errorf("%d", r.Status)
		}
	}
}

// A mark is shown before it is kept exactly as it would be: what is drawn of an SVG is what a saved one shows, and it is
// refused in the same words.
func TestDrawMark(t *testing.T) {
	app := functiontest.New(t, settings.Function)
	admin := app.Admin()
	draw := func(as, svg string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/face/mark", As: as, Body: map[string]string{"name": "마당", "mark": svg}})
	}
	html := func(r functiontest.Response) string {
		return functiontest.JSON[struct{ HTML string }](r.Want(200)).HTML
	}
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" onload="x()"><script>x()</script><path d="M0 0h10v10z" fill="red"/></svg>`
	kept := functiontest.JSON[answer](put(app, admin, `"v1"`, body(map[string]string{"mark": svg})).Want(200)).Mark
	if got := html(draw(admin, svg)); !strings.Contains(got, kept) || strings.Contains(got, "x()") || kept == "" {
		t.Errorf("%s is drawn, and %s kept", got, kept)
	}
	if got := html(draw(admin, kept)); !strings.Contains(got, kept) {
		t.Errorf("what is kept is drawn as %s", got)
	}
	if got := html(draw(admin, "")); !strings.Contains(got, ">마<") {
		t.Errorf("without an SVG: %s", got)
	}
	for _, wrong := range []string{"<p>", "<svg/>", strings.Repeat("a", 40_000)} {
		said := put(app, admin, `"v2"`, body(map[string]string{"mark": wrong})).Problem(422, "invalid-input").Fields()
		if got := draw(admin, wrong).Problem(422, "invalid-input").Fields(); !slices.Equal(got, said) {
			t.Errorf("%.20s: %v, and saving says %v", wrong, got, said)
		}
	}
	draw("", svg).Want(401)
}

// Of several who change one version the first wins.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin, statuses := app.Admin(), make([]int, 8)
		var group sync.WaitGroup
		for i := range statuses {
			group.Go(func() { statuses[i] = put(app, admin, `"v1"`, body(nil)).Status })
		}
		group.Wait()
		won := 0
		for _, status := range statuses {
			if status == 200 {
				won++
			} else if status != 412 {
				t.Errorf("%d", status)
			}
		}
		if won != 1 {
			t.Errorf("%d have won: %v", won, statuses)
		}
	})
}

func TestDesk(t *testing.T) {
	app := functiontest.New(t, settings.Function)
	page := string(app.Do(functiontest.Request{Method: "GET", Path: "/console/settings", As: app.Admin()}).Want(200).Body)
	for _, want := range []string{`id="field-colour"`, `data-version="1"`, `data-action="/v1/admin/face"`, "마당대학교 총학생회", `id="field-officer"`, "비워 두면: 마당대학교 총학생회 회장"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
