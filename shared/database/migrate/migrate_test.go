package migrate

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// takesAway are statements that break the release which still runs while the new schema is
// there already. Each is right two releases later, where "-- contract: " before it says
// since when nobody needs what goes.
var takesAway = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"drops a table or view", regexp.MustCompile(`^DROP (TABLE|VIEW)\b`)},
	{"drops or renames a column", regexp.MustCompile(`^ALTER TABLE .*\b(DROP|RENAME)\b`)},
	{"renames a table", regexp.MustCompile(`^ALTER TABLE \S+ RENAME\b`)},
	{"changes a column's type or makes it obligatory", regexp.MustCompile(`^ALTER TABLE .*\bALTER (COLUMN )?\S+ (TYPE|SET DATA TYPE|SET NOT NULL)\b`)},
	{"adds a rule that the old release does not know", regexp.MustCompile(`^ALTER TABLE .*\bADD (CONSTRAINT|CHECK|UNIQUE|FOREIGN KEY)\b`)},
	{"makes existing rows unique", regexp.MustCompile(`^CREATE UNIQUE INDEX\b`)},
	{"deletes rows", regexp.MustCompile(`^(DELETE|TRUNCATE)\b`)},
}

var obligatory = regexp.MustCompile(`^ALTER TABLE .*\bADD (COLUMN )?.*\bNOT NULL\b`)

// breaks says what of a migration the release before it cannot live with.
func breaks(file string) []string {
	_, up, there := strings.Cut(file, "-- +goose Up")
	up, _, reversible := strings.Cut(up, "-- +goose Down")
	found := []string{}
	if !there || !reversible {
		return append(found, "has no way up or down: write `-- +goose Up` and `-- +goose Down`")
	}
	made := map[string]bool{} // tables of this file: nobody uses them yet
	for _, part := range strings.SplitAfter(up, ";") {
		contract, lines := false, []string{}
		for line := range strings.Lines(part) {
			code, comment, _ := strings.Cut(line, "--")
			contract = contract || strings.HasPrefix(strings.TrimSpace(comment), "contract: ")
			lines = append(lines, strings.TrimSpace(code))
		}
		statement := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
		upper := strings.ToUpper(statement)
		if name, is := strings.CutPrefix(upper, "CREATE TABLE "); is {
			made[strings.Trim(strings.Fields(name)[0], "(")] = true
		}
		if contract || on(upper, made) {
			continue
		}
		for _, t := range takesAway {
			if t.pattern.MatchString(upper) {
				found = append(found, t.what+": "+statement)
			}
		}
		if obligatory.MatchString(upper) && !strings.Contains(upper, " DEFAULT ") {
			found = append(found, "adds a column that the old release does not fill: "+statement)
		}
	}
	return found
}

// on says that a statement is about one of these tables.
func on(statement string, tables map[string]bool) bool {
	for _, before := range []string{"ALTER TABLE ", " ON ", "DELETE FROM "} {
		if _, rest, is := strings.Cut(statement, before); is && tables[strings.TrimRight(strings.Fields(rest)[0], "(")] {
			return true
		}
	}
	return false
}

// Blue runs while green's schema is there (docs/decisions/0002), so every file only adds.
func TestMigrationsOnlyAdd(t *testing.T) {
	names, err := fs.Glob(files, "files/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range breaks(string(content)) {
			t.Errorf("shared/database/migrate/%s %s\nThe release before it still runs then: only add here, with a DEFAULT. What nobody needs any more goes two releases later, under the line `-- contract: since <release> nobody needs it`.", name, what)
		}
	}
}

func TestBreaks(t *testing.T) {
	for statement, want := range map[string]string{
		"ALTER TABLE uploads ADD COLUMN alt TEXT NOT NULL DEFAULT ''":                  "",
		"ALTER TABLE uploads ADD alt TEXT":                                             "",
		"CREATE TABLE x (id TEXT); CREATE UNIQUE INDEX i ON x (id)":                    "",
		"CREATE INDEX i ON notices (title)":                                            "",
		"-- contract: since 2026.3 nobody reads it\nALTER TABLE notices DROP COLUMN a": "",
		"ALTER TABLE uploads ADD COLUMN alt TEXT NOT NULL":                             "adds a column",
		"alter table notices\n  drop column title":                                     "drops or renames a column",
		"ALTER TABLE notices RENAME TO posts":                                          "renames a table",
		"ALTER TABLE notices ALTER COLUMN title SET NOT NULL":                          "obligatory",
		"ALTER TABLE notices ADD CONSTRAINT c CHECK (title <> '')":                     "a rule",
		"CREATE UNIQUE INDEX i ON notices (title)":                                     "unique",
		"DROP TABLE notices":                                                           "drops a table",
		"DELETE FROM notices":                                                          "deletes rows",
	} {
		got := strings.Join(breaks("-- +goose Up\n"+statement+";\n-- +goose Down\n"), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
	if got := breaks("-- +goose Up\nCREATE TABLE x (id TEXT);\n"); len(got) != 1 {
		t.Errorf("no way back, and %v", got)
	}
}
