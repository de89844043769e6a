package upload

import (
	"html"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// byID is the address that shared/media/markdown gives a picture that a text names by its upload.
const byID = FilesPath + "by-id/"

// textWidth says how wide a picture is in the column of a text.
const textWidth = "(min-width: 46rem) 42rem, 100vw"

// inText is a picture in a text, as shared/media/markdown writes it.
var inText = regexp.MustCompile(`<img src="([^"]+)"(?: alt="([^"]*)")?[^>]*>`)

// Place gives the pictures of a text, as shared/media/markdown made it, the sizes that there are,
// so that nothing jumps when they come and telephones load small ones. Those that the text names
// by their upload lead to the whole picture; one of them that is not among files is what it would
// show, in words. It names those that stand in the text, each once.
func Place(markup string, files []File) (placed string, ids []string) {
	placed = inText.ReplaceAllStringFunc(markup, func(img string) string {
		m := inText.FindStringSubmatch(img)
		src, alt := html.UnescapeString(m[1]), html.UnescapeString(m[2])
		id, named := strings.CutPrefix(src, byID)
		i := slices.IndexFunc(files, func(f File) bool {
			return f.ID == id || f.URL == src || slices.ContainsFunc(f.Variants, func(v Variant) bool { return v.URL == src })
		})
		if i < 0 {
			if named {
				return words(alt)
			}
			return img
		}
		f := files[i]
		if alt == "" {
			alt = f.Says()
		}
		if len(f.Variants) == 0 && !named {
			return img
		}
		if !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
		switch {
		case len(f.Variants) == 0: // until they are made, some seconds after the upload
			return words(alt)
		case named:
			return f.Enlarging(alt)
		default:
			return f.img(alt)
		}
	})
	return placed, ids
}

// words stand for a picture that cannot be shown.
func words(alt string) string { return `<span class="unshown">` + html.EscapeString(alt) + `</span>` }

// Says is what a picture shows, in its editor's words or by its name.
func (f File) Says() string {
	if f.Alt != "" {
		return f.Alt
	}
	return strings.TrimSuffix(f.Name, path.Ext(f.Name))
}

// Enlarging is a picture that has sizes, as it stands in the column of a text, and leads to the
// whole one. It is markup; alt is what it shows, as text.
func (f File) Enlarging(alt string) string {
	return `<a class="enlarge" href="` + html.EscapeString(f.URL) + `">` + f.img(alt) + `</a>`
}

// img is a picture in the sizes that there are, in the column of a text. A film moves, but for who asks for less motion.
func (f File) img(alt string) string {
	set := []string{}
	for _, v := range f.Variants {
		set = append(set, v.URL+" "+strconv.Itoa(v.Width)+"w")
	}
	largest := f.Variants[len(f.Variants)-1]
	sizes := ` srcset="` + html.EscapeString(strings.Join(set, ", ")) + `" sizes="` + textWidth + `"`
	rest := ` width="` + strconv.Itoa(largest.Width) + `" height="` + strconv.Itoa(largest.Height) + `" alt="` + html.EscapeString(alt) + `" loading="lazy">`
	if f.Moving != "" {
		return `<picture><source media="(prefers-reduced-motion: reduce)"` + sizes + `><img src="` + html.EscapeString(f.Moving) + `"` + rest + `</picture>`
	}
	return `<img src="` + html.EscapeString(largest.URL) + `"` + sizes + rest
}
