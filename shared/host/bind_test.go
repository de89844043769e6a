package host_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// What several requests of these tests share, two structs deep.
type (
	place struct {
		ID string `path:"id"`
	}
	edition struct {
		place
		IfMatch string `header:"If-Match"`
	}
	paging struct {
		Cursor string   `query:"cursor"`
		Size   *int64   `query:"size"`
		Tags   []string `query:"tag"`
	}
	content struct {
		Title string  `json:"title,omitempty"`
		Lines []lines `json:"lines,omitempty"`
	}
	lines struct {
		Text string `json:"text"`
	}
	filled struct {
		edition
		Content content `json:"-"`
		content
		Note string `json:"note,omitempty"`
		paging
	}
	sheet struct {
		place
		Boxes
		Name string `form:"name"`
	}
	// Boxes is exported, as what other packages give to be embedded.
	Boxes struct {
		Public bool     `form:"public"`
		Kinds  []string `form:"kind"`
	}
	streamed struct {
		place
		whole
	}
	whole struct {
		Stream function.Body `body:"text/plain"`
	}
)

// said is what a handler got, as text.
type said struct {
	Got string `json:"got"`
}

func say[T any](_ context.Context, r *T) (*said, error) {
	raw, err := json.Marshal(r)
	return &said{string(raw)}, err
}

var embedding = function.Spec{
	Name: "embedding", Doc: "A function of the tests.",
	New: func(function.Deps) function.Parts {
		return function.Parts{Routes: []function.Route{
			{Method: "PUT", Path: "/v1/texts/{id}", Doc: "Takes everything.", Access: function.Anyone, Do: function.Do(func(_ context.Context, r *filled) (*said, error) {
				raw, err := json.Marshal([]any{r.ID, r.IfMatch, r.content, r.Note, r.paging})
				return &said{string(raw)}, err
			})},
			{Method: "POST", Path: "/v1/sheets/{id}", Doc: "Takes a form.", Access: function.Anyone, Do: function.Do(func(_ context.Context, r *sheet) (*said, error) {
				raw, err := json.Marshal([]any{r.ID, r.Public, r.Kinds, r.Name})
				return &said{string(raw)}, err
			})},
			{Method: "PUT", Path: "/v1/streams/{id}", Doc: "Takes a stream.", Access: function.Anyone, Do: function.Do(func(_ context.Context, r *streamed) (*said, error) {
				raw := make([]byte, 5)
				n, err := r.Stream.Reader.Read(raw)
				if n < 5 {
					return nil, err
				}
				return &said{r.ID + string(raw)}, nil
			})},
			{Method: "GET", Path: "/v1/texts", Doc: "Takes a query.", Access: function.Anyone, Do: function.Do(say[struct{ paging }])},
		}}
	},
}

func TestEmbeddedFieldsAreBound(t *testing.T) {
	app := functiontest.New(t, embedding)
	for _, row := range []struct {
		method, path string
		body         any
		want         string
	}{
		{"PUT", "/v1/texts/7?cursor=c&size=5&tag=a&tag=b", `{"title":"가","lines":[{"text":"x"}],"note":"n"}`, `["7","\"v1\"",{"title":"가","lines":[{"text":"x"}]},"n",{"Cursor":"c","Size":5,"Tags":["a","b"]}]`},
		{"PUT", "/v1/texts/7", `{}`, `["7","\"v1\"",{},"",{"Cursor":"","Size":null,"Tags":null}]`},
		{"POST", "/v1/sheets/7", url.Values{"name": {"n"}, "public": {"on"}, "kind": {"a", "b"}}, `["7",true,["a","b"],"n"]`},
		{"PUT", "/v1/streams/7", "bytes", `7bytes`},
		{"GET", "/v1/texts?size=3", nil, `{"Cursor":"","Size":3,"Tags":null}`},
	} {
		r := app.Do(functiontest.Request{Method: row.method, Path: row.path, Body: row.body, Header: map[string]string{"If-Match": `"v1"`}}).Want(200)
		if got := functiontest.JSON[said](r).Got; got != row.want {
			t.Errorf("%s %s: %s, want %s", row.method, row.path, got, row.want)
		}
	}
}

// Lines of one header are one list.
func TestHeaderLinesAreJoined(t *testing.T) {
	app := functiontest.New(t, embedding)
	r := httptest.NewRequest(http.MethodPut, "/v1/texts/7", strings.NewReader(`{}`))
	r.Header = http.Header{"Content-Type": {"application/json"}, "If-Match": {`"v1"`, `"v2"`}}
	w := httptest.NewRecorder()
	app.Host().ServeHTTP(w, r)
	var got said
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !strings.HasPrefix(got.Got, `["7","\"v1\", \"v2\"",`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestEmbeddedFieldsAreRefused(t *testing.T) {
	app := functiontest.New(t, embedding)
	for _, row := range []struct {
		method, path string
		body         any
		fields       string
	}{
		{"PUT", "/v1/texts/7?size=x", `{"title":1,"lines":[{"none":1}],"content":{},"Title":"a"}`, "title:wrong-type lines:wrong-type content:unknown-field Title:unknown-field size:wrong-type"},
		{"PUT", "/v1/texts/7", `{"title":"a","title":"b","ID":"8","id":"8"}`, "title:repeated-field ID:unknown-field id:unknown-field"},
		{"POST", "/v1/sheets/7", url.Values{"name": {"a", "b"}, "Boxes": {"x"}, "id": {"8"}}, "Boxes:unknown-field id:unknown-field name:repeated-field"},
		{"GET", "/v1/texts?size=x", nil, "size:wrong-type"},
	} {
		r := app.Do(functiontest.Request{Method: row.method, Path: row.path, Body: row.body}).Problem(422, "invalid-input")
		if got := strings.Join(r.Fields(), " "); got != row.fields {
			t.Errorf("%s %s: %s, want %s", row.method, row.path, got, row.fields)
		}
	}
}

// A request type that nobody could bind is refused when its function is wired, which every
// test of the function does.
func TestUnboundRequestsAreMistakes(t *testing.T) {
	type other struct {
		Name string `query:"cursor"`
	}
	for what, request := range map[string]any{
		"two fields are query \"cursor\"": struct {
			paging
			other
		}{},
		"two fields are path \"id\"": struct {
			place
			ID string `path:"id"`
		}{},
		"two fields are json \"title\"": struct {
			content
			Title string `json:"title"`
		}{},
		"two fields are body": struct {
			A function.Body `body:"text/csv"`
			B function.Body `body:"text/plain"`
		}{},
		"no media type": struct{ A function.Body }{},
		"a stream leaves nothing": struct {
			whole
			content
		}{},
		"not both": struct {
			content
			Boxes
		}{},
		"embedded by a pointer": struct{ *Boxes }{},
		"export it": struct {
			name string `query:"name"`
		}{},
		"does not come from text": struct {
			Size float64 `query:"size"`
		}{},
		"may be nil": struct {
			Name *string `json:"name"`
		}{},
	} {
		if _, err := function.Inputs(reflect.TypeOf(request)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%T: %v, want %q", request, err, what)
		}
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "two fields") {
			t.Errorf("no panic that says what is wrong: %q", text)
		}
	}()
	function.Do(func(context.Context, *struct {
		paging
		other
	},
	) (*function.None, error) {
		return nil, nil
	})
}

// Whatever a body, a query or a header says, what is bound is what was sent, or it is refused with a problem.
func FuzzBind(f *testing.F) {
	for _, body := range []string{`{"title":"가","lines":[{"text":"x"}],"note":"n"}`, `{}`, `{"title":1e999,"note":"\ud800"}`, `{"title":"a","title":"b"}`, strings.Repeat("[", 500), "name=n&public=on&kind=a&kind=%zz", "name=%00;kind", "\xff", `{"lines":[null,{"text":"a","text":"b"}]} x`} {
		f.Add(body, "cursor=c&size=5&tag=a&tag=b", `"v1"`, "a=b; __Host-madang=x", "application/json")
		f.Add(body, "size=99999999999999999999&tag=%ff", `W/"v1", *`, "\"", "application/x-www-form-urlencoded; charset=x")
	}
	app := functiontest.New(f, embedding)
	h := app.Host()
	f.Fuzz(func(t *testing.T, body, query, match, cookies, media string) {
		for method, path := range map[string]string{http.MethodPut: "/v1/texts/7", http.MethodPost: "/v1/sheets/7", http.MethodGet: "/v1/texts"} {
			app.Wait(time.Second) // nobody is too often
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.URL.RawQuery = query
			r.Header = http.Header{"Content-Type": {media}, "If-Match": {match}, "Cookie": {cookies}}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) || w.Code >= 500 || w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%s: %d %v %s", method, w.Code, w.Header(), w.Body)
			}
		}
	})
}
