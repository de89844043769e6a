package search

import (
	"context"
	"time"
	"unicode/utf16"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
)

type findRequest struct {
	cursor.Asked
	Q    string `query:"q" description:"Up to 5 words of at least 2 characters, 100 characters in all, in any order; each is a part of the title, of a tag or of the text. Signs are characters. A word of initial consonants, as ㅎㅇㄹ, is a part of those of the title or a tag."`
	Kind string `query:"kind" description:"One of those in counts."`
	Unit string `query:"unit"`
	From string `query:"from" description:"RFC 3339, or a day in Seoul: what is of that time or later."`
	To   string `query:"to" description:"RFC 3339: what is before that time; or the last day that counts."`
}

// piece is a text with the words in it.
type piece struct {
	In    string   `json:"in" description:"title, titleEn, tag or text."`
	Text  string   `json:"text" description:"As it was written; of a text the part around the words, cut off with …"`
	Marks [][2]int `json:"marks" description:"Where the words are: from and before, in UTF-16 code units, as slice of JavaScript counts."`
}

func pieceOf(p thing.Piece) piece {
	marks := [][2]int{}
	for _, m := range p.Marks {
		from := units(p.Text[:m[0]])
		marks = append(marks, [2]int{from, from + units(p.Text[m[0]:m[1]])})
	}
	return piece{In: p.In, Text: p.Text, Marks: marks}
}

// units are how many code units of UTF-16 a text has.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// item is something that is found.
type item struct {
	Kind       string    `json:"kind"`
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	TitleEn    string    `json:"titleEn,omitempty"`
	Path       string    `json:"path" description:"Of its page in Korean; the English one is under /en."`
	Line       string    `json:"line" description:"One line of what it says."`
	At         time.Time `json:"at"`
	Unit       string    `json:"unit"`
	UnitName   string    `json:"unitName" description:"In the language of the request, where it has a name in it."`
	Highlights []piece   `json:"highlights" description:"The titles, the tags and up to two parts of the text, those that have words."`
}

type findResponse struct {
	cursor.Page[item]

	Counts map[string]int `json:"counts" description:"How many there are of each kind, whatever kind is asked for; 1001 stands for more than 1000."`
}

func (h handlers) find(ctx context.Context, r *findRequest) (*findResponse, error) {
	var f check.Fields
	q, n, size := thing.Ask(&f, "q", r.Q), search.Narrowed(&f, r.Kind, r.Unit, r.From, r.To), cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	n.Closed = h.closed(ctx)
	found, err := h.search.Find(ctx, q, n, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	if len(found.Counts) == 0 && !n.Chosen() && !function.RequestFrom(ctx).Head {
		h.search.Note(ctx, q, h.log)
	}
	return &findResponse{Counts: found.Counts, Page: cursor.Map(found.Page, func(hit thing.Hit) item {
		i := item{
			Kind: hit.Kind, ID: hit.ID, Title: hit.Title, TitleEn: hit.TitleEn, Path: hit.Path, Line: hit.Line, At: hit.At, Unit: hit.Unit,
			UnitName: h.names.Unit(hit.Unit).Name(function.RequestFrom(ctx).Language), Highlights: []piece{},
		}
		for _, p := range q.Pieces(hit.Thing) {
			i.Highlights = append(i.Highlights, pieceOf(p))
		}
		return i
	})}, nil
}
