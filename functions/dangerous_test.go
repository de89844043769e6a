package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// dangerous are what functions and what they share do not import, but for who needs it.
var dangerous = map[string]struct {
	why string
	but []string // folders
}{
	"os/exec":         {why: "runs programs"},
	"plugin":          {why: "runs programs"},
	"unsafe":          {why: "memory that nothing checks"},
	"C":               {why: "memory that nothing checks"},
	"text/template":   {why: "writes texts into pages unescaped, and builds templates of texts"},
	"html/template":   {why: "builds templates of texts; pages are gomponents"},
	"encoding/gob":    {why: "makes objects of what comes"},
	"encoding/xml":    {why: "nothing that comes is XML", but: []string{"shared/objects/embedded", "shared/media/filetype", "shared/face", "shared/face/icon", "functions/feeds"}}, // a laptop's object storage speaks S3; Office files and marks are XML, and this reader knows no entities; feeds write it and read none
	"net/http/pprof":  {why: "shows the inside of a process"},
	"expvar":          {why: "shows the inside of a process"},
	"math/rand":       {why: "can be guessed"},
	"math/rand/v2":    {why: "can be guessed"},
	"crypto/des":      {why: "is broken"},
	"crypto/rc4":      {why: "is broken"},
	"crypto/md5":      {why: "is broken", but: []string{"shared/objects", "shared/objects/embedded"}},           // S3 names parts by it; nothing is believed for it
	"crypto/sha1":     {why: "is broken", but: []string{"shared/identity/totp"}},                                // HMAC-SHA1 is what authenticator apps know
	"crypto/cipher":   {why: "modes are chosen in one place", but: []string{"shared/secret", "shared/webpush"}}, // browsers know one mode (RFC 8291)
	"crypto/aes":      {why: "modes are chosen in one place", but: []string{"shared/secret", "shared/webpush"}},
	"crypto/rsa":      {why: "no key of ours is one"},
	"crypto/ecdsa":    {why: "no key of ours is one", but: []string{"shared/webpush"}}, // push services know ES256 alone (RFC 8292)
	"crypto/dsa":      {why: "is broken"},
	"crypto/elliptic": {why: "no key of ours is one", but: []string{"shared/webpush"}},
}

// product walks the Go files of what serves: functions and what they share, without tests and
// what only tests import.
func product(t *testing.T, look func(path, folder string, file *ast.File)) {
	t.Helper()
	for _, root := range []string{"../functions", "../shared"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || helps(folder) {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err == nil {
				look(path, folder, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Nothing that serves runs programs, builds templates, reads what makes objects, or chooses
// ciphers and random numbers by itself.
func TestNothingDangerousIsImported(t *testing.T) {
	product(t, func(path, folder string, file *ast.File) {
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if d, is := dangerous[name]; is && !slices.Contains(d.but, folder) {
				t.Errorf("%s imports %s: %s; take what the others use (git grep it), or name the folder beside it in dangerous, in functions/dangerous_test.go", path, name, d.why)
			}
		}
	})
}

// Cookies are made by shared/cookie alone, where no script can read them and only this host
// gets them, over TLS; and each has a name by which browsers hold the site to that.
func TestCookiesAreMadeInOnePlace(t *testing.T) {
	named := 0
	product(t, func(path, folder string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.CompositeLit:
				if of, is := v.Type.(*ast.SelectorExpr); is && of.Sel.Name == "Cookie" && folder != "shared/cookie" {
					t.Errorf("%s makes a cookie: take it from shared/cookie", path)
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(v.Value)
				if v.Kind != token.STRING || err != nil || !strings.Contains(text, "madang") || strings.Contains(text, "/") || folder != "shared/cookie" && folder != "shared/auth" {
					return true
				}
				if named++; !strings.HasPrefix(text, "__Host-") {
					t.Errorf("%s: a cookie is named %s: begin its name with __Host-", path, text)
				}
			}
			return true
		})
	})
	if named < 4 {
		t.Errorf("%d names of cookies were found in shared/cookie and shared/auth: if they are elsewhere now, look there", named)
	}
}

// Nobody changes what belongs to all: no package exports a map, a slice or something behind a pointer as a variable. Errors
// that are compared are fine, and so are the Specs of functions, which nothing keeps from being read.
func TestNothingExportedChanges(t *testing.T) {
	product(t, func(path, folder string, file *ast.File) {
		for _, declaration := range file.Decls {
			group, is := declaration.(*ast.GenDecl)
			if !is || group.Tok != token.VAR {
				continue
			}
			for _, s := range group.Specs {
				spec, _ := s.(*ast.ValueSpec)
				for i, name := range spec.Names {
					if !name.IsExported() {
						continue
					}
					changes := func(n ast.Expr) bool {
						switch n.(type) {
						case *ast.MapType, *ast.ArrayType, *ast.StarExpr:
							return true
						default:
							return false
						}
					}
					shared := changes(spec.Type)
					if i < len(spec.Values) {
						switch v := spec.Values[i].(type) {
						case *ast.CompositeLit:
							shared = shared || changes(v.Type)
						case *ast.UnaryExpr:
							shared = shared || v.Op == token.AND
						case *ast.CallExpr:
							f, _ := v.Fun.(*ast.Ident)
							shared = shared || f != nil && (f.Name == "make" || f.Name == "new")
						}
					}
					if shared {
						t.Errorf("%s: anybody may change %s.%s: make it a function that returns a new one", path, folder, name.Name)
					}
				}
			}
		}
	})
}

// scripted is what makes code or elements of texts in a browser, or listens to other windows.
var scripted = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setTimeout\(["'` + "`" + `]|setInterval\(["'` + "`" + `]|createContextualFragment|setHTMLUnsafe|DOMParser|window\.addEventListener\('message'|\bonmessage\b|__proto__|javascript:|document\.cookie|paste`)

// No script of the site makes code or elements of texts, but one that parses what the server
// sanitised; none listens to other windows, reads cookies or reaches prototypes.
func TestScriptsMakeNoCodeOfTexts(t *testing.T) {
	but := map[string]string{
		"dom.js":          "DOMParser", // shows a preview: the server's sanitised HTML, in which no script runs
		"noble-sha256.js": "__proto__", // refuses it
		"writing.js":      "paste",     // takes the pictures of what is pasted, and no markup
	}
	files := []string{}
	for _, pattern := range []string{"../shared/ui/assets/*.js", "../shared/ui/desk/assets/*.js", "../functions/*/assets/*.js", "../functions/*/desk/assets/*.js"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Errorf("%d scripts were found: if they are elsewhere now, add the folder above", len(files))
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range scripted.FindAllString(string(content), -1) {
			if but[filepath.Base(path)] != found {
				t.Errorf("%s has %s: make elements with shared/ui/assets/dom.js", path, found)
			}
		}
	}
}
