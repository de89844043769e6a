// Package about is what the council says of itself: who it is, its offices and who holds them, what
// it promised and how far that is, and the councils before it.
package about

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
)

// Limits, in characters and entries: a page that a telephone still shows at once.
const (
	BodyLimit    = 10_000
	NameLimit    = 60
	LineLimit    = 200
	MostOffices  = 80
	MostPledges  = 100
	MostCouncils = 80
	// Deepest is how many offices can stand above one: 총학생회장 › 집행위원회 › 기획국 › 기획1팀.
	Deepest = 3
)

// Content is all of it.
type Content struct {
	Body     string    `json:"body,omitempty" description:"Markdown, at most 10 000 characters."`
	BodyEN   string    `json:"bodyEn,omitempty" description:"The same in English."`
	Offices  []Office  `json:"offices" description:"In the order of the chart: each below the nearest before it that is less deep."`
	Pledges  []Pledge  `json:"pledges"`
	Councils []Council `json:"councils" description:"Those before this one, the latest first."`
}

// Office is a place in the organisation chart.
type Office struct {
	Depth   int    `json:"depth,omitempty" description:"How many offices stand above it, 0 to 3."`
	Name    string `json:"name" description:"At most 60 characters."`
	NameEN  string `json:"nameEn,omitempty"`
	Holder  string `json:"holder,omitempty" description:"Who holds it; several with commas between. Empty while it is vacant, or for a part without a head."`
	Work    string `json:"work,omitempty" description:"What it does, in a line of at most 200 characters."`
	Contact string `json:"contact,omitempty" description:"A mail address or a telephone number."`
}

// State is how far a pledge is.
type State string

// The states of a pledge.
const (
	Planned State = "planned"
	Going   State = "going"
	Kept    State = "kept"
	Dropped State = "dropped" // it will not be kept, and says why
)

// States are all states, in the order in which pledges go through them.
func States() []State { return []State{Planned, Going, Kept, Dropped} }

// Pledge is what was promised before the election.
type Pledge struct {
	ID        string    `json:"id,omitempty" description:"Given by the server to a pledge without one; it names the pledge for good."`
	Area      string    `json:"area,omitempty" description:"What it is about, as 복지; pledges of an area stand together."`
	Title     string    `json:"title" description:"At most 200 characters."`
	TitleEN   string    `json:"titleEn,omitempty"`
	State     State     `json:"state" description:"planned, going, kept or dropped."`
	Percent   int       `json:"percent,omitempty" description:"How far one that is going is, 1 to 99; the others follow from their state."`
	Note      string    `json:"note,omitempty" description:"What was done, or why it is dropped: required for the latter."`
	Link      string    `json:"link,omitempty" description:"Where it shows: https, or a path of the site."`
	ChangedAt time.Time `json:"changedAt,omitzero" description:"When its state, per cent or note last changed; given by the server."`
}

// Sign is how far p is: the kind of its shape among ui's, and the word.
func (p Pledge) Sign() (kind string, word problem.Text) {
	switch p.State {
	case Kept:
		return "done", problem.Text{KO: "지킴", EN: "Kept"}
	case Going:
		percent := strconv.Itoa(p.Percent) + "%"
		return "half", problem.Text{KO: "진행 중 " + percent, EN: percent + " done"}
	case Dropped:
		return "no", problem.Text{KO: "지키지 못함", EN: "Not kept"}
	default:
		return "wait", problem.Text{KO: "시작 전", EN: "Not begun"}
	}
}

// Moved are the pledges that somebody works on or has ended, what changed last first: at most some.
func (c Content) Moved(most int) []Pledge {
	list := slices.DeleteFunc(slices.Clone(c.Pledges), func(p Pledge) bool { return p.State == Planned })
	slices.SortStableFunc(list, func(a, b Pledge) int { return b.ChangedAt.Compare(a.ChangedAt) })
	return list[:min(most, len(list))]
}

// Council is one before this.
type Council struct {
	Number int    `json:"number" description:"As in 제38대, from 1."`
	Name   string `json:"name,omitempty" description:"As 〈나란히〉."`
	Term   string `json:"term" description:"As 2025 or 2024. 12.–2025. 11."`
	Heads  string `json:"heads,omitempty" description:"Its president and vice presidents."`
	Note   string `json:"note,omitempty" description:"What it is remembered for, in a line."`
}

// Kept is how many of the pledges are kept.
func (c Content) Kept() int {
	n := 0
	for _, p := range c.Pledges {
		if p.State == Kept {
			n++
		}
	}
	return n
}

// Empty says that nothing was said yet.
func (c Content) Empty() bool {
	return c.Body == "" && c.BodyEN == "" && len(c.Offices)+len(c.Pledges)+len(c.Councils) == 0
}

// Areas are the pledges by what they are about, in the order in which an area comes first.
func (c Content) Areas() [][]Pledge {
	at, list := map[string]int{}, [][]Pledge{}
	for _, p := range c.Pledges {
		i, seen := at[p.Area]
		if !seen {
			i = len(list)
			at[p.Area], list = i, append(list, nil)
		}
		list[i] = append(list[i], p)
	}
	return list
}

// Check is c with its texts tidied and what follows from them. Was is what it replaces: a pledge of the same id
// keeps the time of its last change where nothing of its progress changed. It fails with problem.Invalid by field.
func (c Content) Check(now time.Time, was Content) (Content, error) {
	var f check.Fields
	c.Body, c.BodyEN = f.OptionalText("body", c.Body, BodyLimit), f.OptionalText("bodyEn", c.BodyEN, BodyLimit)
	for _, list := range []struct {
		name     string
		has, may int
	}{{"offices", len(c.Offices), MostOffices}, {"pledges", len(c.Pledges), MostPledges}, {"councils", len(c.Councils), MostCouncils}} {
		if list.has > list.may {
			f.Add(list.name, "too-many", strconv.Itoa(list.may)+"개까지 쓸 수 있습니다.", "There can be "+strconv.Itoa(list.may)+".")
		}
	}
	if err := f.Err(); err != nil {
		return Content{}, err
	}
	c.Offices, c.Pledges, c.Councils = slices.Clone(c.Offices), slices.Clone(c.Pledges), slices.Clone(c.Councils)
	above := -1
	for i := range c.Offices {
		c.Offices[i] = c.Offices[i].check(&f, "offices["+strconv.Itoa(i)+"].", above)
		above = c.Offices[i].Depth
	}
	if err := checkPledges(&f, c.Pledges, now, was); err != nil {
		return Content{}, err
	}
	for i := range c.Councils {
		c.Councils[i] = c.Councils[i].check(&f, "councils["+strconv.Itoa(i)+"].")
	}
	return c.listed(), f.Err()
}

// listed is c whose lists are none that JSON calls null.
func (c Content) listed() Content {
	if c.Offices == nil {
		c.Offices = []Office{}
	}
	if c.Pledges == nil {
		c.Pledges = []Pledge{}
	}
	if c.Councils == nil {
		c.Councils = []Council{}
	}
	return c
}

func (o Office) check(f *check.Fields, at string, above int) Office {
	if o.Depth = int(f.Number(at+"depth", int64(o.Depth), 0, Deepest)); o.Depth > above+1 {
		f.Add(at+"depth", "too-deep", "바로 위 자리보다 한 단계까지만 내려갈 수 있습니다.", "It can be one step below the office before it.")
	}
	o.Name, o.NameEN = f.Line(at+"name", o.Name, NameLimit), f.OptionalLine(at+"nameEn", o.NameEN, NameLimit)
	o.Holder, o.Work = f.OptionalLine(at+"holder", o.Holder, LineLimit), f.OptionalLine(at+"work", o.Work, LineLimit)
	o.Contact = f.OptionalLine(at+"contact", o.Contact, LineLimit)
	if strings.Contains(o.Contact, "@") {
		o.Contact = f.Email(at+"contact", o.Contact)
	}
	return o
}

func checkPledges(f *check.Fields, list []Pledge, now time.Time, was Content) error {
	known := map[string]Pledge{}
	for _, p := range was.Pledges {
		known[p.ID] = p
	}
	for i, p := range list {
		at := "pledges[" + strconv.Itoa(i) + "]."
		p.Area, p.Title, p.TitleEN = f.OptionalLine(at+"area", p.Area, NameLimit), f.Line(at+"title", p.Title, LineLimit), f.OptionalLine(at+"titleEn", p.TitleEN, LineLimit)
		p.Note = f.OptionalLine(at+"note", p.Note, LineLimit)
		if p.Link != "" {
			p.Link = f.Link(at+"link", p.Link)
		}
		p.State = State(f.OneOf(at+"state", string(p.State), string(Planned), string(Going), string(Kept), string(Dropped)))
		switch p.State {
		case Planned:
			p.Percent = 0
		case Going:
			p.Percent = int(f.Number(at+"percent", int64(p.Percent), 1, 99))
		case Kept:
			p.Percent = 100
		case Dropped:
			if p.Percent = 0; p.Note == "" {
				f.Add(at+"note", "required", "지키지 못하는 이유를 적어 주세요.", "Say why it will not be kept.")
			}
		}
		before, there := known[p.ID]
		switch {
		case p.ID == "":
			id, err := check.NewID()
			if err != nil {
				return err //nolint:wrapcheck // it says what failed
			}
			p.ID, p.ChangedAt = id, now
		case !there: // also one that was named before in this list
			f.Add(at+"id", "unknown", "없는 공약입니다. 새 공약에는 번호를 쓰지 마세요.", "There is no such pledge. A new one has no id.")
		default:
			if p.ChangedAt = before.ChangedAt; p.State != before.State || p.Percent != before.Percent || p.Note != before.Note {
				p.ChangedAt = now
			}
			delete(known, p.ID)
		}
		list[i] = p
	}
	return nil
}

func (c Council) check(f *check.Fields, at string) Council {
	const most = 999
	c.Number = int(f.Number(at+"number", int64(c.Number), 1, most))
	c.Name, c.Term = f.OptionalLine(at+"name", c.Name, NameLimit), f.Line(at+"term", c.Term, NameLimit)
	c.Heads, c.Note = f.OptionalLine(at+"heads", c.Heads, LineLimit), f.OptionalLine(at+"note", c.Note, LineLimit)
	return c
}
