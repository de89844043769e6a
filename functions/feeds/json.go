package feeds

import (
	"encoding/json"
	"time"
)

// JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).
type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	Home        string       `json:"home_page_url"`
	Self        string       `json:"feed_url"`
	Description string       `json:"description"`
	Authors     []jsonAuthor `json:"authors"`
	Language    string       `json:"language"`
	Items       []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	Text      string       `json:"content_text"`
	Published string       `json:"date_published"`
	Updated   string       `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors"`
	Tags      []string     `json:"tags,omitempty"`
	Language  string       `json:"language"`
}

func writeJSON(f feed) ([]byte, error) {
	v := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Home: f.Home, Self: f.Self, Description: f.Description, Authors: []jsonAuthor{{f.Council}}, Language: f.Language, Items: []jsonItem{},
	}
	for _, i := range f.Items {
		v.Items = append(v.Items, jsonItem{
			ID: i.ID, URL: i.URL, Title: i.Title, Text: i.Line, Published: i.Published.Format(time.RFC3339), Updated: i.Updated.Format(time.RFC3339), Authors: []jsonAuthor{{i.Unit}}, Tags: i.Tags, Language: i.Language,
		})
	}
	body, err := json.Marshal(v)
	return append(body, '\n'), err //nolint:wrapcheck // strings and lists of them can always be encoded
}
