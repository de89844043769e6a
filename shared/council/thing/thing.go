// Package thing is one index of everything that can be read: one row for each thing,
// whatever kind it is, written by the store that owns it in the same unit of work. What is
// about things of every kind (search, feeds, where a file is used) reads these rows alone
// and links no domain.
package thing

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// Kind is a kind of things.
type Kind struct {
	Name  string       // in refs, tags and paths; it never changes
	Label problem.Text // of one of them
	Icon  string       // name of a sign that pages show beside it
	Desk  string       // where an editor of its unit works with one: the path before its id
	// Function is whose pages show it, by name: while that is switched off, nobody is led to one.
	Function string
	// Ageless says that an old one is worth as much to who searches as a new one, as of rules.
	Ageless bool
	// Dated says that its things may have dates, which the calendar shows.
	Dated bool
	// Asked are its pages that a parameter tells apart: their paths as path.Match has them. Elsewhere whatever is asked for, the
	// page is that of one thing.
	Asked, By string
}

// Kinds are all kinds of things.
func Kinds() []Kind {
	return []Kind{
		{Name: "minute", Label: problem.Text{KO: "회의록", EN: "Minutes"}, Icon: "page", Desk: "/console/minutes/", Function: "minutes", Dated: true},
		{Name: "archive", Label: problem.Text{KO: "자료집", EN: "Archive"}, Icon: "page", Desk: "/console/archives/", Function: "archives"},
		{Name: "notice", Label: problem.Text{KO: "공지", EN: "Notice"}, Icon: "megaphone", Desk: "/console/notices/", Function: "notices"},
		{Name: "banner", Label: problem.Text{KO: "배너", EN: "Banner"}, Icon: "picture", Desk: "/console/banners/", Function: "banners"},
		{Name: "event", Label: problem.Text{KO: "일정", EN: "Event"}, Icon: "calendar", Desk: "/console/calendar/", Function: "calendar", Dated: true},
		{Name: "rule", Label: problem.Text{KO: "회칙", EN: "Rule"}, Icon: "page", Desk: "/console/rules/at/", Function: "rules", Ageless: true},
		{Name: "about", Label: problem.Text{KO: "학생회 소개", EN: "About the council"}, Icon: "page", Desk: "/console/", Function: "about", Ageless: true},
		{Name: "amendment", Label: problem.Text{KO: "회칙 개정", EN: "Amendment"}, Icon: "page", Desk: "/console/rules/at/", Function: "rules", Dated: true, Asked: "/rules/*/compare", By: "to"},
	}
}

// KindOf is the kind of a name.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds(), func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds()[i], true
}

// DatedKinds are the names of the kinds whose things may have dates: what shows dates changes with them.
func DatedKinds() []string {
	names := []string{}
	for _, k := range Kinds() {
		if k.Dated {
			names = append(names, k.Name)
		}
	}
	return names
}

// KindsOf are the names of the kinds that some functions show.
func KindsOf(functions []string) []string {
	names := []string{}
	for _, k := range Kinds() {
		if slices.Contains(functions, k.Function) {
			names = append(names, k.Name)
		}
	}
	return names
}

// Closed are the kinds of things of functions that are switched off at the time of a request, which off names: nobody finds, or
// is told of, what nobody can open.
func Closed(off func(context.Context) []string) func(context.Context) []string {
	return func(ctx context.Context) []string { return KindsOf(off(ctx)) }
}

// Ref names a thing.
type Ref struct{ Kind, ID string }

// Tag is the tag of what shows the thing whole.
func (r Ref) Tag() string { return r.Kind + ":" + r.ID }

// Desk is where an editor of its unit works with the thing, "" for a kind that there is not.
func (r Ref) Desk() string {
	k, known := KindOf(r.Kind)
	if !known {
		return ""
	}
	return k.Desk + r.ID
}

// number is the thing in the index: 63 bits of a hash, since nobody has to be asked for it.
// Among a million things two have the same with a chance of 1 in 18 million, and the second
// is refused then.
func (r Ref) number() int64 {
	sum := sha256.Sum256([]byte(r.Tag()))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1) // 63 bits
}

// Readers are who may read a thing while it is visible.
type Readers string

// The readers. Editors of its unit read a thing of any readers, visible or not.
const (
	Guests   Readers = "guests"
	Members  Readers = "members"
	Students Readers = "students"
	Council  Readers = "council"
	Own      Readers = "own" // its author
)

func (r Readers) include(who auth.Principal, author string) bool {
	switch r {
	case Guests:
		return true
	case Members:
		return who.SignedIn()
	case Students:
		return who.Student()
	case Council:
		return who.MaySomewhere(auth.Consult)
	case Own:
		return author != "" && author == who.MemberID
	default:
		return false
	}
}

// Allow is something that readers may do with a thing.
type Allow string

// What readers may do.
const (
	Comments Allow = "comments"
	Likes    Allow = "likes"
	Views    Allow = "views"
	Reports  Allow = "reports"
	Follows  Allow = "follows"
)

// Date is a time that a calendar shows of a thing.
type Date struct {
	Label  string     `json:"label"` // what is at that time, as a code of its kind
	Starts time.Time  `json:"starts"`
	Ends   *time.Time `json:"ends"`
	AllDay bool       `json:"allDay"`
	// Changed is when it became what it is, as the index saw it; nil for as long as the thing is there. It is set where it is read.
	Changed *time.Time `json:"-"`
}

// MostDate is how long a date lasts at most: a year, with a day more.
const MostDate = 367 * 24 * time.Hour

// Said is what is at a date, behind the title of its thing: as "시행" of a rule; empty where the title says it.
func (d Date) Said() problem.Text {
	if d.Label == "effective" {
		return problem.Text{KO: "시행", EN: "in force"}
	}
	return problem.Text{}
}

// MostText is how much of a thing's text is found by search, in characters.
const MostText = 20_000

// Thing is what its owner says of it.
type Thing struct {
	Ref
	Unit          string
	Path          string // of its page, in Korean; "" where it has none, and is not searched
	Title         string
	TitleEn       string `json:",omitempty"` // "" where it has none
	Line          string // for lists and messages
	Text          string // plain; what exceeds MostText is cut. Empty where it was read
	Tags          []string
	At            time.Time  // sorts
	From          *time.Time // from when on readers see it; nil for a draft
	Until         *time.Time // until when; nil for good
	Readers       Readers
	Author        string // member id, never shown; "" for none
	Allows        []Allow
	ClosedBecause string // a code, where it allows no more
	Version       int64
	Also          []string   `json:",omitempty"` // other paths of this site at which readers find it. Empty where it was read
	Dates         []Date     // empty where it was read
	Links         []string   `json:",omitempty"` // pages of this site that its readers are led to, by their paths; others are passed over. Empty where it was read
	UrgentUntil   *time.Time `json:",omitempty"` // it stands above every page until then, while guests see it; nil for never
	HiddenAt      *time.Time // by a moderator: Hide alone changes it
	Edited        *time.Time `json:"-"` // when title, line or text last changed for who could read it, as the index saw it; nil for never
}

// Visible says whether its readers see a thing at a time.
func (t Thing) Visible(now time.Time) bool {
	return t.HiddenAt == nil && t.From != nil && !t.From.After(now) && (t.Until == nil || t.Until.After(now))
}

// Shows says whether pages show a thing at a time or later, by what is known now.
func (t Thing) Shows(now time.Time) bool {
	return t.HiddenAt == nil && t.From != nil && (t.Until == nil || t.Until.After(now))
}

// Writes says whether the caller may work with a thing at its desk.
func (t Thing) Writes(ctx context.Context) bool { return auth.From(ctx).May(auth.Write, t.Unit) }

// Readable says whether the caller may read a thing now. What was hidden, moderators of its
// unit read alone.
func (t Thing) Readable(ctx context.Context) bool {
	who := auth.From(ctx)
	switch {
	case t.HiddenAt != nil:
		return who.May(auth.Moderate, t.Unit)
	case t.Writes(ctx):
		return true
	default:
		return t.Visible(clock.Now(ctx)) && t.Readers.include(who, t.Author)
	}
}
