package functions_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// rightsFile says in the folder of a function who may do what: a line for each operation and
// each kind of object that it is about, a column for each kind of principal. It is read by
// people, who answer for it.
const rightsFile = "rights.txt"

// rightsHead says what the file says.
const rightsHead = `# Who may do what, as functions/rights_test.go asks it: ok, 401 sign in first, 403 not allowed, 404 hidden.
# ed-A, mod-A and adm-A are editor, moderator and admin of unit A; editor, moder. and admin those of
# the whole council; adm-1f an admin without the second factor, ended one whose term is over, susp. a
# suspended one. Objects are of unit A, of unit B, of the whole council (all), one's own or another's.
`

var writeRights = flag.Bool("rights", false, "write what operations answer now to the "+rightsFile+" of each function, to be read before it is committed")

// The units of principals and objects: unit A is the principals' own.
const (
	unitA = "총학"
	unitB = "동연"
)

// nowhere is the address of an issuer that is away.
const nowhere = "http://127.0.0.1:1"

// principal is a kind of who asks: a column.
type principal struct {
	name      string
	member    *functiontest.Member // nil for a guest
	second    bool                 // a second factor was given
	suspended bool
}

func principals(now time.Time) []principal {
	holder := func(r auth.Role, unit string, until time.Time) *functiontest.Member {
		return &functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: r, Unit: unit, Until: until}}}
	}
	never := time.Time{}
	return []principal{
		{name: "guest"},
		{name: "member", member: &functiontest.Member{}},
		{name: "student", member: &functiontest.Member{Verified: true}},
		{name: "ed-A", member: holder(auth.Editor, unitA, never)},
		{name: "mod-A", member: holder(auth.Moderator, unitA, never)},
		{name: "adm-A", member: holder(auth.Admin, unitA, never), second: true},
		{name: "editor", member: holder(auth.Editor, "", never)},
		{name: "moder.", member: holder(auth.Moderator, "", never)},
		{name: "admin", member: holder(auth.Admin, "", never), second: true},
		{name: "adm-1f", member: holder(auth.Admin, "", never)},            // an admin who signed in without the second
		{name: "ended", member: holder(auth.Admin, "", now), second: true}, // an admin whose term is over
		{name: "susp.", member: holder(auth.Admin, "", never), suspended: true, second: true},
	}
}

// council is the product as it runs, with what its operations are about.
type council struct {
	*functiontest.App
	made  map[string]string // what there is to be asked about, until something changed
	boss  functiontest.Account
	again map[string]functiontest.Account // principals, until they changed something

	issuer    string // where the issuer is asked that is called away
	rulebooks int    // how many were made
	addresses int    // of channels
}

// TestRights asks every operation as everybody about what is theirs, another unit's and the
// whole council's. Each answer is a cell of a file: a missing line, one too many and another
// answer fail.
func TestRights(t *testing.T) {
	t.Parallel() // it takes a minute, beside the others that do
	c := council{
		App: functiontest.New(t, uploads.Function, functiontest.Beside(functions.All()...), functiontest.WithSettings(func(s *function.Settings) {
			s.AdminNeedsTOTP = true
			s.Issuers = []function.Issuer{{Name: "away", URL: nowhere, ClientID: "x"}}
		})),
		made: map[string]string{}, again: map[string]functiontest.Account{}, issuer: nowhere,
	}
	columns, all := principals(c.Now()), allQuestions()
	c.boss = c.account(t, principal{name: "boss", member: &functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}}, second: true})
	known := map[string]bool{}
	for _, spec := range functions.All() {
		routes := spec.Build(function.Deps{}).Routes
		for _, route := range routes {
			known[route.Action()] = true
		}
		t.Run(spec.Name, func(t *testing.T) { c.function(t, spec, routes, all, columns) })
	}
	for action := range all {
		if !known[action] {
			t.Errorf("there is no operation %s: take it from questions in functions/rights_test.go", action)
		}
	}
}

// function asks the operations of one function.
func (c *council) function(t *testing.T, spec function.Spec, routes []function.Route, all map[string][]question, columns []principal) {
	t.Helper()
	path := filepath.Join(spec.Name, rightsFile)
	written, asked, lines := readRights(t, path, columns), map[string]bool{}, []string{}
	for _, route := range routes {
		list, known := all[route.Action()]
		if !known {
			list = usual(spec, route)
		}
		if len(list) == 0 {
			t.Errorf("%s is not asked: add it to questions in functions/rights_test.go, and its lines to functions/%s", route.Action(), path)
		}
		for _, q := range list {
			name, cells := strings.TrimSpace(route.Action()+"  "+q.about), []string{}
			for _, p := range columns {
				cells = append(cells, c.ask(t, route, q, p))
			}
			if !asked[name] {
				lines = append(lines, rightsLine(name, cells))
			}
			asked[name] = true
			switch want, there := written[name]; {
			case *writeRights:
			case !there:
				t.Errorf("functions/%s has no line\n%s\nread it, and have it written: go test ./functions -run 'TestRights/%s$' -rights", path, rightsLine(name, cells), spec.Name)
			case !slices.Equal(cells, want):
				t.Errorf("%s %s answers\n%s, and functions/%s says\n%s\nmend the Access of the route or what refuses in the store; where the change is meant: go test ./functions -run 'TestRights/%s$' -rights", route.Method, route.Path, rightsLine(name, cells), path, rightsLine(name, want), spec.Name)
			}
		}
	}
	for name := range written {
		if !asked[name] && !*writeRights {
			t.Errorf("nothing is asked for the line %q: take it from functions/%s", name, path)
		}
	}
	if !*writeRights || len(lines) == 0 {
		return
	}
	names := []string{}
	for _, p := range columns {
		names = append(names, p.name)
	}
	text := rightsHead + rightsLine("#", names) + "\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// usual are the questions of an operation that none are written for: one that reads, and whose
// path says all, is asked as it is; one about one thing, or that makes one, is asked with what
// the function is seeded with, for each unit.
func usual(spec function.Spec, route function.Route) []question {
	_, parameters, _ := strings.Cut(route.Path, "{")
	if route.Method == http.MethodGet && parameters == "" {
		return []question{{}}
	}
	if spec.Seed == nil || parameters != "" && (!strings.HasSuffix(route.Path, "/{id}") || strings.Contains(parameters, "{")) {
		return nil
	}
	seeds := spec.Seed(function.Ground{Now: functiontest.Start})
	if len(seeds) == 0 || parameters == "" && seeds[0].Path != route.Path {
		return nil
	}
	of := func(unit string) map[string]any {
		content := maps.Clone(seeds[0].Body)
		content["unit"] = unit
		return content
	}
	one := func(about, unit string, content map[string]any) question {
		return question{about: about, send: func(c *council, _ functiontest.Account) sending {
			s := sending{}
			if route.Do.Takes(function.InJSON) {
				s.body = content
			}
			if parameters != "" {
				s.params = []string{c.once(spec.Name+" "+unit, func() string {
					return functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: http.MethodPost, Path: seeds[0].Path, As: c.boss.Token, Body: of(unit)}).Want(http.StatusCreated)).ID
				})}
			}
			return s
		}}
	}
	list := []question{one("of A", unitA, of(unitA)), one("of B", unitB, of(unitB))}
	if parameters != "" && route.Do.Takes(function.InJSON) {
		list = append(list, one("of A, to B", unitA, of(unitB)))
	}
	return list
}

// rightsLine is a line of the file.
func rightsLine(name string, cells []string) string {
	line := fmt.Sprintf("%-76s", name)
	for _, cell := range cells {
		line += fmt.Sprintf(" %-7s", cell)
	}
	return strings.TrimRight(line, " ")
}

// readRights are the cells of a file, by operation and object; none where there is no file.
func readRights(t *testing.T, path string, columns []principal) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	written := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(words) == 0 {
			continue
		}
		if len(words) < len(columns)+2 {
			t.Fatalf("%s: %s needs %d cells", path, line, len(columns))
		}
		first := len(words) - len(columns)
		name := strings.TrimSpace(words[0] + " " + words[1] + "  " + strings.Join(words[2:first], " "))
		if written[name] != nil {
			t.Errorf("%s: two lines for %s", path, name)
		}
		written[name] = words[first:]
	}
	return written
}

// account is a principal as an account, signed in; none for a guest.
func (c *council) account(t *testing.T, p principal) functiontest.Account {
	t.Helper()
	if p.member == nil {
		return functiontest.Account{}
	}
	if a, there := c.again[p.name]; there {
		return a
	}
	a := c.Member(*p.member)
	if p.second {
		c.exec(`UPDATE sessions SET totp_at = $1 WHERE id = $2`, clock.Millis(c.Now()), a.Session)
	}
	if p.suspended {
		c.exec(`UPDATE members SET suspended_at = $1 WHERE id = $2`, clock.Millis(c.Now()), a.ID)
	}
	c.again[p.name] = a
	return a
}

func (c *council) exec(query string, args ...any) {
	if _, err := c.DB.Exec(c.Context(), query, args...); err != nil {
		panic(err)
	}
}

// ask is a cell: what an operation answers to a principal.
func (c *council) ask(t *testing.T, route function.Route, q question, p principal) string {
	t.Helper()
	who := c.account(t, p)
	s := sending{}
	if q.send != nil {
		s = q.send(c, who)
	}
	path := route.Path
	for _, value := range s.params {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + value + after
	}
	if strings.Contains(path, "{") {
		t.Fatalf("%s: a parameter is missing", route.Path)
	}
	header := map[string]string{"If-Match": "*"}
	if s.media != "" {
		header["Content-Type"] = s.media
	}
	c.Server.FlushAll() // nobody is too often
	r := c.Do(functiontest.Request{Method: route.Method, Path: path + s.query, As: who.Token, Body: s.body, Header: header})
	code, outside := r.Code(), who.Token == "" && route.Access.String() != "anyone" || p.suspended
	switch {
	case outside && r.Status == http.StatusSeeOther && strings.HasPrefix(function.Korean(r.Header.Get("Location")), "/sign-in"):
		return "401" // a page leads there
	case r.Status < 400 || slices.Contains(strings.Fields(q.passes), code):
		if route.Method != http.MethodGet {
			clear(c.made)
			delete(c.again, p.name)
		}
		return "ok"
	case slices.Contains([]string{"sign-in-required", "session-ended", "not-allowed", "second-factor-required", "own-role", "verification-required", "address-unconfirmed", "not-found", "withdrawn"}, code):
		return fmt.Sprint(r.Status)
	default:
		t.Errorf("%s %s about %s as %s is neither taken nor refused: %d %s %v", route.Method, path+s.query, q.about, p.name, r.Status, code, r.Fields())
		return fmt.Sprint(r.Status)
	}
}

// question is what an operation is asked about.
type question struct {
	about  string // as the file calls it; "" where there is nothing to choose
	passes string // codes that are no refusals of rights, where the operation cannot be taken to its end here
	send   func(c *council, who functiontest.Account) sending
}

// sending is what is sent.
type sending struct {
	params []string // of the path, in their order
	query  string
	body   any
	media  string
}

// plain sends the same whoever asks.
func plain(s sending) func(*council, functiontest.Account) sending {
	return func(*council, functiontest.Account) sending { return s }
}

// allQuestions are those of every function.
func allQuestions() map[string][]question {
	return with(questions(), archiveQuestions(), calendarQuestions(), channelQuestions(), minuteQuestions(), notifyQuestions(), reviewQuestions())
}

// body asks with a body, about nothing to choose.
func body(b any, passes string) []question {
	return []question{{passes: passes, send: plain(sending{body: b})}}
}

// object is something by its id.
func object(about string, id func(c *council, who functiontest.Account) string, b any) question {
	return question{about: about, send: func(c *council, who functiontest.Account) sending {
		return sending{params: []string{id(c, who)}, body: b}
	}}
}

// once makes something, unless it is there.
func (c *council) once(name string, make func() string) string {
	if c.made[name] == "" {
		c.made[name] = make()
	}
	return c.made[name]
}

func (c *council) notice(unit string, published bool) string {
	return c.once(fmt.Sprint("notice ", unit, published), func() string {
		fields := map[string]any{"unit": unit, "publishAt": nil, "title": "글"}
		if published {
			fields["publishAt"] = c.Now()
		}
		return c.Notice(c.boss.Token, fields)
	})
}

// moved is a draft of one unit that was another's before.
func (c *council) moved(from, to string) string {
	return c.once("moved "+from+to, func() string {
		id := c.Notice(c.boss.Token, map[string]any{"unit": from, "publishAt": nil, "title": "글"})
		c.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + id, As: c.boss.Token, Body: map[string]any{"unit": to, "title": "글"}, Header: map[string]string{"If-Match": "*"}}).Want(200)
		return id
	})
}

func (c *council) deleted(unit string) string {
	return c.once("deleted "+unit, func() string {
		id := c.Notice(c.boss.Token, map[string]any{"unit": unit, "title": "글"})
		c.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notices/" + id, As: c.boss.Token, Header: map[string]string{"If-Match": "*"}}).Want(204)
		return id
	})
}

func (c *council) picture(owner string) string {
	return c.Upload(functiontest.Upload{Owner: owner, Name: "그림.png", Type: "png", Width: 320, Height: 180})
}

func (c *council) banner(unit string, later bool) string {
	return c.once(fmt.Sprint("banner ", unit, later), func() string {
		fields := map[string]any{"unit": unit, "alt": "그림", "link": "/", "image": c.picture(c.boss.ID)}
		if later {
			fields["from"] = c.Now().Add(time.Hour)
		}
		return functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.boss.Token, Body: fields}).Want(201)).ID
	})
}

// rulebook is the slug of one of a unit whose only version is a draft or promulgated.
func (c *council) rulebook(unit string, promulgated bool) string {
	return c.once(fmt.Sprint("rulebook ", unit, promulgated), func() string {
		c.rulebooks++
		slug := fmt.Sprint("rules-", c.rulebooks)
		post := func(path string, body map[string]any, status int) {
			c.Do(functiontest.Request{Method: "POST", Path: path, As: c.boss.Token, Body: body, Header: map[string]string{"If-Match": "*"}}).Want(status)
		}
		post("/v1/rules", map[string]any{"slug": slug, "unit": unit, "title": "회칙"}, 201)
		post("/v1/rules/"+slug+"/versions", map[string]any{"kind": "enactment", "effectiveOn": "2026-03-01", "source": "제1조(목적) 글"}, 201)
		if promulgated {
			post("/v1/rules/"+slug+"/versions/1/promulgate", map[string]any{"promulgatedOn": "2026-03-01"}, 200)
		}
		return slug
	})
}

// ruleVersion is the id of the only version of a rulebook.
func (c *council) ruleVersion(unit string) string {
	slug := c.rulebook(unit, false)
	id, err := database.One(c.Context(), c.DB, database.Value[string], `SELECT v.id FROM rule_versions v JOIN rulebooks b ON b.id = v.book_id WHERE b.slug = $1`, slug)
	if err != nil {
		panic(err)
	}
	return id
}

// shown is another's picture that is used in some units.
func (c *council) shown(units ...string) string {
	return c.once("shown "+strings.Join(units, " "), func() string {
		id := c.picture(c.boss.ID)
		for _, unit := range units {
			c.Notice(c.boss.Token, map[string]any{"unit": unit, "publishAt": nil, "title": "글", "attachments": []string{id}})
		}
		return id
	})
}

func (c *council) proof() string {
	return c.once("proof", func() string { return c.Upload(functiontest.Upload{Purpose: "proof", Name: "증명.jpg", Type: "jpg"}) })
}

// someone is a student whom principals are not.
func (c *council) someone(grants ...auth.Grant) functiontest.Account {
	name := fmt.Sprint("someone ", grants)
	if _, there := c.again[name]; !there || c.made[name] == "" {
		c.again[name] = c.Member(functiontest.Member{Verified: true, Grants: grants})
		c.made[name] = c.again[name].ID
	}
	return c.again[name]
}

// oldNotices is a form with a notice from elsewhere.
func oldNotices() sending {
	return sending{body: "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntitle,date,unit\n글,2024-03-02," + unitA + "\n\r\n--b--\r\n", media: "multipart/form-data; boundary=b"}
}

func (c *council) letter() string {
	return c.once("letter", func() string {
		id := c.someone().ID
		c.exec(`INSERT INTO dead_letters (id, event_id, type, subject, data, trace, happened_at, sink, status, answer, times, first_at, last_at)
			VALUES ($1, $1, 'kr.madang.notice.changed.v1', '', '{}', '', 1, '', 500, '', 1, 1, 1)`, id)
		return id
	})
}

// begun is an upload that somebody began.
func (c *council) begun(who functiontest.Account) string {
	if who.Token == "" {
		who = c.boss
	}
	r := c.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads", As: who.Token, Body: started("proof")})
	if r.Status != http.StatusCreated {
		return c.begun(c.boss)
	}
	return functiontest.JSON[struct{ ID string }](r).ID
}

func started(purpose string) map[string]any {
	return map[string]any{"purpose": purpose, "name": "나.png", "size": 100, "sha256": strings.Repeat("0", 64)}
}

// form is an upload of a file that is none, in one request.
func form(purpose string) sending {
	var b bytes.Buffer
	for _, part := range [][2]string{{`"purpose"`, purpose}, {`"file"; filename="a.png"`, "x"}} {
		fmt.Fprintf(&b, "--b\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n", part[0], part[1])
	}
	b.WriteString("--b--\r\n")
	return sending{body: b.String(), media: "multipart/form-data; boundary=b"}
}

// questions are what operations are asked, by Route.Action. Without a line an operation that
// reads, and whose path says all, is asked as it is.
func questions() map[string][]question {
	type who = functiontest.Account
	notice := func(unit string, published bool) func(*council, who) string {
		return func(c *council, _ who) string { return c.notice(unit, published) }
	}
	banner := func(unit string, later bool) func(*council, who) string {
		return func(c *council, _ who) string { return c.banner(unit, later) }
	}
	written := func(unit string) map[string]any { return map[string]any{"unit": unit, "title": "글"} }
	ofNotice := func(b func(unit string) any) []question {
		return []question{
			object("draft of A", notice(unitA, false), b(unitA)), object("published of A", notice(unitA, true), b(unitA)),
			object("draft of B", notice(unitB, false), b(unitB)), object("published of B", notice(unitB, true), b(unitB)),
		}
	}
	none := func(string) any { return nil }
	ofRules := func(drafts, promulgated bool, b any, params ...string) []question {
		list := []question{}
		for _, of := range []struct {
			about, unit string
			promulgated bool
		}{{"draft of A", unitA, false}, {"draft of B", unitB, false}, {"promulgated of A", unitA, true}, {"promulgated of B", unitB, true}} {
			if of.promulgated && promulgated || !of.promulgated && drafts {
				list = append(list, question{about: of.about, send: func(c *council, _ who) sending {
					return sending{params: append([]string{c.rulebook(of.unit, of.promulgated)}, params...), body: b}
				}})
			}
		}
		return list
	}
	history := func(b any, params ...string) []question {
		list := []question{}
		for about, units := range map[string][2]string{"of A": {unitA, unitA}, "of B": {unitB, unitB}, "of A, before of B": {unitB, unitA}, "of B, before of A": {unitA, unitB}} {
			list = append(list, question{about: about, send: func(c *council, _ who) sending {
				return sending{params: append([]string{c.moved(units[0], units[1])}, params...), body: b}
			}})
		}
		slices.SortFunc(list, func(a, b question) int { return strings.Compare(a.about, b.about) })
		return list
	}
	ofBanner := func(b func(unit, image string) any) []question {
		list := []question{}
		for _, unit := range []string{unitA, unitB} {
			for _, later := range []bool{false, true} {
				about := map[bool]string{false: "shown", true: "later"}[later] + map[string]string{unitA: " of A", unitB: " of B"}[unit]
				list = append(list, question{about: about, send: func(c *council, w who) sending {
					return sending{params: []string{c.banner(unit, later)}, body: b(unit, c.picture(cmp.Or(w.ID, c.boss.ID)))}
				}})
			}
		}
		return list
	}
	noBody := func(string, string) any { return nil }
	someone := func(c *council, _ who) string { return c.someone().ID }
	letter := func(c *council, _ who) string { return c.letter() }
	role := func(about, of, unit string, own bool) question {
		return question{about: about, send: func(c *council, w who) sending {
			id := c.someone().ID
			if own && w.ID != "" {
				id = w.ID
			}
			return sending{params: []string{id, of}, body: map[string]any{"unit": unit}}
		}}
	}
	taken := func(about string, of auth.Role, unit string, own bool) question {
		return question{about: about, send: func(c *council, w who) sending {
			id := c.someone(auth.Grant{Role: of, Unit: unit}).ID
			if own && w.ID != "" {
				id = w.ID
			}
			return sending{params: []string{id, string(of)}, query: "?" + url.Values{"unit": {unit}}.Encode()}
		}}
	}
	mine := func(purpose string) func(*council, who) string {
		return func(c *council, w who) string {
			return c.Upload(functiontest.Upload{Owner: cmp.Or(w.ID, c.boss.ID), Purpose: purpose, Name: "나.png", Type: "png"})
		}
	}
	another := func(units ...string) func(*council, who) string {
		return func(c *council, _ who) string { return c.shown(units...) }
	}
	proof := func(c *council, _ who) string { return c.proof() }
	record := func(c *council, _ who) string {
		return c.once("record", func() string {
			return c.Upload(functiontest.Upload{Purpose: "record", Name: "결산.pdf", Type: "pdf"})
		})
	}
	begun := func(c *council, w who) string { return c.begun(w) }
	begunByAnother := func(c *council, _ who) string { return c.begun(c.boss) }
	alt := map[string]string{"alt": "봄"}
	named := func(page, prefix string) func(*council, who) sending {
		return func(c *council, _ who) sending {
			_, rest, _ := strings.Cut(string(c.Do(functiontest.Request{Method: "GET", Path: page, As: c.boss.Token}).Body), `"`+prefix+"/")
			address, _, _ := strings.Cut(rest, `"`)
			return sending{params: strings.Split(address, "/")}
		}
	}
	empty := url.Values{}
	linked := func(body any) []question {
		return []question{{passes: "last-way-in", send: func(c *council, w who) sending {
			if w.ID != "" {
				c.exec(`INSERT INTO oidc_links (issuer, subject, member_id, linked_at) VALUES ($1, $2, $2, 0) ON CONFLICT DO NOTHING`, c.issuer, w.ID)
			}
			return sending{params: []string{"away"}, body: body}
		}}}
	}
	withCode := func(q question, code string) question { q.passes = code; return q }
	return map[string][]question{
		"POST /v1/auth/sessions":                     body(map[string]any{"email": "", "password": ""}, "invalid-input"),
		"POST /v1/auth/sessions/refresh":             body(map[string]any{}, "session-ended"),
		"DELETE /v1/auth/sessions/current":           {{}},
		"DELETE /v1/auth/sessions":                   {{}},
		"DELETE /v1/auth/sessions/{id}":              {object("mine", func(c *council, w who) string { return cmp.Or(w.Session, c.boss.Session) }, nil), object("another's", func(c *council, _ who) string { return c.someone().Session }, nil)},
		"POST /v1/auth/password":                     body(map[string]any{"new": ""}, "invalid-input"),
		"POST /v1/auth/password/forgotten":           body(map[string]any{"email": "nobody@example.com"}, ""),
		"POST /v1/auth/password/reset":               body(map[string]any{"token": "x", "password": "푸른 나무 아래 일곱 마리"}, "reset-ended"),
		"POST /v1/auth/second-factor":                body(map[string]any{}, ""),
		"POST /v1/auth/second-factor/confirm":        body(map[string]any{"code": "000000"}, "second-factor-off"),
		"POST /v1/auth/second-factor/verify":         body(map[string]any{"code": "000000"}, "second-factor-off"),
		"POST /v1/auth/second-factor/recovery-codes": body(map[string]any{}, "second-factor-off"),
		"DELETE /v1/auth/second-factor":              body(map[string]any{}, "second-factor-off"),
		"POST /v1/auth/proof":                        body(map[string]any{}, "sign-in-again"),
		"POST /v1/auth/email":                        body(map[string]any{"email": ""}, "invalid-input"),
		"POST /v1/auth/email/confirm":                body(map[string]any{"code": "000000"}, "code-ended"),
		"GET /v1/auth/oidc/{issuer}":                 {{passes: "temporarily-unavailable", send: plain(sending{params: []string{"away"}})}},
		"POST /v1/auth/oidc/{issuer}/link":           {{passes: "temporarily-unavailable", send: plain(sending{params: []string{"away"}, body: map[string]any{}})}},
		"GET /v1/auth/oidc/{issuer}/callback":        {{passes: "oidc-flow-ended", send: plain(sending{params: []string{"away"}})}},
		"POST /v1/auth/oidc/second-factor":           body(map[string]any{"code": "000000"}, "oidc-flow-ended"),
		"POST /v1/auth/oidc/sign-up":                 body(map[string]any{"policyVersion": "", "privacy": true}, "oidc-flow-ended"),
		"POST /v1/auth/oidc/return":                  body(map[string]any{}, "oidc-flow-ended"),
		"DELETE /v1/auth/oidc/{issuer}":              linked(map[string]any{}),

		"POST /v1/banners": {
			{about: "of A", send: func(c *council, w who) sending {
				return sending{body: bannerOf(unitA, c.picture(cmp.Or(w.ID, c.boss.ID)))}
			}},
			{about: "of B", send: func(c *council, w who) sending {
				return sending{body: bannerOf(unitB, c.picture(cmp.Or(w.ID, c.boss.ID)))}
			}},
		},
		"PUT /v1/admin/notices/templates":  body(map[string]any{"templates": []any{}}, ""),
		"PUT /v1/about":                    body(map[string]any{"body": "글"}, ""),
		"POST /v1/admin/roster/comparison": {{send: plain(sending{body: "20260001,김학생\n", media: "text/csv"})}},
		"PUT /v1/banners/order":            {{passes: "banners-changed", send: plain(sending{body: map[string]any{"ids": []string{"x"}}})}},
		"PUT /v1/banners/{id}": append(ofBanner(bannerOf), question{about: "of A, to B", send: func(c *council, w who) sending {
			return sending{params: []string{c.banner(unitA, false)}, body: bannerOf(unitB, c.picture(cmp.Or(w.ID, c.boss.ID)))}
		}}),
		"DELETE /v1/banners/{id}":           ofBanner(noBody),
		"GET /v1/banners/{id}/click":        {object("shown", banner(unitB, false), nil), object("later", banner(unitA, true), nil)},
		"GET /v1/admin/banners/{id}/clicks": ofBanner(noBody),
		"GET /console/banners/{id}":         ofBanner(noBody),

		"GET /console/assets/{hash}/{name}": {{send: named("/console", "/console/assets")}},
		"GET /assets/{hash}/{name}":         {{send: named("/privacy", "/assets")}},
		"GET /brand/{hash}/{name}":          {{send: plain(sending{params: []string{"old", "wall.svg"}})}},

		"PUT /v1/admin/face":         body(map[string]any{"name": "이름", "colour": "#0b5f49", "pattern": "dol"}, ""),
		"GET /v1/admin/face/colours": {{send: plain(sending{query: "?colour=%230b5f49"})}},
		"POST /v1/admin/face/mark":   body(map[string]any{"name": "이름"}, ""),

		"GET /v1/admin/policies/{domain}":         {{send: plain(sending{params: []string{"site"}})}},
		"GET /v1/admin/policies/{domain}/history": {{send: plain(sending{params: []string{"site"}})}},
		"GET /console/policies/{domain}":          {{send: plain(sending{params: []string{"site"}})}},
		"PUT /v1/admin/policies/{domain}":         {{send: plain(sending{params: []string{"site"}, body: map[string]any{"values": map[string]any{"banner": ""}}})}},
		"DELETE /v1/admin/policies/{domain}/{name}": {{send: func(c *council, _ who) sending {
			from := c.Now().Add(time.Hour)
			c.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: c.boss.Token, Header: map[string]string{"If-Match": "*"}, Body: map[string]any{"from": from, "values": map[string]any{"banner": "곧"}}}).Want(200)
			return sending{params: []string{"site", "banner"}, query: "?" + url.Values{"from": {from.Format(time.RFC3339Nano)}}.Encode()}
		}}},

		"POST /v1/admin/dead-letters/replay":      body(map[string]any{}, ""),
		"GET /v1/admin/dead-letters/{id}":         {object("", letter, nil)},
		"DELETE /v1/admin/dead-letters/{id}":      {object("", letter, nil)},
		"POST /v1/admin/dead-letters/{id}/replay": {object("", letter, nil)},
		"GET /feeds/{file}":                       {{send: plain(sending{params: []string{"all.rss"}})}},
		"GET /sitemaps/{file}":                    {{send: plain(sending{params: []string{"pages.xml"}})}},
		"GET /v1/search":                          {{send: plain(sending{query: "?q=ab"})}},
		"GET /v1/search/suggest":                  {{send: plain(sending{query: "?q=ab"})}},
		"POST /v1/admin/search/reindex":           body(map[string]any{}, ""),
		"POST /v1/admin/sweep":                    body(map[string]any{}, ""),

		"POST /v1/members":            body(map[string]any{}, "invalid-input"),
		"PATCH /v1/members/me":        body(map[string]any{"name": "이름"}, ""),
		"DELETE /v1/members/me":       body(map[string]any{}, "last-admin"),
		"POST /v1/members/me/return":  body(map[string]any{"email": "", "password": ""}, "invalid-input"),
		"PUT /v1/members/me/consents": body(map[string]any{"policyVersion": "2026-03-01", "privacy": true}, ""),
		"POST /v1/members/me/verification/mail": {{passes: "already-verified", send: func(_ *council, w who) sending {
			return sending{body: map[string]any{"email": "s" + cmp.Or(w.ID, "x") + "@madang.ac.kr"}}
		}}},
		"POST /v1/members/me/verification/mail/confirm": body(map[string]any{"code": "000000"}, "code-ended"),
		"POST /v1/members/me/verification/roster":       body(map[string]any{"studentNumber": "1", "name": "가"}, "invalid-input"),
		"PUT /v1/admin/roster":                          {{send: plain(sending{body: "20260001,김학생\n", media: "text/csv"})}},
		"GET /v1/admin/members":                         {{}, {about: "by address", send: func(c *council, _ who) sending { return sending{query: "?email=" + c.someone().Email} }}},
		"GET /v1/admin/members/{id}":                    {object("", someone, nil)},
		"POST /v1/admin/members/{id}/verification": {{send: func(c *council, _ who) sending {
			id := c.Member(functiontest.Member{}).ID
			return sending{params: []string{id}, body: map[string]any{"studentNumber": id[16:]}}
		}}},
		"PUT /v1/admin/members/{id}/roles/{role}": {
			role("editor of A", "editor", unitA, false), role("admin of A", "admin", unitA, false), role("editor of B", "editor", unitB, false),
			role("editor of all", "editor", "", false), role("admin of all", "admin", "", false), role("mine, editor of A", "editor", unitA, true), role("mine, admin of all", "admin", "", true),
		},
		"DELETE /v1/admin/members/{id}/roles/{role}": {
			taken("editor of A", auth.Editor, unitA, false), taken("admin of A", auth.Admin, unitA, false), taken("editor of B", auth.Editor, unitB, false),
			taken("editor of all", auth.Editor, "", false), taken("admin of all", auth.Admin, "", false), taken("mine, admin of A", auth.Admin, unitA, true), taken("mine, admin of all", auth.Admin, "", true),
		},
		"POST /v1/admin/members/{id}/suspend":         {object("", someone, nil)},
		"POST /v1/admin/members/{id}/restore":         {object("", someone, nil)},
		"DELETE /v1/admin/members/{id}/second-factor": {object("", someone, nil)},
		"GET /console/members":                        {{}, {about: "by address", send: func(c *council, _ who) sending { return sending{query: "?q=" + c.someone().Email} }}, {about: "by name", send: plain(sending{query: "?q=%EA%B9%80"})}},
		"GET /console/members/{id}":                   {object("", someone, nil)},
		"GET /console/members/roles":                  {{}},
		"GET /v1/admin/roles":                         {{}},

		"POST /v1/admin/notices/imports":                    {{send: plain(oldNotices())}},
		"POST /v1/admin/notices/imports/preview":            {{send: plain(oldNotices())}},
		"POST /v1/notices":                                  {{about: "of A", send: plain(sending{body: written(unitA)})}, {about: "of B", send: plain(sending{body: written(unitB)})}},
		"GET /v1/notices/{id}":                              ofNotice(none),
		"PUT /v1/notices/{id}":                              append(ofNotice(func(unit string) any { return written(unit) }), object("draft of A, to B", notice(unitA, false), written(unitB))),
		"DELETE /v1/notices/{id}":                           ofNotice(none),
		"GET /v1/notices/{id}/revisions":                    ofNotice(none),
		"POST /v1/notices/{id}/preview":                     ofNotice(none),
		"GET /v1/notices/{id}/revisions/{number}":           history(nil, "1"),
		"GET /v1/notices/{id}/revisions/{number}/diff/{to}": history(nil, "1", "2"),
		"POST /v1/notices/{id}/revisions/{number}/restore":  history(nil, "1"),
		"GET /notices/previews/{token}": {{about: "of B", send: func(c *council, _ who) sending {
			return sending{params: []string{c.preview(c.notice(unitB, false))}}
		}}},
		"GET /v1/notices/previews/{token}": {{about: "of B", send: func(c *council, _ who) sending {
			return sending{params: []string{c.preview(c.notice(unitB, false))}}
		}}, {about: "of A, before of B", send: func(c *council, _ who) sending {
			id := c.Notice(c.boss.Token, map[string]any{"unit": unitB, "publishAt": nil, "title": "글"})
			token := c.preview(id)
			c.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + id, As: c.boss.Token, Body: written(unitA), Header: map[string]string{"If-Match": "*"}}).Want(200)
			return sending{params: []string{token}}
		}}},
		"POST /v1/rules": {{about: "of A", send: func(c *council, _ who) sending {
			c.rulebooks++
			return sending{body: map[string]any{"slug": fmt.Sprint("new-", c.rulebooks), "unit": unitA, "title": "회칙"}}
		}}, {about: "of B", send: func(c *council, _ who) sending {
			c.rulebooks++
			return sending{body: map[string]any{"slug": fmt.Sprint("new-", c.rulebooks), "unit": unitB, "title": "회칙"}}
		}}},
		"GET /v1/rules/{slug}":                               ofRules(false, true, nil),
		"PUT /v1/rules/{slug}":                               ofRules(true, true, map[string]any{"unit": unitA, "title": "회칙"}),
		"DELETE /v1/rules/{slug}":                            ofRules(true, false, nil),
		"GET /v1/rules/{slug}/articles/{number}":             ofRules(false, true, nil, "1"),
		"GET /v1/rules/{slug}/versions":                      ofRules(true, true, nil),
		"POST /v1/rules/{slug}/versions":                     ofRules(true, true, map[string]any{"kind": "revision", "amendment": 1, "source": "제1조(목적) 글"}),
		"GET /v1/rules/{slug}/versions/{number}":             ofRules(true, true, nil, "1"),
		"PUT /v1/rules/{slug}/versions/{number}":             ofRules(true, false, map[string]any{"kind": "enactment", "source": "제1조(목적) 글"}, "1"),
		"DELETE /v1/rules/{slug}/versions/{number}":          ofRules(true, false, nil, "1"),
		"PUT /v1/rules/{slug}/versions/{number}/papers":      ofRules(true, true, map[string]any{"files": []string{}}, "1"),
		"POST /v1/rules/{slug}/versions/{number}/promulgate": ofRules(true, false, map[string]any{"promulgatedOn": "2026-03-01"}, "1"),
		"GET /v1/rules/{slug}/compare":                       ofRules(true, true, nil),
		"GET /rules/{slug}":                                  ofRules(true, true, nil),
		"GET /rules/{slug}/versions/{number}":                ofRules(true, true, nil, "1"),
		"GET /rules/{slug}/compare":                          ofRules(true, true, nil),
		"GET /rules/{slug}/compare.csv":                      ofRules(true, true, nil),
		"GET /rules/{slug}/{article}":                        ofRules(true, true, nil, url.PathEscape("제1조")),
		"GET /console/rules/at/{id}":                         {object("of A", func(c *council, _ who) string { return c.ruleVersion(unitA) }, nil), object("of B", func(c *council, _ who) string { return c.ruleVersion(unitB) }, nil)},
		"GET /console/rules/{slug}":                          ofRules(true, true, nil),
		"GET /console/rules/{slug}/new":                      ofRules(true, true, nil),
		"GET /console/rules/{slug}/{number}":                 ofRules(true, true, nil, "1"),
		"POST /console/rules/{slug}/read":                    ofRules(true, true, map[string]any{"kind": "enactment", "source": "제1조(목적) 글"}),
		"GET /v1/admin/notices":                              {{}, {about: "deleted", send: plain(sending{query: "?state=deleted"})}},
		"POST /v1/admin/notices/render":                      body(map[string]any{"body": "글"}, ""),
		"POST /v1/admin/notices/{id}/restore":                {object("of A", func(c *council, _ who) string { return c.deleted(unitA) }, nil), object("of B", func(c *council, _ who) string { return c.deleted(unitB) }, nil)},
		"GET /notices/{id}":                                  ofNotice(none),
		"GET /console/notices":                               {{}, {about: "deleted", send: plain(sending{query: "?state=deleted"})}},
		"GET /console/notices/{id}":                          ofNotice(none),
		"POST /console/notices/{id}/differences":             ofNotice(func(string) any { return map[string]any{"title": "글", "body": "", "tags": []string{}} }),
		"GET /console/notices/{id}/revisions":                append(ofNotice(none), historyOn("?from=1&to=2", "of A, before of B", unitB, unitA)),

		"POST /sign-in":                         body(empty, "invalid-input"),
		"POST /sign-in/second-factor":           body(empty, ""),
		"POST /sign-in/agree":                   body(empty, ""),
		"POST /sign-in/return":                  body(empty, ""),
		"POST /sign-out":                        body(empty, ""),
		"POST /sign-up":                         body(empty, "invalid-input"),
		"POST /password/forgotten":              body(empty, "invalid-input"),
		"POST /password":                        body(empty, "invalid-input"),
		"POST /return":                          body(empty, "invalid-input"),
		"POST /my":                              body(url.Values{"name": {"이름"}, "version": {"1"}}, ""),
		"POST /my/verification":                 body(empty, "invalid-input"),
		"POST /my/verification/code":            body(empty, "code-ended"),
		"POST /my/password":                     body(empty, "invalid-input"),
		"POST /my/second-factor":                body(empty, ""),
		"POST /my/second-factor/confirm":        body(empty, "second-factor-off"),
		"POST /my/second-factor/verify":         body(empty, "second-factor-off"),
		"POST /my/second-factor/remove":         body(empty, "second-factor-off"),
		"POST /my/second-factor/recovery-codes": body(empty, "second-factor-off"),
		"POST /my/proof":                        body(empty, "sign-in-again"),
		"POST /my/address":                      body(empty, "invalid-input"),
		"POST /my/address/code":                 body(empty, "code-ended"),
		"GET /my/issuers/{issuer}":              {{send: plain(sending{params: []string{"away"}})}},
		"POST /my/issuers/{issuer}":             {{passes: "temporarily-unavailable", send: plain(sending{params: []string{"away"}, body: empty})}},
		"POST /my/issuers/{issuer}/remove":      linked(empty),
		"POST /my/consents":                     body(url.Values{"policyVersion": {"2026-03-01"}, "privacy": {"true"}}, ""),
		"POST /my/sessions":                     body(empty, ""),
		"POST /my/sessions/{id}":                {object("mine", func(c *council, w who) string { return cmp.Or(w.Session, c.boss.Session) }, empty), object("another's", func(c *council, _ who) string { return c.someone().Session }, empty)},
		"POST /my/leave":                        body(empty, ""),

		"POST /v1/uploads":               {{about: "of a member", send: plain(sending{body: started("profile")})}, {about: "a proof", send: plain(sending{body: started("proof")})}, {about: "of the council", send: plain(sending{body: started("post")})}},
		"POST /v1/uploads/form":          {{about: "of a member", passes: "type-not-allowed", send: plain(form("profile"))}, {about: "of the council", passes: "type-not-allowed", send: plain(form("post"))}},
		"GET /v1/uploads/{id}/parts":     {object("mine", begun, nil), object("another's", begunByAnother, nil)},
		"POST /v1/uploads/{id}/complete": {withCode(object("mine", begun, map[string]any{}), "parts-missing"), withCode(object("another's", begunByAnother, map[string]any{}), "parts-missing")},
		"GET /v1/uploads":                {{about: "mine"}, {about: "everybody's", send: plain(sending{query: "?all=true"})}},
		"GET /v1/uploads/{id}":           {object("mine", mine("profile"), nil), object("my proof", mine("proof"), nil), object("another's", another(), nil), object("another's proof", proof, nil), object("my record", mine("record"), nil), object("another's record", record, nil)},
		"GET /v1/uploads/{id}/file":      append([]question{object("mine", mine("profile"), nil), object("my proof", mine("proof"), nil), object("another's", another(), nil), object("another's proof", proof, nil), object("my record", mine("record"), nil), object("another's record", record, nil)}, recordQuestions()...),
		"PATCH /v1/uploads/{id}": {
			object("mine", mine("profile"), alt), object("mine, of the council", mine("post"), alt), object("another's", another(), alt), object("another's, on A", another(unitA), alt),
			object("another's, on B", another(unitB), alt), object("another's, on A and B", another(unitA, unitB), alt), object("another's proof", proof, alt),
		},
		"DELETE /v1/uploads/{id}": {object("mine", mine("profile"), nil), object("my proof", mine("proof"), nil), object("another's", another(), nil), object("another's proof", proof, nil), object("another's record", record, nil)},
	}
}

func bannerOf(unit, image string) any {
	return map[string]any{"unit": unit, "alt": "그림", "link": "/", "image": image}
}

func historyOn(query, about, from, to string) question {
	return question{about: about, send: func(c *council, _ functiontest.Account) sending {
		return sending{params: []string{c.moved(from, to)}, query: query}
	}}
}

// preview is the token of a link to a notice.
func (c *council) preview(id string) string {
	r := c.Do(functiontest.Request{Method: "POST", Path: "/v1/notices/" + id + "/preview", As: c.boss.Token}).Want(200)
	link := functiontest.JSON[struct{ URL string }](r).URL
	return link[strings.LastIndex(link, "/")+1:]
}

// The console's menu offers what may be opened, and nothing else.
func TestMenusOfferWhatMayBeOpened(t *testing.T) {
	access, offered := map[string]function.Access{}, 0
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Method == http.MethodGet {
				access[route.Path] = route.Access
			}
		}
	}
	for _, spec := range functions.All() {
		for _, e := range slices.Concat(spec.Desk, spec.Menu) {
			route, there := access[e.Path]
			if !there {
				t.Errorf("functions/%s offers %s, which is no page: give the entry of its menu the Path of a route", spec.Name, e.Path)
			}
			for _, p := range principals(functiontest.Start) {
				asks := auth.Principal{}
				if p.member != nil {
					asks = auth.Principal{MemberID: "m", Verified: p.member.Verified, Grants: p.member.Grants}
				}
				if offered++; e.Offered(asks) != route.Allows(asks) {
					t.Errorf("%s is offered to %s: %v, and may be opened: %v; give its entry in functions/%s the Action of its route", e.Path, p.name, e.Offered(asks), route.Allows(asks), spec.Name)
				}
			}
		}
	}
	if offered < 50 {
		t.Errorf("only %d entries were looked at", offered)
	}
}

// roleNames are where roles are named beside shared/auth, each for its reason: nothing is
// decided there.
var roleNames = map[string]string{
	"functions/console/home.go":               "says that a second factor would allow more",
	"functions/auth/handlers.go":              "shows a member their roles",
	"functions/main/read.go":                  "shows a member their roles",
	"functions/members/desk/members.go":       "names the roles that can be given",
	"shared/council/delivery/run.go":          "a mail proves no second factor: an admin's powers rest",
	"shared/functiontest/functiontest.go":     "makes accounts with roles",
	"shared/host/admit.go":                    "an admin's powers rest without a second factor",
	"shared/host/refusals.go":                 "an admin's powers rest without a second factor",
	"shared/host/write.go":                    "records what the council does",
	"shared/identity/member/member.go":        "one admin without an end must remain",
	"shared/identity/member/roles.go":         "one admin without an end must remain, and who gives that role must stay as long",
	"shared/identity/session/authenticate.go": "reads who asks",
	"knative/bench/peers.go":                  "makes somebody who may ask",
}

var namesRoles = regexp.MustCompile(`\bauth\.(Editor|Moderator|Admin)\b|\.Council\(\)|\.(Grants|Dormant)\b[^(]`)

// Roles are looked at in shared/auth alone: everything else asks May.
func TestOneQuestion(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, folder := range []string{"functions", "shared", "knative"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, d fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(name, "shared/auth/") {
				return err
			}
			text, err := os.ReadFile(path) //nolint:gosec // of the sources
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(text), "\n") {
				if !namesRoles.MatchString(line) {
					continue
				}
				found[name] = true
				if roleNames[name] == "" {
					t.Errorf("%s:%d looks at roles: ask May of auth.Principal instead, or add the file with its reason to roleNames in functions/rights_test.go", name, i+1)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range roleNames {
		if !found[name] {
			t.Errorf("%s looks at no roles: take it from roleNames in functions/rights_test.go", name)
		}
	}
}
