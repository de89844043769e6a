package page

import (
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"
)

// contact is a mail address or a telephone number as a link; anything else is text.
func contact(said string) g.Node {
	switch {
	case strings.Contains(said, "@"):
		return el.A(el.Href("mailto:"+said), g.Text(said))
	case strings.Trim(said, "0123456789+-() ") == "":
		return el.A(el.Href("tel:"+strings.NewReplacer(" ", "", "(", "", ")", "").Replace(said)), g.Text(said))
	default:
		return g.Text(said)
	}
}
