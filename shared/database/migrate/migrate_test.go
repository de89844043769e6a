package migrate

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

var (
	adds   = regexp.MustCompile(`^ALTER TABLE (\S+) ADD (?:COLUMN )?(\S+)`)
	unique = regexp.MustCompile(`^CREATE UNIQUE INDEX \S+ ON (\S+ \([^,]*\))`)
)

var obligatory = regexp.MustCompile(`^ALTER TABLE .*\bADD (COLUMN )?.*\bNOT NULL\b`)

// breaks says what of a migration the release before it cannot live with.
func breaks(file string) []string {
	_, up, there := strings.Cut(file, "-- +goose Up")
	up, _, reversible := strings.Cut(up, "-- +goose Down")
	found := []string{}
	if !there || !reversible {
		return append(found, "has no way up or down: write `-- +goose Up` and `-- +goose Down`")
	}
	made := map[string]bool{}  // tables of this file: nobody uses them yet
	added := map[string]bool{} // columns of this file, as TABLE (COLUMN): nobody fills them yet
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
		if column := adds.FindStringSubmatch(upper); column != nil {
			added[column[1]+" ("+column[2]+")"] = true
		}
		if index := unique.FindStringSubmatch(upper); contract || on(upper, made) || index != nil && added[index[1]] {
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
		"ALTER TABLE x ADD COLUMN c TEXT; CREATE UNIQUE INDEX i ON x (c)":              "",
		"ALTER TABLE x ADD COLUMN c TEXT; CREATE UNIQUE INDEX i ON x (d)":              "unique",
		"ALTER TABLE x ADD COLUMN c TEXT; CREATE UNIQUE INDEX i ON y (c)":              "unique",
		"-- contract: since 2026.3 nobody reads it\nALTER TABLE notices DROP COLUMN a": "",
		"ALTER TABLE uploads ADD COLUMN alt TEXT NOT NULL":                             "adds a column",
		"alter table notices\n  drop column title":                                     "drops or renames a column",
		"ALTER TABLE notices RENAME TO posts":                                          "renames a table",
		"ALTER TABLE notices ALTER COLUMN title SET NOT NULL":                          "obligatory",
		"ALTER TABLE notices ADD CONSTRAINT c CHECK (title <> '')":                     "a rule",
		"CREATE UNIQUE INDEX i ON notices (title)":                                     "unique",
		"DROP TABLE notices":  "drops a table",
		"DELETE FROM notices": "deletes rows",
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

var (
	numbered = regexp.MustCompile(`^(?:0000[1-9]_[a-z_]+|20261129_things|20261130_things)\.sql$`) // from before files had minutes
	dated    = regexp.MustCompile(`^((?:20[0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9])_([a-z]+)\.sql$`)
)

// misnamed says what is wrong with the names of migrations, by those of the packages that own tables.
func misnamed(files, packages []string) []string {
	found, versions := []string{}, map[string]string{}
	for _, name := range files {
		if numbered.MatchString(name) {
			continue
		}
		m := dated.FindStringSubmatch(name)
		if m == nil {
			found = append(found, name+" is not called by minute and owner: rename it, as 202612011430_minutes.sql")
			continue
		}
		version, owner := m[1], m[2]
		if !slices.ContainsFunc(packages, func(p string) bool {
			return owner == p || owner == p+"s" || owner == p+"es" || owner == strings.TrimSuffix(p, "y")+"ies"
		}) {
			found = append(found, fmt.Sprintf("%s: no package of shared is called %s: name the one that owns the tables, in the plural", name, owner))
		}
		if other, taken := versions[version]; taken {
			found = append(found, fmt.Sprintf("%s and %s have one version: give the newer one a later minute", other, name))
		}
		versions[version] = name
	}
	return found
}

func TestMigrationsAreNamed(t *testing.T) {
	names, err := fs.Glob(files, "files/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	packages := []string{}
	for _, room := range []string{".", "council", "identity", "media", "operation"} {
		entries, err := os.ReadDir(filepath.Join("..", "..", room))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			packages = append(packages, e.Name())
		}
	}
	slices.SortFunc(names, cmp.Compare)
	for i := range names {
		names[i] = path.Base(names[i])
	}
	for _, what := range misnamed(names, packages) {
		t.Error(what)
	}
}

func TestMisnamed(t *testing.T) {
	packages := []string{"minute", "policy", "audit", "thing"}
	for list, want := range map[string]string{
		"00001_foundation.sql 202612011430_minutes.sql 202612011430_audit.sql": "have one version",
		"202612011430_policies.sql 202612021430_minutes.sql":                   "",
		"20261202_minutes.sql":     "not called by minute", // it would be applied before all others
		"00010_minutes.sql":        "not called by minute",
		"202613010000_minutes.sql": "not called by minute",
		"202612010000_seats.sql":   "no package",
	} {
		got := strings.Join(misnamed(strings.Fields(list), packages), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}

// A comment or a space changes nothing; a statement does.
func TestSum(t *testing.T) {
	was := sum("-- Minutes.\n\nCREATE TABLE minutes (\n    id TEXT -- of 12\n);\n")
	if same := sum("CREATE TABLE minutes (\n  id TEXT\n);"); same != was {
		t.Error("a comment counts")
	}
	if other := sum("CREATE TABLE minutes (\n  id TEXT, at BIGINT\n);"); other == was {
		t.Error("a column does not count")
	}
	sums, err := Sums()
	if err != nil || sums["00001_foundation.sql"] == "" {
		t.Errorf("%v, %v", sums, err)
	}
}
