package functions_test

import (
	"github.com/madang-council/madang/shared/functiontest"
)

// happens is an event of a unit; "deleted" is one that was deleted.
func (c *council) happens(unit, what string) string {
	return c.once("event "+unit+" "+what, func() string {
		as := func(method, path string, body any) functiontest.Response {
			return c.Do(functiontest.Request{Method: method, Path: path, As: c.boss.Token, Body: body, Header: map[string]string{"If-Match": "*"}})
		}
		id := functiontest.JSON[struct{ ID string }](as("POST", "/v1/calendar", eventOf(unit)).Want(201)).ID
		if what == "deleted" {
			as("DELETE", "/v1/calendar/"+id, nil).Want(204)
		}
		return id
	})
}

func eventOf(unit string) any {
	return map[string]any{"unit": unit, "category": "총학생회", "title": "총회", "starts": "2026-03-05T18:00:00+09:00"}
}

// calendarQuestions are those of the function calendar.
func calendarQuestions() map[string][]question {
	type who = functiontest.Account
	of := func(body func(unit string) any, kinds ...string) []question {
		list := []question{}
		for _, unit := range []string{unitA, unitB} {
			for _, what := range kinds {
				about := what + map[string]string{unitA: " of A", unitB: " of B"}[unit]
				list = append(list, object(about, func(c *council, _ who) string { return c.happens(unit, what) }, body(unit)))
			}
		}
		return list
	}
	none := func(string) any { return nil }
	adding, imports := []question{}, []question{}
	for _, unit := range []string{unitA, unitB} {
		about := map[string]string{unitA: "of A", unitB: "of B"}[unit]
		adding = append(adding, question{about: about, send: func(*council, who) sending { return sending{body: eventOf(unit)} }})
		imports = append(imports, question{about: about, send: func(*council, who) sending {
			return sending{media: "multipart/form-data; boundary=b", body: "--b\r\nContent-Disposition: form-data; name=\"unit\"\r\n\r\n" + unit +
				"\r\n--b\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\n학사\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n제목,시작\n" + unit + " 개강,2026-03-02\n\r\n--b--\r\n"}
		}})
	}
	return map[string][]question{
		"GET /v1/calendar":                        {{send: func(*council, who) sending { return sending{query: "?from=2026-03-01&to=2026-03-31"} }}},
		"POST /v1/calendar":                       adding,
		"GET /v1/calendar/{id}":                   of(none, "there", "deleted"),
		"PUT /v1/calendar/{id}":                   append(of(eventOf, "there", "deleted"), object("of A, to B", func(c *council, _ who) string { return c.happens(unitA, "there") }, eventOf(unitB))),
		"DELETE /v1/calendar/{id}":                of(none, "there"),
		"GET /v1/admin/calendar":                  {{}, {about: "deleted", send: func(*council, who) sending { return sending{query: "?state=deleted"} }}},
		"POST /v1/admin/calendar/{id}/restore":    of(none, "deleted", "there"),
		"POST /v1/admin/calendar/imports":         imports,
		"POST /v1/admin/calendar/imports/preview": imports,
		"GET /calendar/{id}":                      of(none, "there", "deleted"),
		"GET /calendar/{id}/event.ics":            of(none, "there", "deleted"),
		"GET /console/calendar/{id}":              of(none, "there"),
	}
}
