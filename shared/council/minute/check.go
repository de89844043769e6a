package minute

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/text"
)

// The limits of minutes, in characters and pieces.
const (
	MostTitle       = 200
	MostLine        = 100 // place, chair
	MostNames       = 2000
	MostText        = 20_000
	MostAll         = 200_000 // of all texts together
	MostItems       = 60
	MostRefs        = 10
	MostAttachments = 20
	MostReason      = 200
	MostPeople      = 1_000_000
	MostRound       = 9_999
)

// Check normalises what a secretary wrote of a meeting of a body and refuses what breaks a rule.
// It knows nothing of what stands in the database.
func (c Content) Check(body Body) (Content, error) {
	var f check.Fields
	f.OneOf("kind", c.Kind, Kinds()...)
	if c.HeldAt = f.Time("heldAt", c.HeldAt); c.HeldAt == nil {
		if f.Err() == nil {
			f.Required("heldAt")
		}
		now := time.UnixMilli(0)
		c.HeldAt = &now
	}
	held := clock.FromMillis(clock.Millis(*c.HeldAt)) // what the database keeps
	c.HeldAt = &held
	c.number(&f, body)
	c.Place, c.Chair = f.OptionalLine("place", c.Place, MostLine), f.OptionalLine("chair", c.Chair, MostLine)
	c.people(&f, body)
	c.Text = f.OptionalText("text", c.Text, MostText)
	if c.Items == nil {
		c.Items = []Item{}
	}
	if len(c.Items) > MostItems {
		f.Add("items", "too-many", fmt.Sprintf("안건은 %d개까지 쓸 수 있습니다.", MostItems), fmt.Sprintf("At most %d.", MostItems))
		return c, f.Err()
	}
	items, all := slices.Clone(c.Items), text.Count(c.Text)
	for i := range items {
		items[i] = items[i].check(&f, fmt.Sprintf("items[%d].", i), c.Present)
		all += text.Count(items[i].Text)
	}
	c.Items = items
	if all > MostAll {
		f.Add("items", "too-long", fmt.Sprintf("글을 모두 합쳐 %d자까지 쓸 수 있습니다.", MostAll), fmt.Sprintf("At most %d characters in all.", MostAll))
	}
	if len(c.Attachments) > MostAttachments {
		f.Add("attachments", "too-many", fmt.Sprintf("%d개까지 붙일 수 있습니다.", MostAttachments), fmt.Sprintf("At most %d.", MostAttachments))
	}
	return c, f.Err()
}

// early refuses what there is of a meeting once it has begun alone: who came, and what became of the items.
func (c Content) early(now time.Time) error {
	var f check.Fields
	if !c.HeldAt.After(now) {
		return nil
	}
	refuse := func(name string, is bool) {
		if is {
			f.Add(name, "not-held-yet", "회의가 시작한 뒤에 쓸 수 있습니다.", "It can be written once the meeting has begun.")
		}
	}
	refuse("present", c.Present != nil)
	refuse("attendees", c.Attendees != "")
	for n, i := range c.Items {
		at := fmt.Sprintf("items[%d].", n)
		refuse(at+"decision", i.Decision != "")
		refuse(at+"yes", i.Yes != nil)
		refuse(at+"no", i.No != nil)
		refuse(at+"abstain", i.Abstain != nil)
		refuse(at+"unanimous", i.Unanimous)
	}
	return f.Err()
}

// number checks year and round by the rule of the body.
func (c *Content) number(f *check.Fields, body Body) {
	if !body.PerYear {
		c.Year = 0
	} else if c.Year == 0 {
		c.Year = int64(c.HeldAt.In(clock.Seoul).Year())
	}
	if body.PerYear {
		f.Number("year", c.Year, int64(check.Earliest.Year()), int64(check.Latest.Year()))
	}
	switch {
	case !body.Numbered:
		c.Round = 0
	case c.Round == 0:
		f.Required("round")
	default:
		f.Number("round", c.Round, 1, MostRound)
	}
}

// people checks who was there.
func (c *Content) people(f *check.Fields, body Body) {
	count := func(name string, n *int64) {
		if n != nil {
			f.Number(name, *n, 0, MostPeople)
		}
	}
	count("enrolled", c.Enrolled)
	count("present", c.Present)
	if c.Enrolled != nil && c.Present != nil && *c.Present > *c.Enrolled {
		f.Add("present", "more-present-than-enrolled", "출석이 재적보다 많습니다.", "More were present than there are.")
	}
	c.Attendees = f.OptionalText("attendees", c.Attendees, MostNames)
	if c.Attendees != "" && !body.Names {
		f.Add("attendees", "names-not-allowed", "이 기구는 참석자 이름을 싣지 않습니다.", "This body does not publish who was there.")
	}
}

// check reads an item, whose fields begin with a prefix.
func (i Item) check(f *check.Fields, prefix string, present *int64) Item {
	i.Title = f.Line(prefix+"title", i.Title, MostTitle)
	f.OneOf(prefix+"kind", i.Kind, ItemKinds()...)
	if i.Decision != "" {
		f.OneOf(prefix+"decision", i.Decision, Outcomes()...)
	}
	votes := int64(0)
	counted := false
	for _, v := range []struct {
		name string
		n    *int64
	}{{"yes", i.Yes}, {"no", i.No}, {"abstain", i.Abstain}} {
		if v.n != nil {
			f.Number(prefix+v.name, *v.n, 0, MostPeople)
			votes, counted = votes+min(max(*v.n, 0), MostPeople+1), true
		}
	}
	switch {
	case counted && i.Unanimous:
		f.Add(prefix+"unanimous", "unanimous-with-votes", "만장일치이거나 표를 세었거나, 하나만 쓰세요.", "Unanimous or counted, not both.")
	case counted && present != nil && votes > *present:
		f.Add(prefix+"yes", "more-votes-than-present", "표를 모두 합치면 출석보다 많습니다.", "There are more votes than were present.")
	}
	i.Text = f.OptionalText(prefix+"text", i.Text, MostText)
	if len(i.Refs) > MostRefs {
		f.Add(prefix+"refs", "too-many", fmt.Sprintf("%d개까지 쓸 수 있습니다.", MostRefs), fmt.Sprintf("At most %d.", MostRefs))
		return i
	}
	refs := []string{}
	for n, ref := range i.Refs {
		refs = append(refs, f.Link(fmt.Sprintf("%srefs[%d]", prefix, n), ref))
	}
	if i.Refs = refs; len(refs) == 0 {
		i.Refs = nil
	}
	return i
}

// inside is c with addresses of the site as paths of it.
func (c Content) inside(site string) Content {
	c.Items = slices.Clone(c.Items)
	for i, item := range c.Items {
		refs := []string{}
		for _, ref := range item.Refs {
			refs = append(refs, thing.Inside(site, ref))
		}
		c.Items[i].Refs = refs
	}
	return c
}

// Lines are what c says, line by line in the order of a meeting, to be compared.
func (c Content) Lines(body Body) string {
	var b strings.Builder
	say := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return fmt.Sprint(*n)
	}
	m := Minute{Body: body}.with(c)
	say("회의", m.Title().KO)
	say("일시", c.HeldAt.In(clock.Seoul).Format("2006. 1. 2. 15:04"))
	say("장소", c.Place)
	say("의장", c.Chair)
	say("재적", number(c.Enrolled))
	say("출석", number(c.Present))
	say("참석자", c.Attendees)
	for n, item := range c.Items {
		fmt.Fprintf(&b, "안건 %d. %s\n", n+1, item.Title)
		say("종류", Word(item.Kind).KO)
		if item.Decision != "" {
			say("결과", Word(item.Decision).KO)
		}
		say("찬성", number(item.Yes))
		say("반대", number(item.No))
		say("기권", number(item.Abstain))
		if item.Unanimous {
			b.WriteString("만장일치\n")
		}
		for _, ref := range item.Refs {
			say("관련", ref)
		}
		if item.Text != "" {
			b.WriteString(item.Text + "\n")
		}
	}
	if c.Text != "" {
		b.WriteString("그 밖의 내용\n" + c.Text + "\n")
	}
	return b.String()
}
