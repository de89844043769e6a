package feeds

import (
	"encoding/xml"
	"time"
)

// atomSpace is the namespace of Atom.
const atomSpace = "http://www.w3.org/2005/Atom"

// Atom (RFC 4287).
type atom struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language string      `xml:"xml:lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle"`
	Updated  string      `xml:"updated"`
	Author   atomPerson  `xml:"author"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel     string `xml:"rel,attr"`
	Type    string `xml:"type,attr"`
	Address string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string         `xml:"id"`
	Title     atomText       `xml:"title"`
	Link      atomLink       `xml:"link"`
	Published string         `xml:"published"`
	Updated   string         `xml:"updated"`
	Author    atomPerson     `xml:"author"`
	Tags      []atomCategory `xml:"category"`
	Summary   atomText       `xml:"summary"`
}

type atomText struct {
	Language string `xml:"xml:lang,attr"`
	Said     string `xml:",chardata"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// nothingYet is when a feed without entries was updated: Atom demands a time, and that of asking
// would make other bytes each time.
const nothingYet = "1970-01-01T09:00:00+09:00"

func writeAtom(f feed) ([]byte, error) {
	a := atom{
		Language: f.Language, ID: f.ID, Title: f.Title, Subtitle: f.Description, Updated: nothingYet, Author: atomPerson{f.Council},
		Links: []atomLink{{"self", "application/atom+xml", f.Self}, {"alternate", "text/html", f.Home}},
	}
	if f.Updated != nil {
		a.Updated = f.Updated.Format(time.RFC3339)
	}
	for _, i := range f.Items {
		e := atomEntry{
			ID: i.ID, Title: atomText{i.Language, i.Title}, Link: atomLink{"alternate", "text/html", i.URL}, Published: i.Published.Format(time.RFC3339), Updated: i.Updated.Format(time.RFC3339),
			Author: atomPerson{i.Unit}, Summary: atomText{"ko", i.Line},
		}
		for _, tag := range i.Tags {
			e.Tags = append(e.Tags, atomCategory{tag})
		}
		a.Entries = append(a.Entries, e)
	}
	return written(a)
}
