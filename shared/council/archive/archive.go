// Package archive is the council's archives (자료집): budgets, settlements, audits and reports of
// every unit, what should be there and is not, and a year of them as one file.
package archive

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Where they are read, and where the council works with them, in Korean.
const (
	ListPath = "/archives"
	DeskPath = "/console/archives"
)

// Path is the address of an archive's page.
func Path(id string) string { return ListPath + "/" + id }

// The limits, in characters and files.
const (
	MostTitle   = 100
	MostSummary = 2000
	MostNote    = 300
	MostReason  = 300
	MostFiles   = 10
	mostLine    = 120
)

// Purpose is what files of archives are uploaded for: none has a public address, since who may
// read one may change.
const Purpose = "record"

// Kept is how long a deleted archive can be restored.
const Kept = 30 * 24 * time.Hour

// Audience is who may read an archive once it is published.
type Audience string

// The audiences.
const (
	Public   Audience = "public"
	Students Audience = "students"
	Council  Audience = "council"
)

// Audiences are all audiences, the widest first.
func Audiences() []Audience { return []Audience{Public, Students, Council} }

// Name is what an audience is called.
func (a Audience) Name() problem.Text {
	switch a {
	case Students:
		return problem.Text{KO: "재학생만", EN: "Students"}
	case Council:
		return problem.Text{KO: "총학생회만", EN: "The council"}
	default:
		return problem.Text{KO: "누구나", EN: "Everybody"}
	}
}

// readers are the audience's as the index of things knows it.
func (a Audience) readers() thing.Readers {
	switch a {
	case Public:
		return thing.Guests
	case Students:
		return thing.Students
	default:
		return thing.Council
	}
}

// wider says whether a has readers that b has not.
func (a Audience) wider(b Audience) bool {
	return slices.Index(Audiences(), a) < slices.Index(Audiences(), b)
}

// audiencesOf are those that somebody belongs to, the widest first.
func audiencesOf(who auth.Principal) []Audience {
	list := []Audience{Public}
	if who.Student() {
		list = append(list, Students)
	}
	if who.MaySomewhere(auth.Consult) {
		list = append(list, Council)
	}
	return list
}

// State is where an archive stands.
type State string

// The states.
const (
	Draft     State = "draft"     // not published, or withdrawn
	Published State = "published" // its audience reads it
	Deleted   State = "deleted"   // an admin can restore it
)

// Content is what an editor writes.
type Content struct {
	Unit     string
	Category string
	Period   Period
	Title    string
	Summary  string // plain
	Audience Audience
	Files    []string // ids of uploads
	Table    string   // CSV of a settlement; "" for none
	Note     string   // why its sums do not fit, for readers
	Publish  bool
}

// Assent is what an editor says to what is asked before something is saved.
type Assent struct {
	Masked bool   // personal data in the files is covered
	Widen  bool   // readers are added
	Force  bool   // sums do not fit, and Note says why
	Reason string // of a correction, for readers
}

// Archive is a stored archive.
type Archive struct {
	ID          string
	Unit        string
	Category    string
	Period      Period
	Title       string
	Summary     string
	Audience    Audience
	Files       []upload.File // in their order
	Earlier     []upload.File // those of its corrections, where it is changed
	Table       Table
	Note        string
	MaskedBy    string // member id; "" where nobody said so
	MaskedAt    *time.Time
	PublishedAt *time.Time
	FirstAt     *time.Time // when it was first published
	DeletedAt   *time.Time
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// State is where v stands.
func (v Archive) State() State {
	switch {
	case v.DeletedAt != nil:
		return Deleted
	case v.PublishedAt == nil:
		return Draft
	default:
		return Published
	}
}

// readable says whether somebody may read v.
func (v Archive) readable(who auth.Principal) bool {
	if v.DeletedAt != nil {
		return false
	}
	return who.May(auth.Write, v.Unit) || v.PublishedAt != nil && slices.Contains(audiencesOf(who), v.Audience)
}

// Line is the beginning of the summary, for lists.
func (v Archive) Line() string {
	return text.Truncate(strings.Join(strings.Fields(v.Summary), " "), mostLine)
}

// LateDays is for how many days v was published behind a day, "2026-04-30"; 0 for in time.
func (v Archive) LateDays(due string) int {
	if v.PublishedAt == nil {
		return 0
	}
	return max(0, daysBetween(due, clock.Day(*v.PublishedAt)))
}

// daysBetween is how many days a day is behind another; both are days in Seoul.
func daysBetween(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

func (v Archive) fileIDs() []string {
	ids := []string{}
	for _, f := range v.Files {
		ids = append(ids, f.ID)
	}
	return ids
}

// Correction is what an archive held before it was corrected.
type Correction struct {
	N      int64 // from 1
	At     time.Time
	Reason string
	Files  []upload.File // those that it had
	Table  Table
	Note   string
}

// Check normalises what an editor wrote and refuses what breaks a rule. Was is what is stored, the
// zero value for a new one; units and categories are those that exist.
func (c Content) Check(was Archive, a Assent, units []string, categories Plan) (Content, error) {
	var f check.Fields
	if c.Unit != was.Unit || c.Unit == "" {
		c.Unit = f.Named("unit", c.Unit, units...)
	}
	category, known := categories.find(c.Category)
	if !known {
		f.Add("category", "no-such-category", "없는 분류입니다.", "There is no such category.")
	}
	if !c.Period.Valid() {
		f.Add("period", "not-a-period", "2026, 2026-H1(상반기), 2026-Q3(3분기)처럼 적습니다.", "As 2026, 2026-H1 or 2026-Q3.")
	}
	c.Title = f.Line("title", c.Title, MostTitle)
	c.Summary = f.OptionalText("summary", c.Summary, MostSummary)
	if c.Audience == "" {
		c.Audience = category.Audience
	}
	if known || c.Audience != "" {
		c.Audience = Audience(f.OneOf("audience", string(c.Audience), string(Public), string(Students), string(Council)))
	}
	if was.ID != "" && c.Audience.wider(was.Audience) && !a.Widen {
		f.Add("widen", "required", "읽을 수 있는 사람이 늘어납니다. 그래도 되는지 표시하세요.", "More people will be able to read it. Say that they may.")
	}
	if len(c.Files) > MostFiles {
		f.Add("files", "too-many", fmt.Sprintf("%d개까지 붙일 수 있습니다.", MostFiles), fmt.Sprintf("At most %d.", MostFiles))
	}
	c.Note = f.OptionalLine("note", c.Note, MostNote)
	tabled := strings.TrimSpace(c.Table) != ""
	c = c.checkTable(&f, a)
	if c.Publish && len(c.Files) == 0 && !tabled {
		f.Add("files", "required", "파일이나 표가 있어야 게시할 수 있습니다.", "It needs a file or a table to be published.")
	}
	if c.Publish && c.Audience != Council && len(c.Files)+len(was.Earlier) > 0 && !a.Masked && (was.MaskedBy == "" || c.unsaid(was)) {
		f.Add("masked", "required", "파일에서 이름, 계좌번호 같은 개인정보를 가렸는지 표시하세요.", "Say that personal data in the files, as names and accounts, is covered.")
	}
	return c, f.Err()
}

// unsaid says whether what was said of was, that personal data in its files is covered, is not said of c: it has other
// files, or others read those of its corrections, of which the council was not asked.
func (c Content) unsaid(was Archive) bool {
	return !slices.Equal(was.fileIDs(), c.Files) || was.Audience == Council && c.Audience != Council
}

// checkTable reads the settlement and demands a note where its sums do not fit.
func (c Content) checkTable(f *check.Fields, a Assent) Content {
	if strings.TrimSpace(c.Table) == "" {
		c.Table, c.Note = "", ""
		return c
	}
	t, unfit, err := ReadTable(c.Table)
	wrong := unfit
	if p := problem.Find(err); p != nil {
		wrong = p.Fields
	}
	c.Table = WriteTable(t)
	switch {
	case err == nil && len(unfit) == 0:
		c.Note = ""
	case err == nil && a.Force:
		if c.Note == "" {
			f.Add("note", "required", "합이 맞지 않는 이유를 적으세요. 읽는 사람에게 보입니다.", "Say why the totals don't add up. Readers see it.")
		}
	default:
		for _, w := range wrong {
			f.Add(w.Name, w.Code, w.Message.KO, w.Message.EN)
		}
	}
	return c
}

// FilePath is where a file of an archive is downloaded.
func FilePath(id, file string) string { return "/v1/archives/" + id + "/files/" + file }
