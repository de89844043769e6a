package deadletters_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/deadletters"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
)

const media = "http://broker-filter.knative-eventing.svc.cluster.local/triggers/madang/media-upload-completed-v1/0b6e"

func letter(app *functiontest.App, id, kind string) event.Event {
	return event.Event{
		ID: id, Type: kind, Subject: "thing", Time: app.Now(), Data: []byte(`{"id":"thing"}`), Trace: "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00",
		Failure: &event.Failure{Sink: media, Status: 503, Answer: "나중에 " + strings.Repeat("x", 2000)},
	}
}

type page struct {
	Items []struct {
		ID, EventID, Type, Subject, Consumer, Answer, Trace string
		Status, Times                                       int
		Data                                                map[string]string
	}
	NextCursor string
}

func TestListReadReplayDismiss(t *testing.T) {
	app := functiontest.New(t, deadletters.Function)
	admin := app.Admin()
	for i := range 3 {
		app.Wait(time.Second)
		if status := app.Deliver(letter(app, fmt.Sprint("event/", i), "kr.madang.upload.completed.v1")); status != 204 {
			t.Fatalf("the sink answered %d", status)
		}
	}
	app.Wait(time.Second)
	app.Deliver(letter(app, "event/other", "kr.madang.notice.changed.v1"))

	first := functiontest.JSON[page](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/dead-letters?type=kr.madang.upload.completed.v1&size=2", As: admin}).Want(200))
	if len(first.Items) != 2 || first.Items[0].EventID != "event/2" || first.NextCursor == "" {
		t.Fatalf("%+v", first)
	}
	if i := first.Items[0]; i.Consumer != "media-upload-completed-v1" || i.Status != 503 || i.Times != 1 || i.Answer != "" {
		t.Errorf("%+v", i)
	}
	rest := functiontest.JSON[page](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/dead-letters?type=kr.madang.upload.completed.v1&size=2&cursor=" + first.NextCursor, As: admin}).Want(200))
	if len(rest.Items) != 1 || rest.Items[0].EventID != "event/0" || rest.NextCursor != "" {
		t.Errorf("%+v", rest)
	}
	one := functiontest.JSON[struct {
		Answer, Trace string
		Data          map[string]string
	}](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/dead-letters/" + first.Items[0].ID, As: admin}).Want(200))
	if !strings.HasPrefix(one.Answer, "나중에 xxx") || len(one.Answer) > event.AnswerMost || one.Data["id"] != "thing" || one.Trace == "" {
		t.Errorf("%+v", one)
	}

	app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/dead-letters/" + first.Items[0].ID + "/replay", As: admin}).Want(204)
	if got := app.Events.Take(); len(got) != 1 || got[0].ID != "event/2" || got[0].Failure != nil {
		t.Errorf("%+v", got)
	}
	app.Do(functiontest.Request{Method: "DELETE", Path: "/v1/admin/dead-letters/" + first.Items[1].ID, As: admin}).Want(204)
	r := app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/dead-letters/replay", As: admin, Body: `{"type":"kr.madang.upload.completed.v1"}`}).Want(200)
	if want := `{"replayed":1,"left":1}` + "\n"; string(r.Body) != want {
		t.Errorf("%s", r.Body)
	}
	if types := app.Events.Types(); len(types) != 1 {
		t.Errorf("%v", types)
	}
	want := []string{"POST /v1/admin/dead-letters/{id}/replay", "DELETE /v1/admin/dead-letters/{id}", "POST /v1/admin/dead-letters/replay"}
	if got := app.Audited(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("audited %q", got)
	}
}

func TestRefusals(t *testing.T) {
	app := functiontest.New(t, deadletters.Function)
	admin, editor := app.Admin(), app.Holder(auth.Editor, "")
	missing := "01890000-0000-7000-8000-000000000001"
	for _, row := range []struct {
		method, path, as string
		body             any
		status           int
		code             string
	}{
		{"GET", "/v1/admin/dead-letters", "", nil, 401, "sign-in-required"},
		{"GET", "/v1/admin/dead-letters", editor, nil, 403, "not-allowed"},
		{"POST", "/v1/admin/dead-letters/replay", editor, `{}`, 403, "not-allowed"},
		{"GET", "/v1/admin/dead-letters?size=0", admin, nil, 422, "invalid-input"},
		{"GET", "/v1/admin/dead-letters?size=101", admin, nil, 422, "invalid-input"},
		{"GET", "/v1/admin/dead-letters?cursor=forged", admin, nil, 422, "invalid-input"},
		{"GET", "/v1/admin/dead-letters/" + missing, admin, nil, 404, "not-found"},
		{"GET", "/v1/admin/dead-letters/none", admin, nil, 404, "not-found"},
		{"DELETE", "/v1/admin/dead-letters/" + missing, admin, nil, 404, "not-found"},
		{"DELETE", "/v1/admin/dead-letters/none", admin, nil, 404, "not-found"},
		{"POST", "/v1/admin/dead-letters/" + missing + "/replay", admin, nil, 404, "not-found"},
		{"POST", "/v1/admin/dead-letters/replay", admin, `{"type":"a\u0000"}`, 422, "invalid-input"},
		{"POST", "/v1/admin/dead-letters/replay", admin, nil, 400, "body-missing"},
		{"PUT", "/v1/admin/dead-letters/" + missing, admin, nil, 405, "method-not-allowed"},
	} {
		app.Do(functiontest.Request{Method: row.method, Path: row.path, As: row.as, Body: row.body}).Problem(row.status, row.code)
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/dead-letters", As: admin}).Want(200)
}
