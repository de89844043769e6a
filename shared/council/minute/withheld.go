package minute

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/text"
)

// How a part of a text is withheld. What stands from a line [비공개: reason] to a line [비공개 끝],
// or to the end of the text where that was forgotten, is sealed when it is saved. In its place the
// text has a line that names it, [비공개 봉인 3: reason (4줄)], which a later edit keeps or leaves out.
// Every other use of [비공개 is refused, so that a slip of the finger publishes nothing.
const (
	opens       = "[비공개:"
	closes      = "[비공개끝]"
	sealed      = "[비공개봉인"
	mentions    = "[비공개"
	mentionsEnd = "[/비공개"
)

// MostWithheld is how many blocks minutes can have.
const MostWithheld = 500

// Withheld is a block that readers do not see.
type Withheld struct {
	N      int64  `json:"n"`
	Lines  int    `json:"lines"` // that say something
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// Part is a part of a text: one that readers see, or one that was withheld.
type Part struct {
	Text   string // Markdown; "" for a block
	Reason string // of a block
	Lines  int
}

// stored is the line that names a block, as line makes it.
var stored = regexp.MustCompile(`^\[비공개 봉인 (\d+): (.*) \((\d+)줄\)\]$`)

func (w Withheld) line() string {
	return fmt.Sprintf("%s%s (%d줄)]", sealedAs(w.N), w.Reason, w.Lines)
}

// sealedAs is how the line that names a block begins.
func sealedAs(n int64) string { return fmt.Sprintf("[비공개 봉인 %d: ", n) }

// Parts are the parts of a text as it is stored.
func Parts(src string) []Part {
	parts, open := []Part{}, []string{}
	flush := func() {
		if s := strings.TrimSpace(strings.Join(open, "\n")); s != "" {
			parts = append(parts, Part{Text: s})
		}
		open = nil
	}
	for line := range strings.SplitSeq(src, "\n") {
		m := stored.FindStringSubmatch(line)
		if m == nil {
			open = append(open, line)
			continue
		}
		flush()
		lines, err := strconv.Atoi(m[3])
		if err != nil { // no number that line wrote
			lines = 0
		}
		parts = append(parts, Part{Reason: m[2], Lines: lines})
	}
	flush()
	return parts
}

// reasonOf is the reason in a line that opens a block, as it was typed.
func reasonOf(line string) string {
	_, reason, _ := strings.Cut(strings.ReplaceAll(line, "：", ":"), ":")
	reason = strings.TrimRight(strings.TrimSpace(reason), " ]］")
	return strings.TrimSpace(reason)
}

// hider takes the blocks of one meeting's texts out of them.
type hider struct {
	f     *check.Fields
	there []Withheld // those that were sealed before, with their texts
	last  int64      // the last number that was given
	fresh []Withheld // those that are to be sealed
}

// hide is a text with a line for each block in it. Name is that of its field.
func (h *hider) hide(name, src string) string {
	out, block, reason, inside := []string{}, []string{}, "", false
	wrong := func(code, ko, en string) { h.f.Add(name, code, ko, en) }
	end := func() {
		if line, ok := h.seal(name, reason, block); ok {
			out = append(out, line)
		}
		inside, block = false, nil
	}
	for n, line := range strings.Split(src, "\n") {
		at := strconv.Itoa(n + 1)
		switch squeezed := text.Squeeze(line); {
		case squeezed == closes && inside:
			end()
		case inside && !strings.Contains(squeezed, mentions) && !strings.Contains(squeezed, mentionsEnd):
			block = append(block, line)
		case !inside && strings.HasPrefix(squeezed, sealed) && strings.HasSuffix(squeezed, "]"):
			digits, _, _ := strings.Cut(strings.TrimPrefix(squeezed, sealed), ":")
			number, err := strconv.ParseInt(digits, 10, 64)
			i := slices.IndexFunc(h.there, func(w Withheld) bool { return w.N == number })
			if err != nil || i < 0 {
				wrong("withheld-unknown", at+"번째 줄의 비공개 봉인을 찾을 수 없습니다.", "Line "+at+" names a withheld block that there is not.")
				continue
			}
			out = append(out, h.there[i].line())
		case !inside && strings.HasPrefix(squeezed, opens) && strings.HasSuffix(squeezed, "]"):
			inside, reason = true, reasonOf(line)
			if text.Blank(reason) || text.Count(reason) > MostReason || strings.ContainsAny(reason, "[]") {
				wrong("withheld-reason", at+"번째 줄: 비공개 사유를 [비공개: 사유]처럼 "+strconv.Itoa(MostReason)+"자 안으로 쓰세요.", "Line "+at+": write the reason as [비공개: reason].")
			}
		case strings.Contains(squeezed, mentions), strings.Contains(squeezed, mentionsEnd):
			wrong("withheld-malformed", at+"번째 줄: [비공개: 사유]와 [비공개 끝]은 각각 한 줄로 쓰고, 서로 겹치지 않아야 합니다.", "Line "+at+": [비공개: reason] and [비공개 끝] are lines of their own, and do not nest.")
		default:
			out = append(out, line)
		}
	}
	if inside { // the end was forgotten
		end()
	}
	return strings.Join(out, "\n")
}

// seal is the line for a block; the same block again is not sealed twice.
func (h *hider) seal(name, reason string, block []string) (line string, ok bool) {
	w := Withheld{Reason: reason, Text: strings.Trim(strings.Join(block, "\n"), "\n")}
	for _, l := range block {
		if !text.Blank(l) {
			w.Lines++
		}
	}
	if w.Lines == 0 {
		h.f.Add(name, "withheld-empty", "비공개할 내용이 비어 있습니다.", "There is nothing to withhold.")
		return "", false
	}
	for _, other := range append(slices.Clone(h.there), h.fresh...) {
		if other.Reason == w.Reason && other.Text == w.Text {
			return other.line(), true
		}
		h.last = max(h.last, other.N)
	}
	if w.N = h.last + 1; len(h.there)+len(h.fresh) >= MostWithheld {
		h.f.Add(name, "too-many", "비공개 부분이 너무 많습니다.", "There are too many withheld blocks.")
		return "", false
	}
	h.fresh = append(h.fresh, w)
	return w.line(), true
}

// plain refuses a mark in what readers see whole, since nothing would be withheld there.
func plain(f *check.Fields, name, value string) {
	if squeezed := text.Squeeze(value); strings.Contains(squeezed, mentions) || strings.Contains(squeezed, mentionsEnd) {
		f.Add(name, "withheld-elsewhere", "여기서는 비공개할 수 없습니다. 논의 내용이나 그 밖의 내용에 쓰세요.", "Nothing is withheld here. Write it among what was said, or under other matters.")
	}
}

// hideAll is c without its blocks. There are those that were sealed before, last is the last number of one.
func (c Content) hideAll(there []Withheld, last int64) (Content, []Withheld, error) {
	var f check.Fields
	h := hider{f: &f, there: there, last: last}
	items := slices.Clone(c.Items)
	plain(&f, "place", c.Place)
	plain(&f, "chair", c.Chair)
	plain(&f, "attendees", c.Attendees)
	for i := range items {
		plain(&f, fmt.Sprintf("items[%d].title", i), items[i].Title)
		items[i].Text = h.hide(fmt.Sprintf("items[%d].text", i), items[i].Text)
	}
	c.Items = items
	c.Text = h.hide("text", c.Text)
	return c, h.fresh, f.Err()
}

// names says whether a text of c names a block.
func (c Content) names(n int64) bool {
	in := func(src string) bool {
		for line := range strings.SplitSeq(src, "\n") {
			if m := stored.FindStringSubmatch(line); m != nil && m[1] == strconv.FormatInt(n, 10) {
				return true
			}
		}
		return false
	}
	return in(c.Text) || slices.ContainsFunc(c.Items, func(i Item) bool { return in(i.Text) })
}

// associated binds a sealed block to its place.
func associated(id string, n int64) []byte { return fmt.Appendf(nil, "minute/%s/withheld/%d", id, n) }

func seal(box secret.Box, id string, w Withheld) string {
	return base64.StdEncoding.EncodeToString(box.Seal([]byte(w.Text), associated(id, w.N)))
}

func unseal(box secret.Box, id string, n int64, sealed string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("minute %s: withheld %d: %w", id, n, err)
	}
	plain, err := box.Open(raw, associated(id, n))
	if err != nil {
		return "", fmt.Errorf("minute %s: withheld %d: %w", id, n, err)
	}
	return string(plain), nil
}
