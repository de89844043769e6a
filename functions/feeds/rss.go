package feeds

import (
	"encoding/xml"
	"time"
)

// written is a document of XML with its declaration.
func written(v any) ([]byte, error) {
	body, err := xml.Marshal(v)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says which type cannot be written
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

// RSS 2.0 (https://www.rssboard.org/rss-specification), with what Atom has for the address of the
// feed itself and for updates, and Dublin Core's creator, since RSS has authors by mail address alone.
type rss struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Core    string     `xml:"xmlns:dc,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Self        atomLink  `xml:"atom:link"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	GUID        rssGUID  `xml:"guid"`
	Published   string   `xml:"pubDate"`
	Updated     string   `xml:"atom:updated"`
	Unit        string   `xml:"dc:creator"`
	Tags        []string `xml:"category"`
	Description string   `xml:"description"`
}

type rssGUID struct {
	IsPermaLink bool   `xml:"isPermaLink,attr"`
	ID          string `xml:",chardata"`
}

func writeRSS(f feed) ([]byte, error) {
	c := rssChannel{Title: f.Title, Link: f.Home, Description: f.Description, Language: f.Language, Self: atomLink{Rel: "self", Type: "application/rss+xml", Address: f.Self}}
	if f.Updated != nil {
		c.Built = f.Updated.Format(time.RFC1123Z)
	}
	for _, i := range f.Items {
		c.Items = append(c.Items, rssItem{
			Title: i.Title, Link: i.URL, GUID: rssGUID{ID: i.ID}, Published: i.Published.Format(time.RFC1123Z), Updated: i.Updated.Format(time.RFC3339), Unit: i.Unit, Tags: i.Tags, Description: i.Line,
		})
	}
	return written(rss{Version: "2.0", Atom: atomSpace, Core: "http://purl.org/dc/elements/1.1/", Channel: c})
}
