// Package rule is the council's rules (회칙): the notation that they are written in, their
// versions through time, the text of a day, what an amendment changed, and how they are kept.
//
// A version is the whole text. What it does is to change articles: each of its acts says that
// an article reads so, or is there no longer, from a day on. The text of a day follows from the
// acts up to that day when it is asked for; so does whether a version is a draft, announced,
// promulgated or in force. Nothing has to run at midnight.
package rule

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// Where rules are read, and where the council works with them, in Korean.
const (
	ListPath = "/rules"
	DeskPath = "/console/rules"
)

// Path is the address of a rulebook's page.
func Path(slug string) string { return ListPath + "/" + slug }

// ArticlePath is the address of an article's page by its number, percent-encoded; with a day
// it is that of the article as it reads then, for good.
func ArticlePath(slug, number, day string) string {
	path := Path(slug) + "/" + url.PathEscape(Addressed(number))
	if day != "" {
		path += "?at=" + day
	}
	return path
}

// ComparePath is the address of the comparison of two versions by their numbers, or of the texts
// of two days.
func ComparePath(slug, from, to string) string {
	return Path(slug) + "/compare?from=" + from + "&to=" + to
}

// The limits, in characters and pieces. A rulebook of twelve chapters and ninety articles has some
// 30 000 characters. They bound, with the budget of a revision.Comparison, what reading, comparing and
// showing a text can cost: BenchmarkWorst, whose numbers are in docs/measurements.md.
const (
	MostTitle     = 100
	MostBody      = 60
	MostReason    = 2000
	MostSource    = 200_000
	MostArticle   = 20_000 // one article, 부칙 or preamble
	MostArticles  = 1000
	MostName      = 100 // of an article or chapter
	MostVersions  = 200 // of a rulebook
	MostBooks     = 200
	mostLine      = 120
	mostAmendment = 999
)

// slugs are short Latin names, as people say them: hoechik.
var slugs = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// mostSlug is the longest name in an address, in characters.
const mostSlug = 40

// Slug says whether a text has the form of a rulebook's name in addresses.
func Slug(s string) bool {
	return len(s) <= mostSlug && slugs.MatchString(s) && !slices.Contains(taken, s)
}

// taken are names that addresses have for something else.
var taken = []string{"new", "at"}

// Content is what an editor says of a rulebook.
type Content struct {
	Unit   string
	Title  string
	Body   string // who decides on it, as 전체학생대표자회의
	Parent string // the slug of the rulebook that it stands under; "" for none
}

// Book is a stored rulebook.
type Book struct {
	ID        string
	Slug      string
	Unit      string
	Title     string
	Body      string
	Parent    string // slug
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Check normalises what an editor says and refuses what breaks a rule. Units are those that
// exist; the one that it had may stay.
func (c Content) Check(was string, units []string) (Content, error) {
	var f check.Fields
	if c.Unit != was || c.Unit == "" {
		c.Unit = f.Named("unit", c.Unit, units...)
	}
	c.Title = f.Line("title", c.Title, MostTitle)
	c.Body = f.OptionalLine("body", c.Body, MostBody)
	if c.Parent != "" && !Slug(c.Parent) {
		f.Add("parent", "not-a-rulebook", "그런 회칙이 없습니다.", "There is no such rulebook.")
	}
	return c, f.Err()
}

// Act is what kind of version it is.
type Act string

// The kinds of versions.
const (
	Enactment  Act = "enactment"  // 제정
	Amendment  Act = "amendment"  // 일부개정
	Revision   Act = "revision"   // 전부개정: every article is written anew
	Repeal     Act = "repeal"     // 폐지: no article is left
	Correction Act = "correction" // 정정: of a mistake in a text that was promulgated, from its day on
)

// Acts are all kinds of versions.
func Acts() []Act { return []Act{Enactment, Amendment, Revision, Repeal, Correction} }

// Label is what an act is called.
func (a Act) Label() problem.Text {
	return map[Act]problem.Text{
		Enactment: {KO: "제정", EN: "Enactment"}, Amendment: {KO: "일부개정", EN: "Amendment"}, Revision: {KO: "전부개정", EN: "Full revision"},
		Repeal: {KO: "폐지", EN: "Repeal"}, Correction: {KO: "정정", EN: "Correction"},
	}[a]
}

// numbered says whether versions of the kind are counted: 제14차 개정.
func (a Act) numbered() bool { return a == Amendment || a == Revision }

// whole says whether versions of the kind say something of every article: of what was to change later as well.
func (a Act) whole() bool { return a == Revision || a == Repeal }

// Move says that an article of the version before has another number in the new one.
type Move struct{ From, To string }

// Override says that an article begins, or ends, on a day of its own, as a 부칙 has it.
type Override struct{ Article, EffectiveOn string }

// Draft is what an editor says of a version until it is promulgated.
type Draft struct {
	Kind        string
	Amendment   int64  // 제N차; 0 where versions of the kind are not counted
	Reason      string // plain
	DecidedOn   string // days as 2026-03-01; "" for none yet
	AnnouncedAt *time.Time
	AnnounceNow bool
	EffectiveOn string
	Source      string // the text in its notation; of a repeal ""
	Moves       []Move
	Overrides   []Override
}

// State is what a version is at a time.
type State string

// The states. Everybody reads versions of all but the first.
const (
	Drafted     State = "draft"
	Announced   State = "announced"   // made public before it is decided
	Promulgated State = "promulgated" // its day is still to come
	InForce     State = "in-force"
	Past        State = "past"      // another one began after it
	Overtaken   State = "overtaken" // it never begins: what was promulgated later put the whole text anew, or repealed it, from an earlier day on
)

// Version is a stored version. Its source is empty where it was read for a list.
type Version struct {
	Draft
	ID            string
	Book          string // id
	Number        int64  // in the order in which versions were begun, for good
	Base          int64  // the number of the version that it changes; 0 for none
	PromulgatedOn string
	Meeting       string // path of the minutes of the meeting that decided it; "" for none
	Version       int64
	CreatedAt     time.Time
	UpdatedAt     time.Time

	Order    int64 // in the order of promulgation, from 1; 0 before it
	SealedAt *time.Time

	days      []string // on which it begins, whole or in part, as far as it is not overtaken; read with a whole version
	last      bool     // of those that have begun it is the newest
	overtaken bool     // what was promulgated later put all of the text anew, or repealed it, from an earlier day on
}

// Begun says whether a version, promulgated, began on a day or before.
func (v Version) Begun(day string) bool {
	return v.PromulgatedOn != "" && v.EffectiveOn <= day && !v.overtaken
}

// Public says whether everybody may read v at a time.
func (v Version) Public(now time.Time) bool {
	return v.PromulgatedOn != "" || v.AnnouncedAt != nil && !v.AnnouncedAt.After(now)
}

// State is what v is at a time.
func (v Version) State(now time.Time) State {
	switch {
	case v.overtaken:
		return Overtaken
	case v.PromulgatedOn != "" && v.EffectiveOn > clock.Day(now):
		return Promulgated
	case v.PromulgatedOn != "" && v.last:
		return InForce
	case v.PromulgatedOn != "":
		return Past
	case v.Public(now):
		return Announced
	default:
		return Drafted
	}
}

// Called is what a version is called: 제정, 제14차 개정, 폐지, 정정.
func (v Version) Called() problem.Text {
	if a := Act(v.Kind); !a.numbered() {
		return a.Label()
	}
	return problem.Text{KO: fmt.Sprintf("제%d차 개정", v.Amendment), EN: "Amendment " + fmt.Sprint(v.Amendment)}
}

// marked are versions in their order with the newest in force and the overtaken ones known.
func marked(list []Version, now time.Time) []Version {
	for i, v := range list {
		list[i].overtaken = slices.ContainsFunc(list, func(o Version) bool {
			return o.Order > v.Order && v.PromulgatedOn != "" && o.EffectiveOn < v.EffectiveOn && Act(o.Kind).whole()
		})
	}
	newest := -1
	for i, v := range list {
		list[i].last = false
		if v.Begun(clock.Day(now)) && (newest < 0 || cmp.Or(strings.Compare(v.EffectiveOn, list[newest].EffectiveOn), cmp.Compare(v.Order, list[newest].Order)) > 0) {
			newest = i
		}
	}
	if newest >= 0 {
		list[newest].last = true
	}
	return list
}

// Day reads a day as 2026-03-01.
func Day(s string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, s, clock.Seoul)
	return t, err == nil && !t.Before(check.Earliest) && t.Before(check.Latest)
}

// skew is how far behind a caller's clock may be (as of notices).
const skew = 10 * time.Minute

// Check normalises what an editor wrote and refuses what breaks a rule; the tree of the text comes
// with it. Was is the version that is edited, nil for a new one.
func (d Draft) Check(now time.Time, was *Version) (Draft, Text, error) {
	var f check.Fields
	kinds := []string{}
	for _, a := range Acts() {
		kinds = append(kinds, string(a))
	}
	d.Kind = f.OneOf("kind", d.Kind, kinds...)
	kind := Act(d.Kind)
	if !kind.numbered() {
		d.Amendment = 0
	} else {
		d.Amendment = f.Number("amendment", d.Amendment, 1, mostAmendment)
	}
	d.Reason = f.OptionalText("reason", d.Reason, MostReason)
	day := func(name, value string) string {
		if value != "" {
			if _, ok := Day(value); !ok {
				f.Add(name, "not-a-day", "날짜는 2026-03-01처럼 씁니다.", "A day, as 2026-03-01.")
				return ""
			}
		}
		return value
	}
	d.DecidedOn, d.EffectiveOn = day("decidedOn", d.DecidedOn), day("effectiveOn", d.EffectiveOn)
	d.AnnouncedAt, d.AnnounceNow = d.announced(&f, now, was), false
	d.Moves = checkMoves(&f, d.Moves)
	if len(d.Overrides) > MostArticles {
		f.Add("overrides", "too-many", fmt.Sprintf("%d개까지입니다.", MostArticles), fmt.Sprintf("At most %d.", MostArticles))
		d.Overrides = nil
	}
	overrides, seen := []Override{}, map[string]bool{}
	for i, o := range d.Overrides {
		name := fmt.Sprintf("overrides[%d]", i)
		o.Article = number(&f, name+".article", o.Article)
		if o.EffectiveOn = day(name+".effectiveOn", o.EffectiveOn); o.EffectiveOn == "" {
			f.Required(name + ".effectiveOn")
		}
		if seen[o.Article] && o.Article != "" {
			f.Add(name, "repeated", "같은 조문이 두 번 있습니다.", "The article is given twice.")
		}
		seen[o.Article] = true
		overrides = append(overrides, o)
	}
	d.Overrides = overrides
	d.Source = f.OptionalText("source", d.Source, MostSource)
	text, err := d.text(f.Err())
	return d, text, err
}

// text is the tree of the source; other problems come first.
func (d Draft) text(err error) (Text, error) {
	if err != nil || Act(d.Kind) == Repeal {
		return Text{}, err
	}
	text, _, wrong := Parse(d.Source)
	if wrong != nil {
		return Text{}, wrong.Problem()
	}
	return text, nil
}

func (d Draft) announced(f *check.Fields, now time.Time, was *Version) *time.Time {
	switch at := f.Time("announcedAt", d.AnnouncedAt); {
	case d.AnnounceNow && at != nil:
		f.Add("announceNow", "now-or-at", "바로 공고하거나 시각을 정하거나, 하나만 고르세요.", "Announce now or at a time, not both.")
		return nil
	case d.AnnounceNow:
		return &now
	case at == nil:
		return nil
	default:
		t := clock.FromMillis(clock.Millis(*at))
		if t.Before(now) && now.Sub(t) > skew && (was == nil || was.AnnouncedAt == nil || !was.AnnouncedAt.Equal(t)) {
			f.Add("announcedAt", "announced-at-in-the-past", "이미 지난 시각입니다.", "The time is past.")
		}
		return &t
	}
}

// number reads the number of an article: 12의2, or as it is called, 제12조의2.
func number(f *check.Fields, name, value string) string {
	n, ok := NumberOf(value)
	if !ok {
		f.Add(name, "not-an-article", "조문 번호는 제12조의2처럼 씁니다.", "The number of an article, as 제12조의2.")
		return ""
	}
	return n
}

func checkMoves(f *check.Fields, list []Move) []Move {
	moves, from, to := []Move{}, map[string]bool{}, map[string]bool{}
	if len(list) > MostArticles {
		f.Add("moves", "too-many", fmt.Sprintf("%d개까지입니다.", MostArticles), fmt.Sprintf("At most %d.", MostArticles))
		return moves
	}
	for i, m := range list {
		name := fmt.Sprintf("moves[%d]", i)
		m.From, m.To = number(f, name+".from", m.From), number(f, name+".to", m.To)
		if m.From != "" && from[m.From] || m.To != "" && to[m.To] {
			f.Add(name, "repeated", "같은 조문이 두 번 있습니다.", "An article is given twice.")
		}
		from[m.From], to[m.To] = true, true
		moves = append(moves, m)
	}
	return moves
}
