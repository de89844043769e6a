package about

import (
	"context"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// Kind is what others call it, and the tag of every page that shows some of it.
const Kind = "about"

// Path is its page, and DeskPath where the council writes it.
const (
	Path     = "/about"
	DeskPath = "/console/about"
)

// Ref names it among all things: there is one.
func Ref() thing.Ref { return thing.Ref{Kind: Kind, ID: Kind} }

// First is the version that says nothing.
const First = database.FirstVersion

// Reader reads what the council says of itself.
type Reader struct{ db *database.DB }

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db} }

// Writer changes it.
type Writer struct {
	Reader
	things thing.Store
}

// NewWriter is for who writes.
func NewWriter(db *database.DB) Writer {
	return Writer{Reader: NewReader(db), things: thing.Store{DB: db}}
}

// Stored is the content in force with its version, First before anything was said.
type Stored struct {
	Content
	Version int64
	SavedAt time.Time
}

// Read is what is in force.
func (s Reader) Read(ctx context.Context) (Stored, error) {
	var v Stored
	var err error
	if v.Version, v.SavedAt, err = s.versions().Newest(ctx, &v.Content); err != nil {
		return Stored{}, err
	}
	v.Content = v.listed()
	return v, nil
}

func (s Reader) versions() database.Versions { return database.Versions{DB: s.db, Table: "abouts"} }

// Set makes c the successor of a version. Of several successors of one version the first wins; the others
// fail with problem.Stale.
func (s Writer) Set(ctx context.Context, version int64, c Content) (Stored, error) {
	if !auth.From(ctx).May(auth.Arrange, "") {
		return Stored{}, problem.NotAllowed()
	}
	was, err := s.Read(ctx)
	if err == nil && was.Version != version {
		err = problem.Stale()
	}
	if err != nil {
		return Stored{}, err
	}
	now := clock.Now(ctx)
	if c, err = c.Check(now, was.Content); err != nil {
		return Stored{}, err
	}
	is := Stored{Content: c, Version: version + 1, SavedAt: clock.FromMillis(clock.Millis(now))}
	return is, s.db.Atomic(ctx, func(ctx context.Context) error {
		if err := s.versions().Succeed(ctx, version, c, now); err != nil {
			return err
		}
		// The index sees no change in what it does not keep, as how far a pledge is.
		if err := touch.Tags(ctx, s.db, Kind); err != nil {
			return err
		}
		return s.things.Put(ctx, is.thing())
	})
}

// thing is what the council says as a thing: found by every name in it.
func (v Stored) thing() thing.Thing {
	said := []string{v.Body, v.BodyEN}
	for _, o := range v.Offices {
		said = append(said, o.Name, o.NameEN, o.Holder, o.Work)
	}
	for _, p := range v.Pledges {
		said = append(said, p.Area, p.Title, p.TitleEN, p.Note)
	}
	for _, c := range v.Councils {
		said = append(said, c.Name, c.Term, c.Heads, c.Note)
	}
	t := thing.Thing{
		Ref: Ref(), Path: Path, Title: "학생회 소개", TitleEn: "About the council", Line: "조직도, 공약, 역대 총학생회", Text: strings.Join(said, "\n"), At: v.SavedAt, Readers: thing.Guests, Version: v.Version,
	}
	if !v.Empty() {
		t.From = &v.SavedAt
	}
	return t
}

// Things are where it is kept, for the chore of package thing.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, _ int) ([]thing.Thing, error) {
		v, err := s.Read(ctx)
		if err != nil || v.Version == First || behind >= Ref().ID {
			return nil, err
		}
		return []thing.Thing{v.thing()}, nil
	}}
}
