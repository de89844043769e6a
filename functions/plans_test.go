package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// sent is a statement with its arguments.
type sent struct {
	text string
	args []any
}

// recorder keeps what is sent to the database while somebody listens.
type recorder struct {
	mu        sync.Mutex
	listening bool
	list      []sent
}

// TraceQueryStart keeps a statement.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listening && plannable.MatchString(data.SQL) {
		args := slices.DeleteFunc(slices.Clone(data.Args), func(a any) bool { _, format := a.(pgx.QueryResultFormatsByOID); return format })
		r.list = append(r.list, sent{data.SQL, args})
	}
	return ctx
}

// TraceQueryEnd does nothing.
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

var plannable = regexp.MustCompile(`(?i)^\s*(SELECT|UPDATE|DELETE|WITH)\b`)

// of are the statements that f sends.
func (r *recorder) of(f func()) []sent {
	r.mu.Lock()
	r.listening, r.list = true, nil
	r.mu.Unlock()
	f()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listening = false
	return r.list
}

// grown is how many rows the tables have that grow, after some years of a large university.
// Row n of each has the id of n (rowID), and is of the n-th second (rowTime).
var grown = map[string]int{
	"audit": 1_000_000, "audit_members": 200_000, "members": 50_000, "member_names": 250_000, "notices": 10_000, "notice_revisions": 10_000, "things": 10_000, "thing_letters": 30_000, "uploads": 50_000, "upload_uses": 20_000,
	"sessions": 60_000, "refresh_tokens": 120_000, "outbox": 50_000, "idempotency": 50_000, "attempts": 50_000, "dead_letters": 20_000,
	"password_resets": 4_000, "mail_codes": 4_000, "address_codes": 4_000, "minutes": 4_000, "minute_revisions": 4_000, "banner_clicks": 50_000, "calendar_events": 10_000, "deliveries": 200_000, "roster": 50_000, "consents": 50_000,
}

const (
	rowID   = `lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000'`
	rowTime = `1700000000000 + n * 1000::bigint`
	first   = 1_700_000_000_000 // ms: of row 0
	few     = 5_000             // rows of a table that may be read whole
)

// rows fill the tables, in this order.
var rows = []string{
	`INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at, named)
		SELECT {id}, 'm' || n || '@x.kr', chr(44032 + n % 2000) || '마당' || n, '', '', '', '', 0, 1, {at}, {at}, chr(44032 + n % 2000) || '마당' || n FROM generate_series(1, {members}) n`,
	`INSERT INTO member_names (part, member_id) SELECT substr(chr(44032 + n % 2000) || '마당' || n, s), {id} FROM generate_series(1, {members}) n, generate_series(1, 5) s WHERE s <= 3 + length(n::text)`,
	`INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, revoked_at, created_at, refreshed_at, device)
		SELECT {id}, lpad(to_hex(1 + n % {members}), 8, '0') || '-0000-4000-8000-000000000000', 'a' || n, 0, CASE WHEN n % 4 < 2 THEN {at} ELSE 9000000000000 END, CASE WHEN n % 4 = 2 THEN {at} END, {at}, {at}, '' FROM generate_series(1, {sessions}) n`,
	`INSERT INTO refresh_tokens (hash, session_id, used_at, until_at, created_at)
		SELECT 'r' || n, lpad(to_hex(1 + n % {sessions}), 8, '0') || '-0000-4000-8000-000000000000', {at}, CASE WHEN n % 2 = 0 THEN {at} ELSE 9000000000000 END, {at} FROM generate_series(1, {refresh_tokens}) n`,
	`INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail)
		SELECT {id}, {at}, 'actor' || n % 100, CASE WHEN n % 100000 = 0 THEN 'rare' ELSE 'PUT /v1/things' || n % 60 END, lpad(to_hex(n % 100000), 8, '0') || '-0000-4000-8000-000000000000', '', '', '{}' FROM generate_series(1, {audit}) n`,
	`INSERT INTO audit_members (audit_id, member_id, at) SELECT {id}, lpad(to_hex(1 + n % 100), 8, '0') || '-0000-4000-8000-000000000000', {at} FROM generate_series(1, {audit_members}) n`,
	`INSERT INTO notices (id, unit, title, folded, excerpt, tags, publish_at, deleted_at, version, created_at, updated_at, rendering, html, body)
		SELECT {id}, '총학', '공지 ' || n, '공지 ' || n, '', '[]', {at}, CASE WHEN n % 20 = 0 THEN {at} END, 1, {at}, {at}, 1, repeat('가', 500), repeat('가', 500) FROM generate_series(1, {notices}) n`,
	`INSERT INTO minute_bodies (slug, name, name_en, unit, publish_days, numbered, per_year, names, ord, version) VALUES ('a', '위원회', '', '총학', 7, 1, 0, 0, 0, 1)`,
	`INSERT INTO minutes (id, body, unit, year, round, kind, held_at, place, chair, attendees, text, items, public_at, full_at, publish_days, due_at, first_due_at, extend_reason, deleted_at, shown_version, version, created_at, updated_at)
		SELECT {id}, 'a', '총학', 0, n, 'regular', {at}, '', '', '', repeat('가', 500), '[]', {at}, {at}, 7, {at}, {at}, '', CASE WHEN n % 20 = 0 THEN {at} END, 1, 1, {at}, {at} FROM generate_series(1, {minutes}) n`,
	`INSERT INTO calendar_events (id, series, unit, category, title, title_en, text, place, map_url, url, all_day, starts, ends, uid, origin, missing, deleted_at, version, created_at, updated_at)
		SELECT {id}, 's' || n / 20, '총학', '학사', '일정 ' || n, '', '', '', '', '', 0, 1600000000000 + n * 20000000::bigint, 1600000000000 + n * 20000000::bigint, 'u' || n, 'o' || n, 0, CASE WHEN n % 20 = 0 THEN {at} END, 1, {at}, {at} FROM generate_series(1, {calendar_events}) n`,
	`INSERT INTO minute_revisions (minute_id, version, editor, at, draft, reason, stripped, content) SELECT {id}, 1, 'x', {at}, 0, '', 0, '{"Items":[]}' FROM generate_series(1, {minute_revisions}) n`,
	`INSERT INTO notice_tags (notice_id, tag) SELECT {id}, CASE WHEN n % 1000 = 0 THEN '드묾' ELSE '태그' || n % 200 END FROM generate_series(1, {notices}) n`,
	`INSERT INTO notice_revisions (notice_id, version, editor, at, unit, title, tags, body) SELECT {id}, 1, 'x', {at}, '총학', '공지', '[]', '' FROM generate_series(1, {notices}) n`,
	`INSERT INTO things (number, kind, id, unit, path, title, line, text, tags, folded, initials, at, visible_from, readers, allows, closed_because, version, checksum)
		SELECT n, 'notice', lpad(to_hex(n + 16777216), 8, '0') || '-0000-4000-8000-000000000000', '총학', '/notices/' || n, '공지 ' || n, '', '', '[]', '공지' || n || E'\n', '', {at}, {at}, 'guests', '', '', 1, CASE WHEN n % 1000 = 0 THEN '3:' ELSE '4:' END FROM generate_series(1, {things}) n`,
	`INSERT INTO thing_letters (letter, number, nexts)
		SELECT substr('공지7', 1 + n % 3, 1), 1 + n / 3, CASE n % 3 WHEN 0 THEN E'\n지' ELSE E'\n7' END FROM generate_series(0, {thing_letters} - 1) n WHERE n % 3 < 2 OR n / 3 % 1000 = 776`,
	`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, processed_at, refused_code, deleted_at, cleaned_at)
		SELECT {id}, lpad(to_hex(1 + n % 1000), 8, '0') || '-0000-4000-8000-000000000000', (ARRAY['post', 'event', 'archive', 'profile', 'proof'])[1 + n % 5], '파일 ' || n || '.pdf', (ARRAY['pdf', 'jpg', 'png', 'hwp'])[1 + n % 4], 3, '', 'test/post/' || n, '', 0, 0, 0, 1, {at}, {at}, {at}, {at}, {at}, '', CASE WHEN n % 10 = 0 THEN {at} END, CASE WHEN n % 10 = 0 THEN {at} END FROM generate_series(1, {uploads}) n`,
	`INSERT INTO upload_uses (kind, thing_id, upload_id, position) SELECT 'notice', lpad(to_hex(1 + n % {notices}), 8, '0') || '-0000-4000-8000-000000000000', lpad(to_hex(2 * n + 1), 8, '0') || '-0000-4000-8000-000000000000', n FROM generate_series(1, {upload_uses}) n`,
	`INSERT INTO outbox (id, type, subject, data, trace, created_at, sent_at) SELECT {id}, 'x', '', '{}', '', {at}, CASE WHEN n % 1000 > 0 THEN {at} END FROM generate_series(1, {outbox}) n`,
	`INSERT INTO idempotency (id, request, status, header, body, created_at) SELECT {id}, '', 200, '{}', '', {at} FROM generate_series(1, {idempotency}) n`,
	`INSERT INTO attempts (id, tries, last_at, until_at) SELECT {id}, 1, {at}, 0 FROM generate_series(1, {attempts}) n`,
	`INSERT INTO dead_letters (id, event_id, type, subject, data, trace, happened_at, sink, status, answer, times, first_at, last_at)
		SELECT {id}, 'e' || n, CASE WHEN n % 10000 = 0 THEN 'rare' ELSE 'usual' END, '', '{}', '', {at}, '', 500, '', 1, {at}, {at} FROM generate_series(1, {dead_letters}) n`,
	`INSERT INTO password_resets (hash, member_id, until_at, created_at) SELECT 'h' || n, {id}, {at}, {at} FROM generate_series(1, {password_resets}) n`,
	`INSERT INTO mail_codes (member_id, student_key, code_hash, tries, until_at) SELECT {id}, '', '', 0, {at} FROM generate_series(1, {mail_codes}) n`,
	`INSERT INTO address_codes (member_id, email, code_hash, tries, until_at) SELECT {id}, '', '', 0, {at} FROM generate_series(1, {address_codes}) n`,
	`INSERT INTO banners (id, unit, alt, link, place, version, created_at, updated_at) VALUES ('b', '총학', 'a', '/', 1, 1, 0, 0)`,
	`INSERT INTO banner_clicks (banner_id, day, visitor) SELECT 'b', '2025-01-' || lpad((1 + n % 28)::text, 2, '0'), 'v' || n FROM generate_series(1, {banner_clicks}) n`,
	`INSERT INTO channels (id, kind, name, sealed_address, address_hash, sealed_secrets, topics, failures, last_status, last_answer, version, created_at, updated_at)
		VALUES ('00000007-0000-4000-8000-000000000000', 'discord', '소식', '', '', '', '["notices"]', 0, 0, '', 1, 0, 0)`,
	`INSERT INTO deliveries (id, topic, kind, thing_id, channel, recipient, member_id, digest, batch, state, attempts, event_at, due_at, next_at, tried_at, status, answer, made_at)
		SELECT 'd' || n, 'notices', 'notice', {id}, CASE WHEN n % 50 = 0 THEN 'discord' ELSE 'mail' END, CASE WHEN n % 50 = 0 THEN '00000007-0000-4000-8000-000000000000' ELSE '' END,
		CASE WHEN n % 50 <> 0 THEN lpad(to_hex(1 + n % {members}), 8, '0') || '-0000-4000-8000-000000000000' END, 0, '', CASE WHEN n % 1000 = 0 THEN 'waiting' ELSE 'sent' END, 1, {at}, {at}, {at}, {at}, 250, '', {at} FROM generate_series(1, {deliveries}) n`,
	`INSERT INTO roster (number_key, name_key, listed_at) SELECT 'k' || n, '', 0 FROM generate_series(1, {roster}) n`,
	`INSERT INTO consents (member_id, kind, version, given, at) SELECT {id}, 'privacy', '', 1, {at} FROM generate_series(1, {consents}) n`,
}

// fill makes the rows, and the indexes afterwards, which is faster.
func fill(t *testing.T, db *database.DB) {
	t.Helper()
	type index struct{ name, definition string }
	indexes, err := database.All(t.Context(), db, func(r database.Row) (index, error) {
		var i index
		err := r.Scan(&i.name, &i.definition)
		return i, err
	}, `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexdef LIKE 'CREATE INDEX %'`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, unit := db.Begin(t.Context())
	defer unit.Rollback()
	exec := func(text string) {
		t.Helper()
		if _, err := db.Exec(ctx, text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	exec(`SET LOCAL maintenance_work_mem = '256MB'`)
	exec(`ALTER TABLE audit_members SET UNLOGGED`) // before what it refers to
	exec(`ALTER TABLE audit SET UNLOGGED`)
	for _, i := range indexes {
		exec(`DROP INDEX ` + i.name)
	}
	replace := []string{"{id}", rowID, "{at}", rowTime}
	for _, table := range slices.Sorted(maps.Keys(grown)) {
		replace = append(replace, "{"+table+"}", strconv.Itoa(grown[table]))
	}
	for _, text := range rows {
		exec(strings.NewReplacer(replace...).Replace(text))
	}
	for _, i := range indexes {
		exec(i.definition)
	}
	exec(`ANALYZE ` + strings.Join(slices.Sorted(maps.Keys(grown)), ", "))
	if err := unit.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// filters are values for the parameters of lists: such as few rows have, where there is a
// choice.
var filters = map[string]string{
	"actor": "actor7", "subject": "0000004d-0000-4000-8000-000000000000", "action": "rare", "from": "2023-11-20T00:00:00Z", "to": "2023-11-16T00:00:00Z", "email": "m777@x.kr", "name": "마",
	"type": "rare", "tag": "드묾", "unit": "총학", "state": "published", "kind": "document", "only": "personal", "all": "true",
}

// longest are the tables that lists go through, by the list's path; the others are short.
var longest = map[string]string{
	"/console/audit": "audit", "/v1/admin/audit": "audit", "/v1/admin/dead-letters": "dead_letters", "/console/dead-letters": "dead_letters",
	"/v1/admin/members": "members", "/console/members": "members", "/v1/notices": "notices", "/v1/admin/notices": "notices", "/notices": "notices",
	"/console/notices": "notices", "/v1/search": "things", "/search": "things", "/v1/uploads": "uploads", "/console/media": "uploads",
}

// wholly are the questions that look at more than a page, each for its reason: only
// statements that match are excused, and only from reading no more than so many rows.
var wholly = []struct {
	text   *regexp.Regexp
	rows   int
	reason string
}{
	{regexp.MustCompile(`thing_letters g0`), grown["things"], "a part of a word: each thing that has its pairs of characters is looked at, which may be all for a usual word"},
	{regexp.MustCompile(`lower\(name\) LIKE `), grown["uploads"], "a part of a file's name: as with titles; only the council asks for others' files"},
}

// Lists and chores read no more than they show or do, however much there is: on PostgreSQL
// with rows of years, as the planner plans a statement with its arguments, and as it plans it
// once for all (a prepared statement's generic plan).
func TestPlans(t *testing.T) {
	record := &recorder{}
	db := databasetest.Traced(t, record)
	began := time.Now()
	fill(t, db)
	t.Logf("filled in %s", time.Since(began).Round(time.Second))
	now := clock.FromMillis(first + 1_000_000*1000)
	p := &planner{t: t, db: db, seen: map[string]bool{}}

	var shared *functiontest.App
	for _, spec := range functions.All() {
		options := []functiontest.Option{functiontest.WithDB(db)}
		if shared != nil {
			options = append(options, functiontest.WithRedis(shared))
		}
		app := functiontest.New(t, spec, options...)
		app.At(now)
		if shared == nil {
			shared = app
		}
		admin := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}, {Role: auth.Editor}}}).Token
		for _, route := range spec.Build(function.Deps{}).Routes {
			if !isList(route) || strings.HasPrefix(route.Path, "/en/") {
				continue
			}
			p.list(app, record, route, admin)
		}
	}
	app := functiontest.New(t, sweep.Function, functiontest.WithDB(db), functiontest.WithRedis(shared))
	files := upload.NewDepot(db, app.Deps.Outbox, objects.Config(app.Deps.Storage), upload.Rules{Environment: "test", OrphanAge: time.Hour})
	if err := app.Objects().Put(t.Context(), "test/post/2023/11/00000007-0000-4000-8000-000000000000/stray", strings.NewReader("a"), 1, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	app.At(time.Now().AddDate(0, 0, 2)) // objects have the machine's clock
	const some = 50
	for _, c := range sweep.Chores(app.Deps, files, files.Everything) {
		statements := record.of(func() {
			ctx, cancel := context.WithTimeout(app.Context(), c.Longest())
			defer cancel()
			if _, err := c.Do(ctx, some); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		})
		if len(statements) == 0 {
			t.Errorf("%s asks nothing: give its case a request that reads, in functions/plans_test.go", c.Name)
		}
		p.check(c.Name, statements, 2*10*some, 0) // some delete ten times as much
	}
	t.Logf("%d plans in %s", p.plans, time.Since(began).Round(time.Second))
}

func isList(route function.Route) bool {
	return slices.ContainsFunc(route.Do.Inputs, func(f function.Input) bool { return f.In == function.InQuery && f.Name == "cursor" })
}

// list asks for a list as it is, with each filter, and for the next page of each, and has
// that planned as if it were the last.
func (p *planner) list(app *functiontest.App, record *recorder, route function.Route, as string) {
	path := strings.NewReplacer("{id}", "00000007-0000-4000-8000-000000000000", "{domain}", policy.SiteName).Replace(route.Path)
	queries := []url.Values{{}}
	search := strings.HasSuffix(route.Path, "/search") && !strings.HasPrefix(route.Path, "/console/")
	if search {
		queries = []url.Values{{"q": {"공지"}}} // which every thing has
	}
	for _, f := range route.Do.Inputs {
		value := filters[f.Name]
		if search && f.Name == "kind" {
			value = "notice"
		}
		if f.Name == "state" && strings.Contains(route.Path, "minutes") {
			value = "full"
		}
		if f.Name == "state" && strings.Contains(route.Path, "calendar") {
			value = "deleted"
		}
		if f.In == function.InQuery && value != "" {
			if f.Name == "from" || f.Name == "to" {
				value = strings.TrimSuffix(value, map[bool]string{true: "T00:00:00Z"}[route.HTML]) // a form says the day
			}
			queries = append(queries, url.Values{f.Name: {value}})
		} else if f.In == function.InQuery && f.Name == "q" {
			queries = append(queries, url.Values{"q": {"777"}})
			if !search { // which takes words of two characters and more
				queries = append(queries, url.Values{"q": {"7 지"}})
			}
		}
	}
	for _, query := range queries {
		if search && !query.Has("q") {
			query.Set("q", "777")
		}
		ask := func() functiontest.Response {
			return app.Do(functiontest.Request{Method: "GET", Path: path + "?" + query.Encode(), As: as})
		}
		var answer functiontest.Response
		statements := record.of(func() { answer = ask() })
		what := route.Path + " " + query.Encode()
		if answer.Status != 200 {
			p.t.Errorf("%s: %d %s", what, answer.Status, answer.Code())
			continue
		}
		const page = 200 // the largest of all lists, with what belongs to each row
		p.check(what, statements, page*5, 0)
		next := nextCursor(answer.Body)
		if next == "" {
			continue
		}
		query.Set("cursor", next)
		p.check(what+", deep", record.of(func() { ask() }), page*5, grown[longest[route.Path]])
	}
}

var onPage = regexp.MustCompile(`cursor=([A-Za-z0-9_-]+)`)

func nextCursor(body []byte) string {
	var page struct{ NextCursor string }
	if json.Unmarshal(body, &page) == nil {
		return page.NextCursor
	}
	if m := onPage.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}

type planner struct {
	t     *testing.T
	db    *database.DB
	seen  map[string]bool
	plans int
}

// check has statements planned and run, and undone. Those of the next page are given the
// place of a row as far from the end as the page's is from the beginning, of so many rows.
func (p *planner) check(what string, statements []sent, most, deep int) {
	p.t.Helper()
	for _, s := range statements {
		key := what + s.text
		if p.seen[key] {
			continue
		}
		p.seen[key] = true
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			p.plans++
			plan, err := p.explain(s, mode, deep)
			if err != nil {
				p.t.Errorf("%s: %v\n%s", what, err, s.text)
				continue
			}
			p.judge(fmt.Sprintf("%s, %s", what, mode), s, plan, most)
		}
	}
}

type node struct {
	Type      string  `json:"Node Type"`
	Relation  string  `json:"Relation Name"`
	Index     string  `json:"Index Name"`
	Rows      float64 `json:"Actual Rows"`
	Loops     float64 `json:"Actual Loops"`
	Removed   float64 `json:"Rows Removed by Filter"`
	Rechecked float64 `json:"Rows Removed by Index Recheck"`
	Plans     []node
}

func (p *planner) judge(what string, s sent, n node, most int) {
	read := (n.Rows + n.Removed + n.Rechecked) * n.Loops
	excused := false
	for _, w := range wholly {
		if w.text.MatchString(s.text) {
			most, excused = w.rows, true
		}
	}
	switch {
	case !excused && n.Relation != "" && n.Type == "Seq Scan" && grown[n.Relation] > few && n.Loops > 0:
		p.t.Errorf("%s reads all of %s: an index is missing\n%s %v", what, n.Relation, strings.Join(strings.Fields(s.text), " "), s.args)
	case n.Relation != "" && grown[n.Relation] > few && read > float64(most):
		p.t.Errorf("%s reads %.0f rows of %s by %s %s, want at most %d\n%s %v", what, read, n.Relation, n.Type, n.Index, most, strings.Join(strings.Fields(s.text), " "), s.args)
	}
	for _, inner := range n.Plans {
		p.judge(what, s, inner, most)
	}
}

func (p *planner) explain(s sent, mode string, deep int) (node, error) {
	ctx := p.t.Context()
	tx, err := p.db.Pool().BeginTx(ctx, nil)
	if err != nil {
		return node{}, err
	}
	defer func() { _ = tx.Rollback() }()
	name := fmt.Sprintf("plan%d", p.plans) // a prepared statement outlives its transaction
	execute := "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE " + name
	if len(s.args) > 0 {
		literals := []string{}
		for _, a := range s.args {
			literals = append(literals, literal(a, deep))
		}
		execute += "(" + strings.Join(literals, ", ") + ")"
	}
	// random_page_cost as in the chart (templates/postgres.yaml).
	for _, text := range []string{"SET LOCAL random_page_cost = 1.1", "SET LOCAL plan_cache_mode = " + mode, "PREPARE " + name + " AS " + s.text} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return node{}, err
		}
	}
	var text string
	err = tx.QueryRowContext(ctx, execute, pgx.QueryExecModeSimpleProtocol).Scan(&text)
	if err != nil {
		return node{}, err
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		return node{}, err
	}
	return plans[0].Plan, nil
}

// rowsID is the id of a row, as rowID makes it.
var rowsID = regexp.MustCompile(`^([0-9a-f]{8})-0000-4000-8000-000000000000$`)

// literal writes an argument; with deep, the place of a row n as that of row deep-n.
func literal(v any, deep int) string {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		if p.IsNil() {
			return "NULL"
		}
		v = p.Elem().Interface()
	}
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		if m := rowsID.FindStringSubmatch(v); m != nil && deep > 0 {
			n, _ := strconv.ParseInt(m[1], 16, 64)
			v = fmt.Sprintf("%08x-0000-4000-8000-000000000000", max(1, int64(deep)-n))
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case int64:
		if n := (v - first) / 1000; deep > 0 && v%1000 == 0 && n > 0 && n < int64(deep) {
			v = first + max(1, int64(deep)-n)*1000
		}
		return strconv.FormatInt(v, 10)
	default:
		return fmt.Sprint(v)
	}
}
