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
	statement = regexp.MustCompile(`^\s*(?:SELECT\s[^/]*\sFROM|INSERT INTO|DELETE FROM|UPDATE\s+\S+\s+SET)\s`)
	makes     = regexp.MustCompile(`\b(?:INSERT INTO|DELETE FROM)\s+([a-z_]+)`)
	changes   = regexp.MustCompile(`\bUPDATE\s+([a-z_]+)\s+SET\b`)
)

// guests change rows of tables that others own, each for its reason.
var guests = map[string]string{
	"shared/identity/credential changes members": "password and second factor are columns of the account",
}

// literals calls see with each text in the sources of a folder, tests excluded, and with the
// folder of its package.
func literals(t *testing.T, root string, see func(folder, text string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
		folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(folder, "test") {
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
}

// One package makes and deletes the rows of a table and changes them, so that its rules
// about them are in one place.
func TestTablesHaveOneOwner(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	owners, writers, used := map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}
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
	for table, by := range writers {
		for folder := range by {
			guest := folder + " changes " + table
			if _, excused := guests[guest]; excused {
				used[guest] = true
			} else if !owners[table][folder] {
				t.Errorf("%s, whose rows are %v's: ask its store to do so", guest, slices.Sorted(maps.Keys(owners[table])))
			}
		}
	}
	for guest := range guests {
		if !used[guest] {
			t.Errorf("the exception %q is stale", guest)
		}
	}
}
