package page

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strconv"

	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

type none struct{}

// The limits of OpenSearch 1.1, in characters.
const (
	mostShortName = 16
	mostLongName  = 48
)

// description is an OpenSearch 1.1 description: its names, its language, an icon and the address of the search.
const description = `<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>%s</ShortName><LongName>%s</LongName><Description>%s</Description><Language>%s</Language><InputEncoding>UTF-8</InputEncoding>` +
	`<Image width="180" height="180" type="image/png">%s</Image><Url type="text/html" method="get" template="%s"/></OpenSearchDescription>
`

// document is a description as an answer.
type document struct{ body []byte }

// WriteResponse writes it.
func (d *document) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/opensearchdescription+xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
	_, err := w.Write(d.body)
	return err //nolint:wrapcheck // the host says where it failed
}

func (h handlers) describe(ctx context.Context, _ *none) (*document, error) {
	f, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	language := function.RequestFrom(ctx).Language
	name := face.In(language, f.Name, f.NameEN)
	told := []any{}
	for _, part := range []string{
		text.Truncate(name, mostShortName), text.Truncate(name, mostLongName), ui.T(ctx, name+" 홈페이지에서 찾기", "Search the site of "+name), language,
		h.frame.SiteURL + h.frame.Icon(f, "icon-180.png"), h.frame.SiteURL + ui.Local(ctx, search.Path) + "?q={searchTerms}",
	} {
		told = append(told, html.EscapeString(part))
	}
	return &document{fmt.Appendf(nil, description, told...)}, nil
}
