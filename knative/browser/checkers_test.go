package browser

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const npmPackages = "task checkers"

// Every page is HTML as the standard has it (the W3C's Nu checker).
func TestMarkup(t *testing.T) {
	t.Parallel()
	java := needed(t, "java", "Debian: default-jre-headless")
	jar := needed(t, "testdata/checkers/node_modules/vnu-jar/build/dist/vnu.jar", npmPackages)
	h := checked(t)
	list, cookies, dir := views(t, h), h.signIn(), t.TempDir()
	file := func(v view) string {
		return filepath.Join(dir, strconv.Itoa(slices.Index(list, v))+".html")
	}
	for _, v := range list {
		body, _ := h.read(v.path, v.cookie(cookies))
		if err := os.WriteFile(file(v), []byte(body), 0o644); err != nil {
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
	byFunction(t, list, func(t *testing.T, list []view) {
		for _, v := range list {
			for _, m := range said.Messages {
				if m.URL == "file:"+file(v) && (m.Type != "info" || m.SubType == "warning") {
					t.Errorf("%s: %s: %s", v, m.Message, m.Extract)
				}
			}
		}
	})
	if slices.ContainsFunc(said.Messages, func(m struct{ Type, SubType, URL, Message, Extract string }) bool { return m.URL == "" }) {
		t.Errorf("the checker failed: %s", out)
	}
	t.Logf("%d pages looked at", len(list))
}

// No page shuts anybody out, as far as a program can tell (axe): Korean at a desk by day,
// English on a telephone by night, and what else a template shows there too. None is wider
// than what it is looked at through: a small telephone, letters of twice their size, the colours of
// a contrast theme, a sheet of paper.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(needed(t, "testdata/checkers/node_modules/axe-core/axe.min.js", npmPackages))
	if err != nil {
		t.Fatal(err)
	}
	h := checked(t)
	list, chromium := views(t, h), newBrowser(t, desk)
	night := phone
	night.name, night.dark = "phone-dark", true
	byFunction(t, list, func(t *testing.T, list []view) {
		t.Parallel()
		people := map[string]*person{}
		through := func(d device, v view) *person {
			key := d.name + v.cookie(" signed in")
			if people[key] == nil {
				cookies := ""
				if v.member {
					cookies = h.signIn() // a session's access token lasts for a quarter of an hour, its proof for ten minutes
				}
				people[key] = newVisitor(chromium, t, h, d, cookies)
			}
			return people[key]
		}
		for _, v := range list {
			d := desk
			if v.english() || v.state != "" {
				d = night
			}
			p := through(d, v)
			p.open(v.path)
			p.at(v.path)
			eval[any](p, string(source)+`; true`)
			for _, violation := range eval[[]violation](p, `axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => n.html + ' ' + n.failureSummary) })))`, awaited) {
				t.Errorf("%v at a %s: %s: %s\n%s", v, d.name, violation.ID, violation.Help, strings.Join(violation.Nodes, "\n"))
			}
			p.shot(v.picture())
			if d.name == desk.name {
				for _, other := range []device{night, narrow, bigText, contrast, paper} {
					p.holds(other)
					p.shot(v.picture())
				}
				p.holds(desk)
			}
		}
	})
	t.Logf("%d pages looked at", len(list))
}

type violation struct {
	ID, Help string
	Nodes    []string
}

// Lighthouse gives every template 100 for accessibility and for best practices, and what
// search engines shall find 100 for that, on a telephone: what its first visitor sees, in
// Korean. How fast the main page is, is printed: TestWeight judges what makes it so. Each
// takes some seconds, most of them waiting, so they are asked for alone.
func TestLighthouse(t *testing.T) {
	if os.Getenv("LIGHTHOUSE") == "" {
		t.Skip("LIGHTHOUSE is not set: Lighthouse is asked for alone (task lighthouse), as CI does")
	}
	every := os.Getenv("LIGHTHOUSE") == "speed" // of each template, one after another; of the main page alone otherwise
	needed(t, "testdata/checkers/node_modules/lighthouse/package.json", npmPackages)
	type asked struct {
		URL    string `json:"url"`
		Cookie string `json:"cookie"`
		Speed  bool   `json:"speed"`
		Found  bool   `json:"found"`
	}
	chromium := needed(t, "chromium", "Debian: chromium")
	h := checked(t)
	list := slices.DeleteFunc(views(t, h), func(v view) bool { return v.english() || v.state != "" || v.status != http.StatusOK })
	byFunction(t, list, func(t *testing.T, list []view) {
		if !every {
			t.Parallel()
		}
		cookies, ask := h.signIn(), []asked{} // a session's access token lasts for a quarter of an hour
		for _, v := range list {
			body, _ := h.read(v.path, v.cookie(cookies))
			ask = append(ask, asked{URL: h.address + v.path, Cookie: v.cookie(cookies), Speed: v.path == "/" || every, Found: !strings.Contains(body, `<meta name="robots" content="noindex">`)})
		}
		for _, got := range answers[struct {
			URL    string
			At     string
			Scores map[string]int
			Failed []string
			Slow   []string
			Bytes  float64
			Error  string
		}](t, nil, ask, "lighthouse.mjs", chromium) {
			if got.At != got.URL {
				t.Errorf("%s was asked for, and %s was looked at", got.URL, got.At)
			}
			if got.Error != "" || got.Scores["accessibility"] < 100 || got.Scores["best-practices"] < 100 || lacks(got.Scores, "seo") {
				t.Errorf("%s: %v %s %v", got.URL, got.Scores, got.Error, got.Failed)
			}
			t.Logf("%s %v %.0f bytes %s", strings.TrimPrefix(got.URL, h.address), got.Scores, got.Bytes, strings.Join(got.Slow, ", "))
		}
	})
	t.Logf("%d templates looked at", len(list))
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

// lacks says whether a score was asked for and is not whole.
func lacks(scores map[string]int, category string) bool {
	score, asked := scores[category]
	return asked && score < 100
}
