package persons_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/person"
)

// nobody lists the columns of text that say nothing of a member. A new column is either
// here or in the Personal of the store that owns it.
var nobody = map[string]string{
	"notice_reviews":        "notice_id state decided_digest text_digest",
	"notice_review_entries": "notice_id kind",
	"notice_templates":      "value", // texts without anybody
	"abouts":                "value", // names as the council publishes them
	"archive_bundles":       "hash audiences state object multipart parts",
	"archive_categories":    "id parent name name_en audience",
	"archive_corrections":   "archive_id reason table_csv note",
	"archive_expected":      "category_id unit period due_on",
	"archive_files":         "archive_id upload_id",
	"archive_leavings":      "object multipart",
	"archives":              "id category_id unit period title summary audience table_csv note",

	"attempts":          "id", // keyed hashes
	"banner_clicks":     "banner_id day visitor",
	"banner_days":       "banner_id day",
	"banners":           "id unit alt link focus_x focus_y",
	"channels":          "id kind name sealed_address address_hash sealed_secrets topics last_answer", // of the council and of programs
	"calendar_unwanted": "uid_hash unit",                                                              // hashes of UIDs of deleted events
	"calendar_events":   "id series unit category title title_en text place map_url url uid origin",   // the council's; of imports nobody who takes part
	"chores":            "name",
	"faces":             "value", // the council's own
	"devices":           "id",
	"dead_letters":      "id event_id type subject data trace sink answer",
	"deliveries":        "id batch",
	"delivery_events":   "id",
	"delivery_marks":    "name",
	"idempotency":       "id request header body", // for a day
	"inbox_entries":     "id",
	"minute_bodies":     "slug name name_en unit",
	"minute_revisions":  "minute_id reason content",
	"minute_withheld":   "minute_id reason sealed",
	"minutes":           "id body unit kind place chair attendees text items extend_reason", // names as the council writes them
	"notice_revisions":  "notice_id unit title tags body title_en body_en digest",
	"notice_tags":       "notice_id tag",
	"notices":           "id unit title folded excerpt tags html body title_en excerpt_en html_en body_en source",
	"operation_facts":   "name value",
	"outbox":            "id type subject data trace",
	"refresh_tokens":    "hash next_hash",
	"roster":            "number_key name_key mail_key", // students, hashed; no member
	"policies":          "domain name value",
	"policy_domains":    "domain",
	"sessions":          "id",
	"touches":           "id tag",
	"audit":             "id request_id",
	"things":            "kind id unit path title title_en line text tags folded initials heading labels readers allows closed_because checksum",
	"thing_dates":       "kind id label",
	"thing_letters":     "letter nexts",
	"thing_links":       "path",
	"search_misses":     "week key words", // what several asked for, never a person
	"thing_walks":       "kind behind",
	"upload_uses":       "kind thing_id upload_id",
	"upload_variants":   "upload_id name",
	"uploads":           "id type sha256 folder multipart refused_code film",
	"rulebooks":         "id slug unit title body parent",
	"rule_acts":         "id book_id version_id key number effective_on",
	"rule_articles":     "version_id key number name content",
	"rule_days":         "version_id effective_on",
	"rule_versions":     "id book_id kind reason decided_on effective_on source moves overrides promulgated_on outline meeting",
	"usage_days":        "day function",
	"thing_pages":       "path",
}

// named is how a column is called that holds a member's id, whatever else is said of it.
var named = regexp.MustCompile(`(^|_)(member|editor|actor|author|owner|voter|sender|by)(_id)?$`)

type column struct {
	table, name, kind string
	required          bool
	member            bool // by a foreign key, or by its name
}

func (c column) String() string { return c.table + "." + c.name }

// schema are the columns of the migrated schema.
func schema(t *testing.T, db *database.DB) []column {
	t.Helper()
	list, err := database.All(t.Context(), db, func(r database.Row) (column, error) {
		var c column
		var key *string
		err := r.Scan(&c.table, &c.name, &c.kind, &c.required, &key)
		c.member = named.MatchString(c.name) || key != nil && *key == "members"
		return c, err
	}, `SELECT t.name, c.name, c.type, c."notnull" OR c.pk > 0, k."table" FROM sqlite_master t JOIN pragma_table_info(t.name) c
		LEFT JOIN pragma_foreign_key_list(t.name) k ON k."from" = c.name
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%' ORDER BY t.name, c.cid`)
	if err != nil || len(list) < 100 {
		t.Fatalf("%d columns, %v", len(list), err)
	}
	return list
}

// claims are what the stores say, by column.
func claims(t *testing.T, people []person.Data) map[string]person.Column {
	t.Helper()
	all, names := map[string]person.Column{}, map[string]bool{}
	for _, d := range people {
		if (d.Export == nil) != (d.Name == "") || names[d.Name] && d.Name != "" || len(d.Columns) == 0 {
			t.Errorf("%q: what is exported has a name of its own, and there are columns", d.Name)
		}
		names[d.Name] = true
		for _, c := range d.Columns {
			if _, twice := all[c.Name]; twice {
				t.Errorf("%s belongs to two stores", c.Name)
			}
			all[c.Name] = c
			shown, goes := c.Fate == person.Exported || c.Fate == person.Shown, c.Fate == person.Exported || c.Fate == person.Forgotten
			switch {
			case shown && d.Export == nil, goes && d.Forget == nil:
				t.Errorf("%s is said to be %s, and nothing does it", c.Name, c.Fate)
			case !goes && c.Why == "":
				t.Errorf("%s is kept for no reason", c.Name)
			}
		}
	}
	return all
}

// No column can be added without somebody saying whether it holds a member.
func TestEveryColumnHasOneOwner(t *testing.T) {
	db := databasetest.SQLite(t)
	claimed, there := claims(t, persons.All(db)), map[string]bool{}
	for _, c := range schema(t, db) {
		_, is := claimed[c.String()]
		isNot := slices.Contains(strings.Fields(nobody[c.table]), c.name)
		there[c.String()] = true
		switch {
		case is && isNot:
			t.Errorf("%s is in a store's Personal and in this test's list of what says nothing of a member", c)
		case !is && c.member:
			t.Errorf("%s holds a member: say in its store's Personal what an export shows and what leaving takes away", c)
		case !is && !isNot && c.kind == "TEXT":
			t.Errorf("%s: say in its store's Personal what becomes of it, or add it to nobody in this test if it says nothing of a member", c)
		}
	}
	for name := range claimed {
		if !there[name] {
			t.Errorf("there is no column %s", name)
		}
	}
	for table, columns := range nobody {
		for _, name := range strings.Fields(columns) {
			if !there[table+"."+name] {
				t.Errorf("there is no column %s.%s", table, name)
			}
		}
	}
}

const (
	memberID = "01890000-0000-7000-8000-000000000001"
	other    = "01890000-0000-7000-8000-000000000002"
)

// What stores say is what they do: a row of each table that holds the member, its texts
// being the names of their columns, is exported and then forgotten as claimed.
func TestFates(t *testing.T) {
	db := databasetest.SQLite(t)
	db.Pool().SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(t.Context(), query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec(`PRAGMA foreign_keys = OFF`) // rows of one table each, in no order
	people := persons.All(db)
	claimed := claims(t, people)
	now := clock.With(context.Background(), time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul))
	far := int64(4e12) // ms: ends lie ahead
	tables := map[string][]column{}
	for _, c := range schema(t, db) {
		tables[c.table] = append(tables[c.table], c)
	}
	for table, columns := range tables {
		if !slices.ContainsFunc(columns, func(c column) bool { _, is := claimed[c.String()]; return is }) {
			continue
		}
		names, marks, args := []string{}, []string{}, []any{}
		for _, c := range columns {
			_, is := claimed[c.String()]
			var value any
			switch {
			case c.String() == "audit.actor", c.String() == "member_roles.granted_by":
				value = other
			case c.String() == "members.id", c.String() == "audit.subject", c.member:
				value = memberID
			case c.String() == "member_roles.role":
				value = "editor"
			case c.String() == "devices.place":
				value = 1
			case c.String() == "refresh_tokens.session_id":
				value = "sessions.id"
			case c.kind == "TEXT" && (is || c.required):
				value = c.String()
			case c.required:
				value = far
			default:
				continue
			}
			names, args = append(names, c.name), append(args, value)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		exec(`INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...)
	}
	exec(`UPDATE notice_revisions SET tags = '[]'`)
	exec(`UPDATE policies SET value = '1'`)
	exec(`PRAGMA foreign_keys = ON`)

	shown := ""
	for _, d := range people {
		if d.Export == nil {
			continue
		}
		part, err := d.Export(now, memberID)
		if err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		body, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(body)
	}
	exec(`UPDATE members SET leaving_at = 1`)
	for range 2 {
		exec(`UPDATE members SET anonymised_at = NULL`)
		if n, err := (member.Store{DB: db}).Anonymise(now, people, 10); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(claimed)) {
		c := claimed[name]
		table, field, _ := strings.Cut(name, ".")
		holds := regexp.MustCompile(`(?i)`+named.String()).MatchString(field) || name == "members.id" || name == "audit.subject"
		value := name
		switch {
		case holds:
			value = memberID
		case name == "member_roles.role":
			value = "editor"
		case name == "refresh_tokens.session_id":
			value = "sessions.id"
		}
		if (c.Fate == person.Exported || c.Fate == person.Shown) && !strings.Contains(shown, value) {
			t.Errorf("%s is said to be %s, and the export does not show it: %s", name, c.Fate, shown)
		}
		left, err := database.One(t.Context(), db, database.Value[int], `SELECT COUNT(*) FROM `+table+` WHERE `+field+` = $1`, value)
		if err != nil {
			t.Fatal(err)
		}
		if (c.Fate == person.Exported || c.Fate == person.Forgotten) && left != 0 {
			t.Errorf("%s is said to be %s, and it is still there after the member has left", name, c.Fate)
		}
	}
}

// Whatever a member is shown of what is kept, they are told beforehand: what, why, until when and who
// else gets it, in both languages.
func TestEverythingIsTold(t *testing.T) {
	for _, d := range persons.All(nil) {
		if shown := slices.ContainsFunc(d.Columns, func(c person.Column) bool { return c.Fate == person.Exported || c.Fate == person.Shown }); shown && len(d.Notices) == 0 {
			t.Errorf("%s: the privacy policy says nothing of it: give it Notices", d.Columns[0].Name)
		}
		for _, n := range d.Notices {
			for _, text := range []string{n.What.KO, n.What.EN, n.Why.KO, n.Why.EN, n.Until.KO, n.Until.EN} {
				if text == "" {
					t.Errorf("%s: a notice without a text: %+v", d.Columns[0].Name, n)
				}
			}
			if (n.Whom.KO == "") != (n.Whom.EN == "") {
				t.Errorf("%s: who gets it is said in one language: %+v", d.Columns[0].Name, n)
			}
		}
	}
}
