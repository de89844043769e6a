package minute

import (
	"regexp"
	"strings"
)

// begins is a line that begins an item.
var begins = regexp.MustCompile(`^[\s\p{Z}\x{feff}]*안건[\s\p{Z}]*[0-9０-９]+[\s\p{Z}]*[.．][\s\p{Z}]*(.*[^\s\p{Z}])[\s\p{Z}]*$`)

// Paste reads minutes that were written elsewhere: a line as 안건 1. 예산안 begins an item, and what
// follows is its text, up to the next. What stands before the first is given apart. Nothing else
// is understood: kinds and decisions are the secretary's.
func Paste(src string) (items []Item, before string) {
	items = []Item{}
	var open []string
	flush := func() {
		said := strings.Trim(strings.Join(open, "\n"), "\n ")
		if open = nil; len(items) == 0 {
			before = said
			return
		}
		items[len(items)-1].Text = said
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(src, "\r\n", "\n"), "\n") {
		m := begins.FindStringSubmatch(line)
		if m == nil {
			open = append(open, line)
			continue
		}
		flush()
		items = append(items, Item{Title: m[1], Kind: Discussion})
	}
	flush()
	return items, before
}
