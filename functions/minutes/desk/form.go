package desk

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// typed is what the boxes of the form say, as they were typed. The boxes of items are sent once for
// each item, in their order.
type typed struct {
	Version     string   `form:"version"`
	Body        string   `form:"body"`
	Round       string   `form:"round"`
	Kind        string   `form:"kind"`
	HeldAt      string   `form:"heldAt"` // in Seoul
	Place       string   `form:"place"`
	Chair       string   `form:"chair"`
	Enrolled    string   `form:"enrolled"`
	Present     string   `form:"present"`
	Attendees   string   `form:"attendees"`
	ItemTitle   []string `form:"itemTitle"`
	ItemKind    []string `form:"itemKind"`
	ItemResult  []string `form:"itemDecision"`
	ItemYes     []string `form:"itemYes"`
	ItemNo      []string `form:"itemNo"`
	ItemAbstain []string `form:"itemAbstain"`
	ItemVote    []string `form:"itemVote"` // unanimous, or nothing
	ItemText    []string `form:"itemText"`
	ItemRefs    []string `form:"itemRefs"` // a line each
	Text        string   `form:"text"`
	Attachments []string `form:"attachments"`
	Reason      string   `form:"reason"`
	Paste       string   `form:"copied"`
	Step        string   `form:"step"`
	Move        string   `form:"move"` // up or down and the place of an item, as up-2
}

// typedItem is an item as it was typed.
type typedItem struct {
	title, kind, decision, yes, no, abstain, vote, text, refs string
}

func (i typedItem) blank() bool {
	return i.title+i.decision+i.yes+i.no+i.abstain+i.vote+i.text+i.refs == ""
}

// items are those that say anything.
func (t typed) items() []typedItem { return slices.DeleteFunc(t.boxed(), typedItem.blank) }

// boxed are all items that there are boxes of.
func (t typed) boxed() []typedItem {
	lists := [][]string{t.ItemTitle, t.ItemKind, t.ItemResult, t.ItemYes, t.ItemNo, t.ItemAbstain, t.ItemVote, t.ItemText, t.ItemRefs}
	most := 0
	for _, list := range lists {
		most = max(most, len(list))
	}
	found := []typedItem{}
	for n := range most {
		at := func(list []string) string {
			if n < len(list) {
				return list[n]
			}
			return ""
		}
		i := typedItem{at(t.ItemTitle), at(t.ItemKind), at(t.ItemResult), at(t.ItemYes), at(t.ItemNo), at(t.ItemAbstain), at(t.ItemVote), at(t.ItemText), at(t.ItemRefs)}
		found = append(found, i)
	}
	return found
}

// moved makes an item change places with the one before or behind it that says anything, and gives its place among these;
// false where none was to be moved.
func (t *typed) moved() (at int, ok bool) {
	way, place, _ := strings.Cut(t.Move, "-")
	from, err := strconv.Atoi(place)
	items := t.boxed()
	if t.Move = ""; err != nil || way != up && way != down || from < 0 || from >= len(items) {
		return 0, false
	}
	step := 1
	if way == up {
		step = -1
	}
	to := from + step
	for to >= 0 && to < len(items) && items[to].blank() {
		to += step
	}
	if to < 0 || to >= len(items) {
		to = from
	}
	items[from], items[to] = items[to], items[from]
	t.set(items)
	return len(slices.DeleteFunc(slices.Clone(items[:to]), typedItem.blank)), true
}

// The ways in which an item moves.
const (
	up   = "up"
	down = "down"
)

// set makes items those of t.
func (t *typed) set(items []typedItem) {
	t.ItemTitle, t.ItemKind, t.ItemResult, t.ItemYes, t.ItemNo, t.ItemAbstain, t.ItemVote, t.ItemText, t.ItemRefs = nil, nil, nil, nil, nil, nil, nil, nil, nil
	for _, i := range items {
		t.ItemTitle, t.ItemKind, t.ItemResult = append(t.ItemTitle, i.title), append(t.ItemKind, i.kind), append(t.ItemResult, i.decision)
		t.ItemYes, t.ItemNo, t.ItemAbstain = append(t.ItemYes, i.yes), append(t.ItemNo, i.no), append(t.ItemAbstain, i.abstain)
		t.ItemVote, t.ItemText, t.ItemRefs = append(t.ItemVote, i.vote), append(t.ItemText, i.text), append(t.ItemRefs, i.refs)
	}
}

const inBox = "2006-01-02T15:04" // of a datetime-local

// boxes are what the form shows of minutes that are stored.
func boxes(m minute.Minute) typed {
	t := typed{
		Version: strconv.FormatInt(m.Version, 10), Body: m.Body.Slug, Round: optional(m.Round), Kind: m.Kind, Place: m.Place, Chair: m.Chair,
		Enrolled: number(m.Enrolled), Present: number(m.Present), Attendees: m.Attendees, Text: m.Text,
	}
	if !m.HeldAt.IsZero() {
		t.HeldAt = m.HeldAt.In(clock.Seoul).Format(inBox)
	}
	t.addItems(m.Items)
	for _, f := range m.Attachments {
		t.Attachments = append(t.Attachments, f.ID)
	}
	return t
}

func (t *typed) addItems(items []minute.Item) {
	for _, i := range items {
		vote := ""
		if i.Unanimous {
			vote = "unanimous"
		}
		t.ItemTitle, t.ItemKind, t.ItemResult = append(t.ItemTitle, i.Title), append(t.ItemKind, i.Kind), append(t.ItemResult, i.Decision)
		t.ItemYes, t.ItemNo, t.ItemAbstain = append(t.ItemYes, number(i.Yes)), append(t.ItemNo, number(i.No)), append(t.ItemAbstain, number(i.Abstain))
		t.ItemVote, t.ItemText, t.ItemRefs = append(t.ItemVote, vote), append(t.ItemText, i.Text), append(t.ItemRefs, strings.Join(i.Refs, "\n"))
	}
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func optional(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// content is what was typed, as the store takes it; m are the minutes that are edited, or zero.
func (t typed) content(m minute.Minute) (minute.Content, error) {
	var f check.Fields
	count := func(name, s string) *int64 {
		s = strings.TrimSpace(s)
		if s == "" {
			return nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			f.Add(name, "not-a-number", "숫자로 쓰세요.", "Write a number.")
			return nil
		}
		return &n
	}
	c := minute.Content{
		Body: t.Body, Year: m.Year, Kind: t.Kind, Place: t.Place, Chair: t.Chair, Enrolled: count("enrolled", t.Enrolled), Present: count("present", t.Present),
		Attendees: t.Attendees, Text: t.Text, Attachments: t.Attachments,
	}
	if round := count("round", t.Round); round != nil {
		c.Round = *round
	}
	switch held, err := time.ParseInLocation(inBox, t.HeldAt, clock.Seoul); {
	case t.HeldAt == "":
	case err != nil:
		f.Add("heldAt", "not-a-time", "없는 날짜이거나 시각입니다.", "There is no such day or time.")
	case t.HeldAt == m.HeldAt.In(clock.Seoul).Format(inBox):
		c.HeldAt = &m.HeldAt // with its seconds
	default:
		c.HeldAt = &held
	}
	if m.Counted().PerYear && c.HeldAt != nil && int64(m.HeldAt.In(clock.Seoul).Year()) == m.Year {
		c.Year = 0 // it follows the day
	}
	for n, i := range t.items() {
		at := func(name string) string { return "items[" + strconv.Itoa(n) + "]." + name }
		item := minute.Item{
			Title: i.title, Kind: i.kind, Decision: i.decision, Yes: count(at("yes"), i.yes), No: count(at("no"), i.no), Abstain: count(at("abstain"), i.abstain),
			Unanimous: i.vote == "unanimous", Text: i.text,
		}
		for ref := range strings.SplitSeq(i.refs, "\n") {
			if ref = strings.TrimSpace(ref); ref != "" {
				item.Refs = append(item.Refs, ref)
			}
		}
		c.Items = append(c.Items, item)
	}
	return c, f.Err()
}

// version is the one that the form was made from.
func (t typed) version() (int64, error) {
	v, err := strconv.ParseInt(t.Version, 10, 64)
	if err != nil {
		return 0, problem.Unversioned()
	}
	return v, nil
}

// item is the name of a field of an item, as the domain has it.
var item = regexp.MustCompile(`^items\[(\d+)\]\.(\w+).*$`)

// boxed is err with the names of the boxes instead of those of the fields.
func boxed(err error) error {
	p := problem.Find(err)
	if p == nil || len(p.Fields) == 0 {
		return err
	}
	named := *p
	named.Fields = nil
	for _, f := range p.Fields {
		if f.Name = item.ReplaceAllString(f.Name, "item-$1-$2"); f.Name == "body" {
			f.Name = "meets"
		}
		named.Fields = append(named.Fields, f)
	}
	return &named
}

// stale says whether what is stored is no longer what the form was made from.
func stale(err error) bool { return errors.Is(err, problem.Stale()) }

// saved keeps what was typed.
func (h handlers) saved(ctx context.Context, m minute.Minute, t typed, draft bool) (minute.Minute, error) {
	version, err := t.version()
	if err != nil {
		return minute.Minute{}, err
	}
	c, err := t.content(m)
	if err != nil {
		return minute.Minute{}, err
	}
	_, is, err := h.minutes.Edit(ctx, m.ID, minute.Edition{Version: version, Reason: t.Reason, Draft: draft}, c)
	if err == nil {
		function.Detail(ctx, audit.Version, is.Version)
	}
	return is, err
}
