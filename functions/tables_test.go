package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	statement = regexp.MustCompile(`^\s*(?:SELECT|WITH|INSERT INTO|DELETE FROM|UPDATE\s+\S+\s+SET)\s`) // also the beginning of one that is put together
	makes     = regexp.MustCompile(`\b(?:INSERT INTO|DELETE FROM)\s+([a-z_]+)`)
	changes   = regexp.MustCompile(`\bUPDATE\s+([a-z_]+)\s+SET\b`)
	reads     = regexp.MustCompile(`\b(?:FROM|JOIN)\s+([a-z_]+)`)
)

// guests change or read rows of tables that others own, each for its reason: who renames a column finds here whom it breaks.
var guests = map[string]string{
	"shared/identity/credential changes members":  "password and second factor are columns of the account",
	"shared/identity/credential reads members":    "password and second factor are columns of the account",
	"shared/identity/member changes uploads":      "a proof of being a student ends with the decision, in its unit of work; the store of files would link pictures into every sign-in",
	"shared/identity/session reads members":       "every request asks who it is in one statement",
	"shared/identity/session reads member_roles":  "every request asks who it is in one statement",
	"shared/identity/session reads devices":       "a session that ran out is kept while a device hangs on it",
	"shared/council/device reads sessions":        "a device is told only while the session lasts that turned it on",
	"shared/council/device reads members":         "a device is told only while its member's account works",
	"shared/council/topic reads members":          "nothing is chosen for an account that is gone, not even as it goes",
	"shared/operation/audit reads members":        "a record is told with names as of then and now",
	"shared/operation/audit reads member_roles":   "whether somebody works for the council is asked as a record is written",
	"shared/operation/audit reads things":         "a record is told with the title of what it is about",
	"shared/operation/audit reads uploads":        "a record is told with the name of what it is about",
	"shared/operation/bill reads dead_letters":    "it counts rows and knows nothing else of them",
	"shared/operation/bill reads outbox":          "it counts rows and knows nothing else of them",
	"shared/operation/bill reads uploads":         "it adds up bytes and knows nothing else of them",
	"shared/operation/bill reads upload_variants": "it adds up bytes and knows nothing else of them",
}

// literals calls see with each text in the sources of a folder, tests excluded, and with the
// folder of its package.
func literals(t *testing.T, root string, see func(folder, text string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
		folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || helps(folder) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, is := n.(*ast.BasicLit); is && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					see(folder, text)
				}
			}
			if table := versioned(n); table != "" {
				see(folder, "INSERT INTO "+table)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// versioned is the table whose rows are made through a database.Versions, where n is one; else "".
func versioned(n ast.Node) string {
	literal, is := n.(*ast.CompositeLit)
	if !is {
		return ""
	}
	if of, is := literal.Type.(*ast.SelectorExpr); !is || of.Sel.Name != "Versions" {
		return ""
	}
	for _, e := range literal.Elts {
		pair, _ := e.(*ast.KeyValueExpr)
		if pair == nil {
			continue
		}
		key, _ := pair.Key.(*ast.Ident)
		if value, is := pair.Value.(*ast.BasicLit); is && key != nil && key.Name == "Table" {
			table, _ := strconv.Unquote(value.Value)
			return table
		}
	}
	return ""
}

// A function knows no table: its stores do.
func TestFunctionsHoldNoSQL(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	literals(t, "functions", func(folder, text string) {
		if statement.MatchString(text) {
			t.Errorf("%s holds SQL; move it to the store that owns the table: %s", folder, strings.Join(strings.Fields(text), " "))
		}
	})
	product(t, func(path, _ string, file *ast.File) {
		if !strings.HasPrefix(filepath.ToSlash(path), "../functions/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.SelectorExpr)
			if !is {
				return true
			}
			of, _ := call.X.(*ast.Ident)
			asks := of != nil && of.Name == "database" && (call.Sel.Name == "All" || call.Sel.Name == "One")
			if asks || call.Sel.Name == "Exec" || call.Sel.Name == "QueryContext" || call.Sel.Name == "Pool" {
				t.Errorf("%s asks the database (%s); move that to the store that owns the table", path, call.Sel.Name)
			}
			return true
		})
	})
}

// One package makes and deletes the rows of a table, changes and reads them, so that its rules
// about them are in one place. No import tells of who looks into another's.
func TestTablesHaveOneOwner(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	owners, writers, readers, used := map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}
	note := func(of map[string]map[string]bool, table, folder string) {
		if of[table] == nil {
			of[table] = map[string]bool{}
		}
		of[table][folder] = true
	}
	for _, root := range []string{"functions", "shared", "knative"} {
		literals(t, root, func(folder, text string) {
			for _, m := range makes.FindAllStringSubmatch(text, -1) {
				note(owners, m[1], folder)
			}
			for _, m := range changes.FindAllStringSubmatch(text, -1) {
				note(writers, m[1], folder)
			}
			for _, m := range reads.FindAllStringSubmatch(text, -1) {
				note(readers, m[1], folder)
			}
		})
	}
	if len(owners) < 20 {
		t.Fatalf("only %d tables were found", len(owners))
	}
	for table, by := range owners {
		if len(by) > 1 {
			t.Errorf("rows of %s are made or deleted by %v: leave that to one of them", table, slices.Sorted(maps.Keys(by)))
		}
	}
	for verb, all := range map[string]map[string]map[string]bool{" changes ": writers, " reads ": readers} {
		for table, by := range all {
			for folder := range by {
				guest := folder + verb + table
				if _, excused := guests[guest]; excused {
					used[guest] = true
				} else if owners[table] != nil && !owners[table][folder] {
					t.Errorf("%s, whose rows are %v's: ask its store to do so, or say in guests why not", guest, slices.Sorted(maps.Keys(owners[table])))
				}
			}
		}
	}
	for guest := range guests {
		if !used[guest] {
			t.Errorf("the exception %q is stale", guest)
		}
	}
}
