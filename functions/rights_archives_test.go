package functions_test

import (
	"maps"
	"net/url"
	"strings"

	"github.com/madang-council/madang/shared/functiontest"
)

// archive is an archive with a file for an audience, published or a draft; "deleted" is one that was deleted, and of
// "corrected", which the council reads, the file is what was there before.
func (c *council) archive(unit, what string) (id, file string) {
	both := c.once("archive "+unit+" "+what, func() string {
		as := func(method, path string, body any) functiontest.Response {
			return c.Do(functiontest.Request{Method: method, Path: path, As: c.boss.Token, Body: body, Header: map[string]string{"If-Match": "*"}})
		}
		as("PUT", "/v1/admin/archives/categories/settlement", map[string]any{"name": "결산", "audience": "public"}).Want(200)
		audience := map[string]string{"students": "students", "council": "council", "corrected": "council"}[what]
		if audience == "" {
			audience = "public"
		}
		file := c.Upload(functiontest.Upload{Owner: c.boss.ID, Purpose: "record", Name: "결산.pdf", Type: "pdf"})
		id := functiontest.JSON[struct{ ID string }](as("POST", "/v1/archives", archiveOf(unit, audience, what != "draft", file)).Want(201)).ID
		switch what {
		case "deleted":
			as("DELETE", "/v1/archives/"+id, nil).Want(204)
		case "corrected":
			now := archiveOf(unit, audience, true, c.Upload(functiontest.Upload{Owner: c.boss.ID, Purpose: "record", Name: "결산.pdf", Type: "pdf"}))
			now["reason"] = "사유"
			as("PUT", "/v1/archives/"+id, now).Want(200)
		}
		return id + "/" + file
	})
	id, file, _ = strings.Cut(both, "/")
	return id, file
}

func archiveOf(unit, audience string, publish bool, files ...string) map[string]any {
	return map[string]any{"unit": unit, "category": "settlement", "period": "2026-Q1", "title": "결산", "audience": audience, "files": files, "table": "항목,예산,집행,잔액\n가,1,1,0\n", "publish": publish, "masked": true}
}

// archiveQuestions are those of the function archives.
func archiveQuestions() map[string][]question {
	type who = functiontest.Account
	of := func(body func(unit string) any, kinds ...string) []question {
		list := []question{}
		for _, unit := range []string{unitA, unitB} {
			for _, what := range kinds {
				about := what + map[string]string{unitA: " of A", unitB: " of B"}[unit]
				list = append(list, object(about, func(c *council, _ who) string { id, _ := c.archive(unit, what); return id }, body(unit)))
			}
		}
		return list
	}
	none := func(string) any { return nil }
	written := func(unit string) any {
		body := archiveOf(unit, "council", false)
		body["reason"] = "사유"
		return body
	}
	files := []question{}
	for _, what := range []string{"draft", "public", "students", "council"} {
		files = append(files, question{about: what + " of B", send: func(c *council, _ who) sending {
			id, file := c.archive(unitB, what)
			return sending{params: []string{id, file}}
		}})
	}
	adding := []question{}
	for _, unit := range []string{unitA, unitB} {
		adding = append(adding, question{about: map[string]string{unitA: "of A", unitB: "of B"}[unit], send: func(c *council, _ who) sending {
			c.archive(unit, "draft")
			return sending{body: archiveOf(unit, "council", false)}
		}})
	}
	year := func(body any) []question {
		return []question{{send: func(c *council, _ who) sending { c.archive(unitA, "public"); return sending{body: body} }}}
	}
	category := func(body any) []question {
		return []question{{send: func(c *council, _ who) sending {
			c.archive(unitA, "draft")
			return sending{params: []string{"settlement"}, body: body}
		}}}
	}
	bundle := []question{{about: "another's", send: func(c *council, _ who) sending {
		return sending{params: []string{c.once("bundle", func() string {
			c.archive(unitA, "council")
			return functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/archives/bundles", As: c.boss.Token, Body: map[string]any{"year": 2026}}).Want(202)).ID
		})}}
	}}}
	removed := category(nil)
	removed[0].passes = "category-in-use"
	return map[string][]question{
		"POST /v1/archives":                         adding,
		"GET /v1/archives/{id}":                     of(none, "draft", "public", "students", "council", "deleted"),
		"PUT /v1/archives/{id}":                     append(of(written, "draft", "public", "council", "deleted"), object("of A, to B", func(c *council, _ who) string { id, _ := c.archive(unitA, "draft"); return id }, written(unitB))),
		"DELETE /v1/archives/{id}":                  of(none, "draft", "public", "council"),
		"GET /v1/archives/{id}/files/{file}":        files,
		"POST /v1/admin/archives/{id}/restore":      of(none, "deleted", "public"),
		"POST /v1/admin/archives/table":             body(map[string]any{"table": "항목,예산,집행,잔액\n가,1,1,0\n"}, ""),
		"PUT /v1/admin/archives/categories":         body(map[string]any{"categories": []any{}}, "category-in-use"),
		"PUT /v1/admin/archives/categories/{id}":    category(map[string]any{"name": "결산", "audience": "public"}),
		"DELETE /v1/admin/archives/categories/{id}": removed,
		"POST /v1/archives/bundles":                 year(map[string]any{"year": 2026}),
		"GET /v1/archives/bundles/{id}":             bundle,
		"GET /archives/{id}":                        of(none, "draft", "public", "students", "council", "deleted"),
		"GET /archives/{id}/table.csv":              of(none, "draft", "public", "students", "council", "deleted"),
		"POST /archives/bundles":                    year(url.Values{"year": {"2026"}}),
		"GET /archives/bundles/{id}":                bundle,
		"GET /console/archives/{id}":                of(none, "draft", "public", "council"),
		"GET /console/archives/categories/{id}":     category(nil),
	}
}

// recordQuestions are those of the files of archives, by the address that every upload has.
func recordQuestions() []question {
	list := []question{}
	for _, unit := range []string{unitA, unitB} {
		for _, what := range []string{"draft", "public", "students", "council", "deleted", "corrected"} {
			about := "a record, " + what + " of " + map[string]string{unitA: "A", unitB: "B"}[unit]
			list = append(list, object(about, func(c *council, _ functiontest.Account) string { _, file := c.archive(unit, what); return file }, nil))
		}
	}
	return list
}

// with adds questions to a list.
func with(list map[string][]question, more ...map[string][]question) map[string][]question {
	for _, m := range more {
		maps.Copy(list, m)
	}
	return list
}
