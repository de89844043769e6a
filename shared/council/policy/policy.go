// Package policy keeps the numbers that the council changes without an operator: how many days
// something takes, how many agreements it needs.
//
// A domain says which it has as a struct beside its rules, with their defaults, bounds and words:
//
//	// Policy are the numbers of minutes that the council decides.
//	type Policy struct{ ExtendDays int }
//
//	// Policies says what they are.
//	func (p *Policy) Policies() policy.Domain {
//		return policy.Domain{Name: "minutes", Label: problem.Text{KO: "회의록", EN: "Minutes"}, Items: []policy.Item{
//			{
//				Name: "extendDays", Value: policy.Number{To: &p.ExtendDays, Default: 7, Min: 1, Max: 30, Unit: policy.Days()},
//				Label: problem.Text{KO: "미룰 수 있는 날", EN: "Days that it may be put off"},
//			},
//		}}
//	}
//
// and a line in functions/policies, which lists all domains; none links another. Its store reads
// them where it needs them:
//
//	p, err := policy.Read[Policy](ctx, s.db)
//
// Read is one query. What it gives is never kept between requests: it may change at any second.
//
// A thing keeps the numbers it began with. What a number decides of a thing (its threshold, when
// it closes, when an answer is due) is copied into the thing's row when it is made; nobody reads a
// policy to find out about a thing that there is already.
//
// In force is the newest value that has begun. One that begins later is seen beforehand, and takes
// over at its second: a page that shows a number has the tag of its domain (Tag) and changes at the
// time that ReadUntil gives. A value that no longer fits, since another release has other bounds,
// counts as the default, and the console says so.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

// Domain is what one part of the product lets the council decide. Its items belong to one value
// of its struct: it is made anew for each use, and not shared.
type Domain struct {
	Name  string       // as in addresses: lower-case letters
	Label problem.Text // as the menu calls it
	Help  problem.Text // what holds for all of it; empty: Begun
	Items []Item
}

// Begun is what holds for the numbers of a domain unless it says something else.
func Begun() problem.Text {
	return problem.Text{KO: "바꾸어도 이미 시작된 것에는 적용되지 않습니다.", EN: "A change does not hold for what has begun already."}
}

// Said is d's Help, or Begun.
func (d Domain) Said() problem.Text {
	if d.Help == (problem.Text{}) {
		return Begun()
	}
	return d.Help
}

// Item is one number, or what else the council decides.
type Item struct {
	Name  string       // as the field of its struct, in lower camel case; it never changes
	Label problem.Text // what it is called
	Help  problem.Text // what it does, in a sentence; or empty
	Value Value
}

// Value is what an item may be: Number, Switch, Line or Names.
type Value interface {
	// reset gives the field the default.
	reset()
	// take gives the field what is written as JSON. It fails with problem.Invalid, whose fields
	// are called name, where that does not fit, and leaves the field as it is.
	take(name string, value json.RawMessage) error
	// is is the field's value.
	is() any
}

// Number is a whole number.
type Number struct {
	To                *int
	Default, Min, Max int
	Unit              problem.Text // behind the number, as 일; or empty
}

// Days is the unit of days.
func Days() problem.Text { return problem.Text{KO: "일", EN: "days"} }

func (n Number) reset()  { *n.To = n.Default }
func (n Number) is() any { return *n.To }

func (n Number) take(name string, value json.RawMessage) error {
	v, ok := read[int64](value)
	if !ok {
		return problem.WrongField(name, "malformed", "숫자로 적어 주세요.", "Write a whole number.")
	}
	var f check.Fields
	v = f.Number(name, v, int64(n.Min), int64(n.Max))
	if err := f.Err(); err != nil {
		return err
	}
	*n.To = int(v)
	return nil
}

// Switch is on or off.
type Switch struct {
	To      *bool
	Default bool
}

func (s Switch) reset()  { *s.To = s.Default }
func (s Switch) is() any { return *s.To }

func (s Switch) take(name string, value json.RawMessage) error {
	v, ok := read[bool](value)
	if !ok {
		return problem.WrongField(name, "malformed", "켜거나 꺼 주세요.", "Say true or false.")
	}
	*s.To = v
	return nil
}

// Line is one line of text, which may be empty.
type Line struct {
	To      *string
	Default string
	Limit   int // in characters
}

func (l Line) reset()  { *l.To = l.Default }
func (l Line) is() any { return *l.To }

func (l Line) take(name string, value json.RawMessage) error {
	v, ok := read[string](value)
	if !ok {
		return problem.WrongField(name, "malformed", "글자로 적어 주세요.", "Write a text.")
	}
	var f check.Fields
	v = f.OptionalLine(name, v, l.Limit)
	if err := f.Err(); err != nil {
		return err
	}
	*l.To = v
	return nil
}

// Names are some of what can be chosen, each once and in the order of Of.
type Names struct {
	To      *[]string
	Default []string
	// Of is what can be chosen. Nil: any names, up to 100, for who reads only what it knows. Of
	// what was set before, names that there no longer are mean nothing, and the others stay.
	Of []Option
}

// Option is one of what can be chosen.
type Option struct {
	Name  string
	Label problem.Text
}

// aName is a name that can be an option.
var aName = regexp.MustCompile(`^[a-z][a-zA-Z0-9-]{0,39}$`)

// mostNames is how many names an item has at most: there are fewer functions.
const mostNames = 100

func (n Names) reset()  { *n.To = append([]string{}, n.Default...) }
func (n Names) is() any { return *n.To }

func (n Names) take(name string, value json.RawMessage) error {
	list, ok := read[[]string](value)
	if !ok || len(list) > mostNames {
		return problem.WrongField(name, "malformed", "이름의 목록으로 적어 주세요.", "Write a list of names.")
	}
	var f check.Fields
	for i, v := range list {
		if !n.knows(v) {
			f.Add(fmt.Sprintf("%s[%d]", name, i), "unknown", "없는 이름입니다.", "There is nothing of this name.")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	*n.To = n.inOrder(list)
	return nil
}

func (n Names) knows(v string) bool {
	return n.Of == nil && aName.MatchString(v) || slices.ContainsFunc(n.Of, func(o Option) bool { return o.Name == v })
}

// inOrder are names, each once and in the order of Of.
func (n Names) inOrder(list []string) []string {
	place := func(v string) int { return slices.IndexFunc(n.Of, func(o Option) bool { return o.Name == v }) }
	list = append([]string{}, list...)
	slices.SortFunc(list, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	return slices.Compact(list)
}

// lost are the names in a value that there no longer are, and the value without them.
func (n Names) lost(value json.RawMessage) (lost []string, rest json.RawMessage) {
	list, ok := read[[]string](value)
	if !ok {
		return nil, value
	}
	kept := []string{}
	for _, v := range list {
		if n.knows(v) {
			kept = append(kept, v)
		} else {
			lost = append(lost, v)
		}
	}
	if len(lost) == 0 {
		return nil, value
	}
	return lost, written(kept)
}

// read is a JSON value of exactly the type: null is none.
func read[T any](value json.RawMessage) (T, bool) {
	var v T
	if bytes.Equal(bytes.TrimSpace(value), []byte("null")) {
		return v, false
	}
	err := json.Unmarshal(value, &v)
	return v, err == nil
}

// Item is one of d's.
func (d Domain) Item(name string) (Item, bool) {
	i := slices.IndexFunc(d.Items, func(i Item) bool { return i.Name == name })
	if i < 0 {
		return Item{}, false
	}
	return d.Items[i], true
}

// Default is what i is where nobody has set it, as JSON.
func (i Item) Default() json.RawMessage {
	i.Value.reset()
	return i.written()
}

// Read is a value as i writes it. It fails with problem.Invalid, whose fields are called as i,
// where the value does not fit.
func (i Item) Read(value json.RawMessage) (json.RawMessage, error) {
	if err := i.Value.take(i.Name, value); err != nil {
		return nil, err
	}
	return i.written(), nil
}

// stored is a value that was set before as i has it now, with the names in it that there no
// longer are. It fails as Read does.
func (i Item) stored(value json.RawMessage) (is json.RawMessage, lost []string, err error) {
	if n, names := i.Value.(Names); names {
		lost, value = n.lost(value)
	}
	is, err = i.Read(value)
	return is, lost, err
}

func (i Item) written() json.RawMessage { return written(i.Value.is()) }

// written is an int, a bool, a string or a list of strings as JSON.
func written(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("policy: %v", err))
	}
	return b
}
