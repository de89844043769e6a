package functions_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/calendar"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// Who follows an old address to what was taken down is told so for a month, and then that there is no such page; of what was
// never public nothing is told.
func TestTakenDown(t *testing.T) {
	for path, spec := range map[string]function.Spec{"/notices/": notices.Function, "/calendar/": calendar.Function} {
		t.Run(spec.Name, func(t *testing.T) {
			d := functiontest.New(t, spec)
			admin := d.Admin()
			do := func(method, path string, body any, status int) functiontest.Response {
				t.Helper()
				return d.Do(functiontest.Request{Method: method, Path: path, As: admin, Body: body, Header: map[string]string{"If-Match": "*"}}).Want(status)
			}
			made := func(more map[string]any) string {
				t.Helper()
				body := map[string]any{"unit": "총학", "title": "알림", "body": "글", "category": "총학생회", "starts": d.Now().Add(time.Hour)}
				if spec.Name == "notices" {
					delete(body, "category")
					delete(body, "starts")
				} else {
					delete(body, "body")
				}
				for name, value := range more {
					body[name] = value
				}
				return functiontest.JSON[struct{ ID string }](do("POST", "/v1"+path[:len(path)-1], body, 201)).ID
			}
			see := func(id string) functiontest.Response {
				return d.Do(functiontest.Request{Method: http.MethodGet, Path: path + id, Header: map[string]string{"Accept": "text/html"}})
			}
			now := map[string]any{}
			if spec.Name == "notices" {
				now["publishAt"] = d.Now()
			}
			deleted := made(now)
			see(deleted).Want(200)
			d.Wait(time.Minute)
			do("DELETE", "/v1"+path+deleted, nil, 204)
			see(deleted).Want(410).Says("지금은 없는 페이지입니다", "총학생회가 내린 글입니다").SaysNot("알림")
			see("1" + deleted[1:]).Want(404)
			d.Wait(thing.GoneFor - time.Second)
			see(deleted).Want(410)
			d.Wait(time.Second)
			see(deleted).Want(404).SaysNot("내린 글")
			if spec.Name != "notices" {
				return
			}
			draft, scheduled := made(map[string]any{"publishAt": nil}), made(map[string]any{"publishAt": d.Now().Add(time.Hour)})
			for _, id := range []string{draft, scheduled} {
				see(id).Want(404)
				do("DELETE", "/v1"+path+id, nil, 204)
				see(id).Want(404)
			}
			over := made(map[string]any{"publishAt": d.Now(), "unpublishAt": d.Now().Add(time.Hour)})
			d.Wait(time.Hour)
			see(over).Want(410) // nobody wrote
			d.Wait(thing.GoneFor)
			see(over).Want(404)
		})
	}
}
