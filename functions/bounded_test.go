package functions_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
)

// several is more than there are pages of what is there: what makes one more of each spelling is
// seen.
const several = 6

// Nobody makes pages without end: whatever is asked, of each address one spelling is kept,
// and none that shows nothing. What is there is one notice with one tag, so that each
// parameter of each page has at most one value that is a page, and each path one.
func TestPagesAreBoundedByTheContent(t *testing.T) {
	t.Parallel() // it takes a minute, beside the others that do
	writer := functiontest.New(t, notices.Function)
	id := writer.Notice(writer.Editor(), map[string]any{"title": "알림", "tags": []string{"장학"}, "unit": "총학"})
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Page == nil || function.LanguageOf(route.Path) == "en" { // whose handler and parameters are the Korean page's
				continue
			}
			app := functiontest.New(t, spec, functiontest.WithDB(writer.DB))
			ask := func(address string) {
				app.Do(functiontest.Request{Method: http.MethodGet, Path: address})
			}
			path := strings.ReplaceAll(route.Path, "{id}", id)
			for _, name := range append([]string{"utm_source", "x"}, route.Page.Query...) {
				for _, value := range spellings(name) {
					ask(path + "?" + url.Values{name: {value}}.Encode())
				}
			}
			if strings.Contains(route.Path, "{") {
				for i := range several {
					other, err := check.NewID()
					if err != nil {
						t.Fatal(err)
					}
					for _, parameter := range []string{other, id + fmt.Sprint(i), id + "%3Fx=" + fmt.Sprint(i), id + "%2F" + fmt.Sprint(i), id + "%20", strings.ToUpper(id), "%00" + id, fmt.Sprint(i)} {
						ask(filled(route.Path, parameter))
					}
				}
			}
			seen := map[string]string{}
			for key := range stored(t, app) {
				_, query, _ := page.Address(key)
				for name, values := range query {
					if before, known := seen[name]; known && before != values[0] {
						t.Errorf("%s: both %q and %q are kept as %s: write what was understood back into the request, or say PageUnkept, in functions/%s", route.Path, before, values[0], name, spec.Name)
					}
					seen[name] = values[0]
				}
			}
			if n := len(stored(t, app)); n > 2+len(seen) {
				t.Errorf("%s: %d pages are kept for one notice", route.Path, n)
			}
		}
	}
}

// filled is a path with each of its parameters replaced.
func filled(path, parameter string) string {
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + parameter + after
	}
	return path
}

// spellings are values for a parameter: what exists in several spellings, and what does not.
func spellings(name string) []string {
	there := map[string]string{"tag": "장학", "unit": "총학"}[name]
	list := []string{"0", "00", "020", "20", "1e1", "-1", "true", "\x00", "\n", "a\x7f", strings.Repeat("가", 200), "\xff", "％", "/", "?", "&", "%"}
	for i := range several {
		list = append(list, fmt.Sprint("x", i), there+fmt.Sprint(i), there+strings.Repeat(" ", i), strings.Repeat("\t", i)+there)
	}
	return append(list, norm.NFD.String(there), there+"\u200b", "\u3000"+there)
}
