package notices_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/functiontest"
)

func TestRender(t *testing.T) {
	d := open(t)
	const body = "**곧** 보입니다.\n\n<script>alert(1)</script>[나가기](javascript:alert(1))"
	path := "/v1/admin/notices/render"
	got := functiontest.JSON[item](d.call(d.editor, "POST", path, map[string]string{"body": body}).Want(200)).HTML
	saved := d.write("같은 글", map[string]any{"body": body})
	if got != saved.HTML || strings.Contains(got, "<script") || strings.Contains(got, "<a") {
		t.Errorf("%s\nsaved as\n%s", got, saved.HTML)
	}
	d.call(d.editor, "POST", path, map[string]string{"body": strings.Repeat("가", 100_001)}).Problem(422, "invalid-input")
	d.call("", "POST", path, map[string]string{"body": body}).Problem(401, "sign-in-required")
	d.call(d.Member(functiontest.Member{}).Token, "POST", path, map[string]string{"body": body}).Problem(403, "not-allowed")
	if audited := d.Audited(); len(audited) != 1 {
		t.Errorf("looking at a text leaves a record: %v", audited)
	}
}
