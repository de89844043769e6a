package home_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/functiontest"
)

// The main page has how far the pledges are, what changed last first, and nothing of them while there are none or what shows
// them is switched off.
func TestHomePledges(t *testing.T) {
	c := open(t)
	c.get("/").Want(200).SaysNot(`id="pledges"`)
	write := func(version string, list ...map[string]any) {
		t.Helper()
		c.Do(functiontest.Request{Method: "PUT", Path: "/v1/about", As: c.editor, Header: map[string]string{"If-Match": version}, Body: map[string]any{"pledges": list}}).Want(200)
	}
	pledge := func(title, state string) map[string]any { return map[string]any{"title": title, "state": state} }
	write(`"v1"`, pledge("야간 셔틀", "planned"))
	page := c.get("/").Want(200).Says("공약 1개 가운데 0개를 지켰습니다.", `href="/about#pledges"`)
	page.SaysNot("야간 셔틀")
	c.Wait(time.Hour)
	kept := pledge("프린터 <열 대>", "kept")
	kept["titleEn"], kept["note"] = "Ten printers", "12월에 놓음"
	going := pledge("장학금", "going")
	going["percent"] = 40
	write(`"v2"`, pledge("야간 셔틀", "planned"), kept, going)
	c.get("/").Want(200).Says("공약 3개 가운데 1개를 지켰습니다.", "프린터 &lt;열 대&gt;", "12월에 놓음", "지킴", "진행 중 40%", `href="/about#pledge-`)
	english := string(c.get("/en").Want(200).Says("1 of 3 pledges are kept.", "Ten printers", "40% done", `href="/en/about#pledges"`).Body)
	if !strings.Contains(english, `lang="ko">장학금`) {
		t.Error("a title that is only in Korean is not said to be")
	}
	c.get("/v1/main").Want(200).Says(`"pledges":{"of":3,"kept":1,"items":[{"id":"`)
}
