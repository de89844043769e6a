package browser

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
)

const npmPackages = "task checkers"

// page is an address of a function that answers HTML, and who looks at it.
type page struct {
	path   string
	member bool // as the admin, signed in
}

func (p page) String() string {
	if p.member {
		return p.path + " (admin)"
	}
	return p.path
}

// cookie is what it is asked for with, of those of the admin.
func (p page) cookie(ofAdmin string) string {
	if p.member {
		return ofAdmin
	}
	return ""
}

// pages are all pages of all functions: as a guest where a guest gets one, and as the admin.
func pages(t *testing.T, h *localHost) []page {
	t.Helper()
	h.watched()
	list := []page{{path: "/none"}, {path: "/en/none"}} // the edge's own
	cookies := h.signIn()
	fill := strings.NewReplacer("/banners/{id}", "/banners/"+h.first("/v1/banners", cookies), "/members/{id}", "/members/"+h.first("/v1/admin/members", cookies), "{id}", h.notice())
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			path := fill.Replace(route.Path)
			if !route.HTML || route.Method != http.MethodGet || strings.Contains(path, "{") {
				continue
			}
			for _, p := range []page{{path: path}, {path: path, member: true}} {
				if body, header := h.read(path, p.cookie(cookies)); strings.HasPrefix(header.Get("Content-Type"), "text/html") && body != "" {
					list = append(list, p)
				}
			}
		}
	}
	if len(list) < 30 {
		t.Fatalf("only %d pages: %v", len(list), list)
	}
	return list
}

// Every page is HTML as the standard has it (the W3C's Nu checker).
func TestMarkup(t *testing.T) {
	java := needed(t, "java", "Debian: default-jre-headless")
	jar := needed(t, "testdata/checkers/node_modules/vnu-jar/build/dist/vnu.jar", npmPackages)
	h := checked(t)
	dir, names := t.TempDir(), map[string]string{}
	list, cookies := pages(t, h), h.signIn()
	for i, p := range list {
		body, _ := h.read(p.path, p.cookie(cookies))
		name := filepath.Join(dir, string(rune('a'+i/26))+string(rune('a'+i%26))+".html")
		names["file:"+name] = p.String()
		if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, _ := exec.CommandContext(t.Context(), java, "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", "--skip-non-html", dir).Output()
	var said struct {
		Messages []struct{ Type, SubType, URL, Message, Extract string }
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, m := range said.Messages {
		if m.Type != "info" || m.SubType == "warning" {
			t.Errorf("%s: %s: %s", names[m.URL], m.Message, m.Extract)
		}
	}
	t.Logf("%d pages looked at", len(names))
}

// No page shuts anybody out, as far as a program can tell (axe), in both colour schemes and
// in the size of a telephone; and none is wider than that.
func TestAccessibility(t *testing.T) {
	source, err := os.ReadFile(needed(t, "testdata/checkers/node_modules/axe-core/axe.min.js", npmPackages))
	if err != nil {
		t.Fatal(err)
	}
	needed(t, "chromium", "Debian: chromium")
	h := checked(t)
	list := pages(t, h)
	for _, d := range []device{desk, {name: "phone-dark", width: 390, height: 844, mobile: true, dark: true, language: "ko-KR"}} {
		t.Run(d.name, func(t *testing.T) {
			guest, admin := newPerson(t, h, d), newPerson(t, h, d)
			admin.open("/sign-in")
			admin.fill("전자우편", h.email)
			admin.fill("비밀번호", h.password)
			admin.leave(enter())
			for _, page := range list {
				p := guest
				if page.member {
					p = admin
				}
				p.open(page.path)
				p.fits()
				eval[any](p, string(source)+`; true`)
				for _, v := range eval[[]violation](p, `axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => n.html + ' ' + n.failureSummary) })))`, awaited) {
					t.Errorf("%v: %s: %s\n%s", page, v.ID, v.Help, strings.Join(v.Nodes, "\n"))
				}
			}
		})
	}
	t.Logf("%d pages looked at", len(list))
}

type violation struct {
	ID, Help string
	Nodes    []string
}

// Lighthouse gives every page 100 for accessibility and for best practices: guests' pages as
// a guest gets them, the others as the admin does. English ones are of the same templates.
// Thirty pages take longer than all other tests together, so they are asked for alone.
func TestLighthouse(t *testing.T) {
	if os.Getenv("LIGHTHOUSE") == "" {
		t.Skip("LIGHTHOUSE is not set: Lighthouse is asked for alone (task lighthouse), as CI does")
	}
	needed(t, "testdata/checkers/node_modules/lighthouse/package.json", npmPackages)
	type asked struct {
		URL    string `json:"url"`
		Cookie string `json:"cookie"`
		Speed  bool   `json:"speed"`
	}
	chromium := needed(t, "chromium", "Debian: chromium")
	h := checked(t)
	all := pages(t, h)
	list := slices.DeleteFunc(slices.Clone(all), func(p page) bool {
		return function.LanguageOf(p.path) == "en" || p.path == "/none" || p.member && slices.Contains(all, page{path: p.path})
	})
	for part := range slices.Chunk(list, 20) { // a session's access token lasts for a quarter of an hour
		cookies, ask := h.signIn(), []asked{}
		for _, p := range part {
			ask = append(ask, asked{URL: h.address + p.path, Cookie: p.cookie(cookies), Speed: p.path == "/"})
		}
		for _, got := range answers[struct {
			URL    string
			Scores map[string]int
			Failed []string
			Bytes  float64
			Error  string
		}](t, nil, ask, "lighthouse.mjs", chromium) {
			if got.Error != "" || got.Scores["accessibility"] < 100 || got.Scores["best-practices"] < 100 {
				t.Errorf("%s: %v %s %v", got.URL, got.Scores, got.Error, got.Failed)
			}
			t.Logf("%s %v %.0f bytes", strings.TrimPrefix(got.URL, h.address), got.Scores, got.Bytes)
		}
	}
}

// answers are what one of the checkers' programs says of each thing that it is asked, both
// as JSON, a line each.
func answers[Answer, Asked any](t *testing.T, env []string, asked []Asked, program string, args ...string) []Answer {
	t.Helper()
	var input bytes.Buffer
	encode := json.NewEncoder(&input)
	for _, a := range asked {
		if err := encode.Encode(a); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), needed(t, "node", "Debian: nodejs"), append([]string{program}, args...)...)
	command.Dir, command.Env, command.Stdin, command.Stderr = "testdata/checkers", append(os.Environ(), env...), &input, os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
	list := []Answer{}
	for decode := json.NewDecoder(bytes.NewReader(out)); decode.More(); {
		var a Answer
		if err := decode.Decode(&a); err != nil {
			t.Fatalf("%s: %v: %s", program, err, out)
		}
		list = append(list, a)
	}
	if len(list) != len(asked) {
		t.Fatalf("%s: %d of %d pages were looked at", program, len(list), len(asked))
	}
	return list
}
