package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sends asks the API for something as who has these cookies, and returns the id that it answers.
func (h *localHost) sends(method, path, cookies string, body any) string {
	h.t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	for range 20 {
		r, err := http.NewRequestWithContext(h.t.Context(), method, h.address+path, bytes.NewReader(sent))
		if err != nil {
			h.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", cookies)
		r.Header.Set("If-Match", "*")
		response, err := client.Do(r)
		if err != nil {
			h.t.Fatal(err)
		}
		var is struct{ ID string }
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode == http.StatusTooManyRequests {
			time.Sleep(time.Second)
			continue
		}
		if err == nil {
			err = json.Unmarshal(answer, &is)
		}
		if response.StatusCode >= 300 || err != nil {
			h.t.Fatalf("%s %s: %s %v %s", method, path, response.Status, err, answer)
		}
		return is.ID
	}
	h.t.Fatalf("%s %s is refused again and again", method, path)
	return ""
}

// Pages hold what a council writes at its worst: titles of 200 characters with and without a space, 40 tags as long as they may be, and
// more notices than a page has; on a small telephone, in large letters, in the colours of the system alone, and on paper.
func TestCrowded(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	cookies := h.signIn()
	tags := []string{}
	for i := range 40 {
		tags = append(tags, fmt.Sprintf("%02d%s", i, strings.Repeat("가", 18)))
	}
	titles := []string{strings.Repeat("가", 200), strings.TrimSpace(strings.Repeat("긴 제목 ", 40)), strings.Repeat("W", 200), "짧은 글"}
	last := ""
	for i := range 45 {
		last = h.sends(http.MethodPost, "/v1/notices", cookies, map[string]any{
			"unit": "총학", "title": titles[i%len(titles)], "body": strings.Repeat("글", 400) + "\n\n" + strings.Repeat("x", 400), "tags": tags[i%4*10 : i%4*10+10], "publishNow": true,
			"titleEn": strings.Repeat("M", 200), "bodyEn": strings.Repeat("y", 400),
		})
	}
	h.sends(http.MethodPut, "/v1/notices/"+last, cookies, map[string]any{"unit": "총학", "title": strings.Repeat("나", 200), "body": strings.Repeat("글", 300), "tags": tags[:10], "publishNow": true})

	chromium := newBrowser(t, desk)
	for _, d := range []device{narrow, bigText, contrast, paper} {
		p := newVisitor(chromium, t, h, d, cookies)
		for name, path := range map[string]string{
			"main": "/", "notices": "/notices", "tagged": "/notices?tag=" + tags[0], "notice": "/notices/" + last, "notice-en": "/en/notices/" + last, "search": "/search?q=" + strings.Repeat("가", 30),
			"console": "/console", "console-notices": "/console/notices", "console-editor": "/console/notices/" + last, "console-revisions": "/console/notices/" + last + "/revisions", "console-audit": "/console/audit",
		} {
			p.open(path)
			p.holds(d) // letters are set on each page
			p.shot("crowded-" + name)
		}
	}

	p := newVisitor(chromium, t, h, contrast, cookies)
	p.open("/console/notices/" + last + "/revisions")
	if got := eval[string](p, `['old', 'new'].map(side => getComputedStyle(document.querySelector('.diff .' + side)).borderLeftStyle).join()`); got != "dashed,solid" {
		t.Errorf("without colours the sides of a comparison have the lines %s", got)
	}
	p.holds(paper)
	p.open("/console/notices/" + last)
	p.until("the text on paper", `document.querySelector('.preview-body').checkVisibility() && document.querySelector('.preview-body').innerText.includes('글')`)
	if shown := eval[string](p, `[...document.querySelectorAll('textarea, #save, .marks, .drop')].filter(e => e.checkVisibility()).map(e => e.id || e.className).join()`); shown != "" {
		t.Errorf("on paper are %s", shown)
	}
}
