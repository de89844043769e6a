// Package minute is the minutes (회의록) of the council's bodies: what may be written, which part
// of it readers see when, and how it is kept.
//
// Minutes are published in three steps, each on its own: that a meeting is to be, what was
// decided, and the whole. What readers see follows from the times of the steps; everything that
// leaves the store for them has passed Shown.
package minute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// Step is how far minutes are published.
type Step string

// The steps. Each can be the first; what comes before it cannot follow.
const (
	Draft     Step = "draft"     // readers see nothing
	Announced Step = "announced" // that there is a meeting, when and where, and its agenda
	Decisions Step = "decisions" // also what was decided, and how many were there
	Full      Step = "full"      // also the texts and the files
)

// Steps are those that can be published, in their order.
func Steps() []Step { return []Step{Announced, Decisions, Full} }

// rank is the place of a step, 0 for a draft.
func (s Step) rank() int { return slices.Index(Steps(), s) + 1 }

// Reached says whether s is a step or one behind it.
func (s Step) Reached(step Step) bool { return s.rank() >= step.rank() }

// The kinds of meetings.
const (
	Regular       = "regular"
	Extraordinary = "extraordinary"
)

// The kinds of items.
const (
	Report     = "report"
	Discussion = "discussion"
	Motion     = "motion"
)

// What can become of an item.
const (
	Passed    = "passed"
	Amended   = "amended"
	Rejected  = "rejected"
	Deferred  = "deferred"
	Discarded = "discarded"
	Withdrawn = "withdrawn"
)

// Kinds are those of meetings, ItemKinds those of items, Outcomes what can be decided, in the
// order in which they are offered and counted.
func Kinds() []string { return []string{Regular, Extraordinary} }

// ItemKinds are the kinds of items.
func ItemKinds() []string { return []string{Report, Discussion, Motion} }

// Outcomes are what can become of an item.
func Outcomes() []string {
	return []string{Passed, Amended, Rejected, Deferred, Discarded, Withdrawn}
}

// Word is what a kind, an outcome or a step is called.
func Word(code string) problem.Text {
	switch code {
	case Regular:
		return problem.Text{KO: "정기", EN: "Regular"}
	case Extraordinary:
		return problem.Text{KO: "임시", EN: "Extraordinary"}
	case Report:
		return problem.Text{KO: "보고", EN: "Report"}
	case Discussion:
		return problem.Text{KO: "논의", EN: "Discussion"}
	case Motion:
		return problem.Text{KO: "의결", EN: "Motion"}
	case Passed:
		return problem.Text{KO: "가결", EN: "Passed"}
	case Amended:
		return problem.Text{KO: "수정가결", EN: "Passed as amended"}
	case Rejected:
		return problem.Text{KO: "부결", EN: "Rejected"}
	case Deferred:
		return problem.Text{KO: "보류", EN: "Deferred"}
	case Discarded:
		return problem.Text{KO: "폐기", EN: "Discarded"}
	case Withdrawn:
		return problem.Text{KO: "철회", EN: "Withdrawn"}
	case string(Announced):
		return problem.Text{KO: "회의 예고", EN: "Announced"}
	case string(Decisions):
		return problem.Text{KO: "의결사항 공개", EN: "Decisions published"}
	case string(Full):
		return problem.Text{KO: "전문 공개", EN: "Published in full"}
	default:
		return problem.Text{KO: "초안", EN: "Draft"}
	}
}

// InTime is what is said of minutes that were published in time.
func InTime() problem.Text { return problem.Text{KO: "기한 안에 공개", EN: "published in time"} }

// Policy are the numbers that the council may change without an operator. How many days a body has
// is its own (Body.PublishDays).
type Policy struct {
	ExtendDays int // by how many days a deadline can be extended at most
}

// Policies says what they are.
func (p *Policy) Policies() policy.Domain {
	return policy.Domain{Name: "minutes", Label: problem.Text{KO: "회의록", EN: "Minutes"}, Items: []policy.Item{{
		Name: "extendDays", Value: policy.Number{To: &p.ExtendDays, Default: 7, Min: 1, Max: 30, Unit: policy.Days()},
		Label: problem.Text{KO: "공개 기한을 늘릴 수 있는 날", EN: "Days by which a deadline can be extended"},
		Help:  problem.Text{KO: "회의록마다 한 번, 사유를 밝히고 늘립니다.", EN: "Once for each meeting, with a reason."},
	}}}
}

// Kept is how long deleted minutes can be restored.
const Kept = 30 * 24 * time.Hour

// Item is one of the agenda.
type Item struct {
	Title     string   `json:"title" description:"1 to 200 characters."`
	Kind      string   `json:"kind" description:"report, discussion or motion."`
	Decision  string   `json:"decision,omitempty" description:"passed, amended, rejected, deferred, discarded or withdrawn; nothing was decided without it."`
	Yes       *int64   `json:"yes,omitempty" description:"Votes for."`
	No        *int64   `json:"no,omitempty" description:"Votes against."`
	Abstain   *int64   `json:"abstain,omitempty" description:"Abstentions."`
	Unanimous bool     `json:"unanimous,omitempty" description:"Without a count of votes."`
	Text      string   `json:"text,omitempty" description:"Markdown, at most 20,000 characters. What stands between the lines [비공개: reason] and [비공개 끝] is withheld and sealed."`
	Refs      []string `json:"refs,omitempty" description:"At most 10 paths of this site or https addresses, as of rules and petitions."`
}

// Content is what a secretary writes.
type Content struct {
	Body        string // slug; it stays as it was made
	Year        int64  // by which rounds are counted; 0: the year of the meeting
	Round       int64  // 0 for none
	Kind        string
	HeldAt      *time.Time
	Place       string
	Chair       string
	Enrolled    *int64
	Present     *int64
	Attendees   string
	Items       []Item
	Text        string // Markdown
	Attachments []string
}

// Minute are the minutes of one meeting.
type Minute struct {
	ID           string
	Body         Body
	Unit         string
	Year         int64 // 0 where rounds go on
	Round        int64 // 0 for none
	Kind         string
	HeldAt       time.Time
	Place        string
	Chair        string
	Enrolled     *int64
	Present      *int64
	Attendees    string
	Items        []Item
	Text         string // a withheld block is one line; see Parts
	Attachments  []upload.File
	PublicAt     *time.Time
	AnnouncedAt  *time.Time
	DecisionsAt  *time.Time
	FullAt       *time.Time
	PublishDays  int
	Due          due.Term
	Corrections  []Correction // of what readers had seen; empty in a list
	DeletedAt    *time.Time
	ShownVersion int64
	Version      int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Correction is a change of what readers had seen, as they are told of it.
type Correction struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Step is how far m is published at a time.
func (m Minute) Step(now time.Time) Step {
	for _, step := range slices.Backward(Steps()) {
		if at := m.at(step); at != nil && !at.After(now) {
			return step
		}
	}
	return Draft
}

func (m Minute) at(step Step) *time.Time {
	switch step {
	case Announced:
		return m.AnnouncedAt
	case Decisions:
		return m.DecisionsAt
	case Full:
		return m.FullAt
	case Draft:
	}
	return nil
}

// Public says whether readers see anything of m at a time.
func (m Minute) Public(now time.Time) bool { return m.DeletedAt == nil && m.Step(now) != Draft }

// Standing is how m stands to its deadline at a time.
func (m Minute) Standing(now time.Time) due.Standing { return m.Due.Standing(now, m.FullAt) }

// Shown is what readers see of m where it is published up to a step: everything else is empty.
// Nothing else decides about that.
func (m Minute) Shown(step Step) Minute {
	if !step.Reached(Announced) {
		return Minute{ID: m.ID, Unit: m.Unit, Version: m.Version, ShownVersion: m.ShownVersion}
	}
	items := make([]Item, len(m.Items))
	for i, item := range m.Items {
		items[i] = Item{Title: item.Title, Kind: item.Kind, Refs: item.Refs}
		if step.Reached(Decisions) {
			items[i] = item
			items[i].Text = ""
		}
		if step.Reached(Full) {
			items[i].Text = item.Text
		}
	}
	m.Items = items
	if !step.Reached(Decisions) {
		m.Chair, m.Enrolled, m.Present, m.DecisionsAt, m.Corrections = "", nil, nil, nil, nil
	}
	if !step.Reached(Full) {
		m.Attendees, m.Text, m.Attachments, m.FullAt = "", "", nil, nil
	}
	return m
}

// face is all that a reader of a step sees of what is written, as one text to compare.
func (m Minute) face(step Step) string {
	if step == Draft {
		return ""
	}
	s := m.Shown(step)
	files := []string{}
	for _, f := range s.Attachments {
		files = append(files, f.ID)
	}
	all, err := json.Marshal([]any{s.Year, s.Round, s.Kind, clock.Millis(s.HeldAt), s.Place, s.Chair, s.Enrolled, s.Present, s.Attendees, s.Items, s.Text, files})
	if err != nil { // nothing of it cannot be JSON
		return err.Error()
	}
	return string(all)
}

// Counted is the body of m as it counted meetings when m was begun: a meeting keeps its number, or has none, whatever its
// body does later.
func (m Minute) Counted() Body {
	b := m.Body
	b.Numbered, b.PerYear = m.Round > 0, m.Year > 0
	return b
}

// Title is what the meeting is called.
func (m Minute) Title() problem.Text {
	ko, en := m.Body.Name, m.Body.NameEn
	switch {
	case m.Round > 0 && m.Year > 0:
		ko, en = fmt.Sprintf("%d년 제%d차 %s", m.Year, m.Round, ko), named(en, fmt.Sprintf(", meeting %d of %d", m.Round, m.Year))
	case m.Round > 0:
		ko, en = fmt.Sprintf("제%d차 %s", m.Round, ko), named(en, fmt.Sprintf(", meeting %d", m.Round))
	default:
		ko, en = ko+" "+m.HeldAt.In(clock.Seoul).Format("2006. 1. 2.")+" 회의", named(en, ", "+m.HeldAt.In(clock.Seoul).Format("2 January 2006"))
	}
	if m.Kind == Extraordinary {
		ko, en = ko+" 임시회의", named(en, " (extraordinary)")
	}
	return problem.Text{KO: ko, EN: en}
}

// named is a name in English with what follows it, "" where there is none.
func named(name, rest string) string {
	if name == "" {
		return ""
	}
	return name + rest
}

// Tally is how often something was decided.
type Tally struct {
	Decision string `json:"decision"`
	Count    int    `json:"count"`
}

// Label is the tally in words: 가결 2건, 2 passed.
func (t Tally) Label() problem.Text {
	word, n := Word(t.Decision), strconv.Itoa(t.Count)
	return problem.Text{KO: word.KO + " " + n + "건", EN: n + " " + strings.ToLower(word.EN)}
}

// Tallies are the decisions of m, counted, in the order of Outcomes.
func (m Minute) Tallies() []Tally {
	list := []Tally{}
	for _, outcome := range Outcomes() {
		n := 0
		for _, item := range m.Items {
			if item.Decision == outcome {
				n++
			}
		}
		if n > 0 {
			list = append(list, Tally{outcome, n})
		}
	}
	return list
}

// Line is m in one line: what was decided, or how much there is to talk about.
func (m Minute) Line() problem.Text {
	ko, en := []string{}, []string{}
	for _, t := range m.Tallies() {
		said := t.Label()
		ko, en = append(ko, said.KO), append(en, said.EN)
	}
	if len(ko) == 0 {
		if n := len(m.Items); n > 0 {
			return problem.Text{KO: fmt.Sprintf("안건 %d건", n), EN: fmt.Sprintf("Items: %d", n)}
		}
		return problem.Text{KO: "안건을 정하고 있습니다", EN: "The agenda is being made"}
	}
	return problem.Text{KO: strings.Join(ko, " · "), EN: strings.Join(en, " · ")}
}

// Content is m as a secretary would write it.
func (m Minute) Content() Content {
	c := Content{
		Body: m.Body.Slug, Year: m.Year, Round: m.Round, Kind: m.Kind, HeldAt: &m.HeldAt, Place: m.Place, Chair: m.Chair,
		Enrolled: m.Enrolled, Present: m.Present, Attendees: m.Attendees, Items: m.Items, Text: m.Text, Attachments: []string{},
	}
	for _, f := range m.Attachments {
		c.Attachments = append(c.Attachments, f.ID)
	}
	return c
}

// with is m with what was written, but for its files.
func (m Minute) with(c Content) Minute {
	m.Year, m.Round, m.Kind, m.HeldAt, m.Place, m.Chair = c.Year, c.Round, c.Kind, *c.HeldAt, c.Place, c.Chair
	m.Enrolled, m.Present, m.Attendees, m.Items, m.Text = c.Enrolled, c.Present, c.Attendees, c.Items, c.Text
	m.Attachments = nil
	for _, id := range c.Attachments {
		m.Attachments = append(m.Attachments, upload.File{ID: id})
	}
	return m
}
