package filetype

import (
	"archive/zip"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// maxMarkup is how many bytes of an Office document's XML, unpacked, are read in all.
const maxMarkup = 64 << 20

// parcel is an Office document: a package of parts (ECMA-376, part 2), whose types one list names and whose relationships
// say what each is for. Names of parts are compared without case.
type parcel struct {
	parts     map[string]*zip.File
	defaults  map[string]string // content types by extension
	overrides map[string]string // content types by part
	left      int64             // bytes of XML that may still be read
}

// office wants the main part that the package's relationships name, of a type without macros, and nothing in the package
// that runs or is fetched when the document is opened.
func office(has map[string]*zip.File) (string, error) {
	for _, z := range has {
		if z.Flags&1 != 0 {
			return "", refuse(Encrypted, "%q", z.Name)
		}
	}
	p := &parcel{parts: has, defaults: map[string]string{}, overrides: map[string]string{}, left: maxMarkup}
	if err := p.types(); err != nil {
		return "", err
	}
	main, err := p.main()
	if err != nil {
		return "", err
	}
	is := p.typeOf(main)
	if strings.Contains(strings.ToLower(is), "macroenabled") {
		return "", refuse(NotAllowed, "an Office document with macros: %q", is)
	}
	for ext, mime := range map[string]string{"docx": mimeDOCX, "xlsx": mimeXLSX, "pptx": mimePPTX} {
		if has[main] != nil && strings.EqualFold(is, mime+".main+xml") {
			return ext, p.harmless()
		}
	}
	return "", refuse(NotAllowed, "an Office package of type %q", is)
}

// typeOf is the content type of a part.
func (p *parcel) typeOf(part string) string {
	if is, known := p.overrides[part]; known {
		return is
	}
	return p.defaults[strings.TrimPrefix(path.Ext(part), ".")]
}

// types reads the list of content types.
func (p *parcel) types() error {
	return p.elements("[content_types].xml", func(e xml.StartElement) error {
		is := attribute(e, "ContentType")
		switch e.Name.Local {
		case "Default":
			p.defaults[strings.ToLower(attribute(e, "Extension"))] = is
		case "Override":
			p.overrides[strings.ToLower(strings.TrimPrefix(attribute(e, "PartName"), "/"))] = is
		}
		return nil
	})
}

// main is the part that the package's own relationships say the document is.
func (p *parcel) main() (string, error) {
	found := ""
	err := p.relationships("_rels/.rels", func(r relationship) error {
		if r.kind != "officeDocument" || r.external {
			return nil
		}
		target := strings.ReplaceAll(r.target, `\`, "/")
		if unescaped, err := url.PathUnescape(target); err == nil {
			target = unescaped
		}
		target = strings.ToLower(strings.TrimPrefix(path.Clean("/"+target), "/"))
		if found != "" && found != target {
			return refuse(Polyglot, "an Office package with two documents")
		}
		found = target
		return nil
	})
	return found, err
}

// harmless refuses what runs: macros, controls, embedded objects, links to programs; and what is fetched without being
// asked for: templates, objects and frames that lie elsewhere. Where a reader goes by a click, and what a document of the
// same computer once was made with, is no harm.
func (p *parcel) harmless() error {
	for name, z := range p.parts {
		if is, err := p.active(name, z); is != "" || err != nil {
			return cmp.Or(err, refuse(ActiveContent, "%q of type %q", z.Name, is))
		}
		if runs(name) {
			return refuse(ActiveContent, "%q", z.Name)
		}
		if isRelationships(name) {
			if err := p.relationships(name, judged); err != nil {
				return err
			}
		}
		if strings.HasPrefix(name, "xl/externallinks/") && strings.HasSuffix(name, ".xml") {
			if err := p.elements(name, noDDE); err != nil {
				return err
			}
		}
	}
	return nil
}

// active is the content type by which a part runs, or "". What the list says of a part alone counts; what it says of all
// of an extension, as some libraries always do, counts for a part that is a compound file, as programs and controls are:
// settings of a printer are called .bin too.
func (p *parcel) active(name string, z *zip.File) (string, error) {
	if strings.HasSuffix(name, ".rels") || folder(z.Name) || name == "[content_types].xml" {
		return "", nil
	}
	is := strings.ToLower(p.typeOf(name))
	if !slices.ContainsFunc([]string{"macroenabled", "vbaproject", "macrosheet", "activex", "oleobject", "attachedtoolbars"}, func(word string) bool { return strings.Contains(is, word) }) {
		return "", nil
	}
	if _, alone := p.overrides[name]; alone || strings.HasSuffix(is, "+xml") {
		return is, nil
	}
	head, err := beginning(z, len(compoundMagic))
	if err != nil || string(head) != compoundMagic {
		return "", err
	}
	return is, nil
}

func isRelationships(name string) bool {
	return path.Base(path.Dir(name)) == "_rels" && strings.HasSuffix(name, ".rels")
}

// noDDE refuses a link of a sheet that starts a program and asks it.
func noDDE(e xml.StartElement) error {
	if strings.EqualFold(e.Name.Local, "ddeLink") {
		return refuse(ActiveContent, "a sheet with a DDE link")
	}
	return nil
}

// relationship is one of a part to another one, or to what lies outside of the package.
type relationship struct {
	kind     string // the last part of its type, as "hyperlink"
	target   string
	external bool
}

// relationships reads those of one part.
func (p *parcel) relationships(name string, each func(relationship) error) error {
	return p.elements(name, func(e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		return each(relationship{path.Base(attribute(e, "Type")), attribute(e, "Target"), strings.EqualFold(attribute(e, "TargetMode"), "External")})
	})
}

// judged refuses a relationship that runs or fetches something.
func judged(r relationship) error {
	kind := strings.ToLower(r.kind)
	switch {
	case slices.Contains([]string{"oleobject", "control", "activexcontrolbinary", "vbaproject", "xlmacrosheet", "xlintlmacrosheet", "attachedtoolbars"}, kind) && !r.external:
		return refuse(ActiveContent, "an Office document with %s: %q", r.kind, r.target)
	case kind == "afchunk" && !slices.Contains([]string{"", ".htm", ".html", ".xhtml", ".mht", ".txt", ".xml", ".docx"}, strings.ToLower(path.Ext(r.target))):
		return refuse(ActiveContent, "an Office document with a part to be imported: %q", r.target)
	case !r.external:
		return nil
	case kind == "hyperlink":
		if local(r.target) && runs(r.target) {
			return refuse(ActiveContent, "an Office document with a link to a program: %q", r.target)
		}
		return nil
	case strings.HasPrefix(kind, "externallink"), slices.Contains([]string{"image", "video", "audio", "media"}, kind) && web(r.target):
		return nil // asked for by the program, or shown
	case !local(r.target):
		return refuse(ActiveContent, "an Office document with %s elsewhere: %q", r.kind, r.target)
	}
	return nil
}

func web(target string) bool {
	u, err := url.Parse(target)
	return err == nil && (strings.EqualFold(u.Scheme, "https") || strings.EqualFold(u.Scheme, "http"))
}

// local says whether a target is on the computer that the document is opened on: a path, or a file: address without a
// host. Paths that begin with two slashes, of either kind, are on another computer.
func local(target string) bool {
	target = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(target), `\`, "/"))
	if unescaped, err := url.PathUnescape(target); err == nil {
		target = strings.ReplaceAll(unescaped, `\`, "/")
	}
	if rest, file := strings.CutPrefix(target, "file:"); file {
		slashes := len(rest) - len(strings.TrimLeft(rest, "/"))
		host, _, _ := strings.Cut(rest[slashes:], "/")
		return slashes < 2 || slashes == 3 || slashes == 2 && (host == "" || host == "localhost" || drive(host))
	}
	scheme, _, has := strings.Cut(target, ":")
	return !strings.HasPrefix(target, "//") && (!has || strings.Contains(scheme, "/") || drive(scheme+":"))
}

// drive says whether s is one of Windows' letters of a disk.
func drive(s string) bool { return len(s) == 2 && s[1] == ':' && s[0] >= 'a' && s[0] <= 'z' }

// elements gives the start of each element of a part that is XML.
func (p *parcel) elements(name string, each func(xml.StartElement) error) error {
	z := p.parts[name]
	if z == nil {
		return nil
	}
	r, err := z.Open()
	if err != nil {
		return refuse(Truncated, "%q: %v", z.Name, err)
	}
	defer func() { _ = r.Close() }()
	limited := &io.LimitedReader{R: r, N: p.left}
	d := xml.NewDecoder(limited)
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0:
			p.left = limited.N
			return nil
		case limited.N <= 0:
			return refuse(ArchiveBomb, "more than %d bytes of relationships", maxMarkup)
		case err != nil:
			return refuse(Truncated, "%q: %v", z.Name, err)
		}
		if e, start := token.(xml.StartElement); start {
			if err := each(e); err != nil {
				return err
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
