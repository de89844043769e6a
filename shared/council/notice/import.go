package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// MostSource is how long what a notice is known by elsewhere may be, in characters: an address.
const MostSource = 500

// Old is a notice from elsewhere, as an old board, that is to be brought along.
type Old struct {
	Content        // PublishAt is when it was published there
	Source  string // what it is known by there, as its address; "": by its unit, date, titles and texts
}

// Weighed is an Old that was looked at before it is brought along.
type Weighed struct {
	Content                 // normalised
	Wrong   []problem.Field // why it cannot be brought along
	There   bool            // it was brought along before

	source string
}

// Weigh says what would become of old notices: which are wrong, which are there already, and how
// the others would be. Units are those that exist. Only who may auth.Import may.
func (s Reader) Weigh(ctx context.Context, list []Old, units []string) ([]Weighed, error) {
	if !auth.From(ctx).May(auth.Import, "") {
		return nil, problem.NotAllowed()
	}
	if err := s.importable(ctx); err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	weighed, seen, known := []Weighed{}, map[string]bool{}, []string{}
	for _, o := range list {
		w := o.weigh(now, units)
		if seen[w.source] {
			w.Wrong = append(w.Wrong, problem.Field{Name: "source", Code: "repeated", Message: problem.Text{KO: "같은 공지가 앞에 있습니다.", EN: "The same notice stands before it."}})
		}
		seen[w.source] = true
		weighed, known = append(weighed, w), append(known, w.source)
	}
	there, err := s.sources(ctx, known)
	if err != nil {
		return nil, err
	}
	for i := range weighed {
		weighed[i].There = there[weighed[i].source]
	}
	return weighed, nil
}

// importable fails with review-required where nothing comes out without approval: nobody approves
// what comes along by hundreds.
func (s Reader) importable(ctx context.Context) error {
	required, err := s.ReviewRequired(ctx)
	if err == nil && required {
		err = errImportReview()
	}
	return err
}

func (o Old) weigh(now time.Time, units []string) Weighed {
	was := &Notice{Times: Times{PublishAt: o.PublishAt}} // past, as it should be
	c, err := o.Check(now, was, units)
	w := Weighed{Content: c}
	if p := problem.Find(err); p != nil {
		w.Wrong = p.Fields
	}
	var f check.Fields
	source := f.OptionalLine("source", o.Source, MostSource)
	switch {
	case o.PublishAt == nil:
		f.Required("date")
	case c.PublishAt != nil && c.PublishAt.After(now):
		f.Add("date", "in-the-future", "아직 오지 않은 날짜입니다.", "The date is yet to come.")
	}
	if p := problem.Find(f.Err()); p != nil {
		w.Wrong = append(w.Wrong, p.Fields...)
	}
	w.source = "by:" + source
	if source == "" {
		w.source = c.digest()
	}
	return w
}

// digest is what a notice is known by that has no name of its own.
func (c Content) digest() string {
	at := int64(0)
	if c.PublishAt != nil {
		at = clock.Millis(*c.PublishAt)
	}
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %d %q %q %q %q", c.Unit, at, c.Title, c.Body, c.TitleEn, c.BodyEn) // a hash takes everything
	return "is:" + hex.EncodeToString(h.Sum(nil))
}

// sources are those of some sources that notices came from already, deleted ones included as long
// as they can be restored.
func (s Reader) sources(ctx context.Context, list []string) (map[string]bool, error) {
	there := map[string]bool{}
	if len(list) == 0 {
		return there, nil
	}
	args := []any{}
	for _, source := range list {
		args = append(args, source)
	}
	found, err := database.All(ctx, s.db, database.Value[string], `SELECT source FROM notices WHERE source IN (`+database.Marks(1, len(args))+`)`, args...)
	for _, source := range found {
		there[source] = true
	}
	return there, err
}

// Import keeps old notices that Weigh found nothing wrong with, with their dates, and returns those
// that were not there yet. They are announced to nobody: their one event says that they are
// imported.
func (s Writer) Import(ctx context.Context, list []Weighed) ([]Notice, error) {
	if !auth.From(ctx).May(auth.Import, "") {
		return nil, problem.NotAllowed()
	}
	if err := s.importable(ctx); err != nil {
		return nil, err
	}
	made := []Notice{}
	for _, w := range list {
		if len(w.Wrong) > 0 {
			return nil, problem.Wrong(w.Wrong...)
		}
		if w.There {
			continue
		}
		n, added, err := s.bring(ctx, w)
		if err != nil {
			return nil, err
		}
		if added {
			made = append(made, n)
		}
	}
	return made, nil
}

// bring adds one, unless somebody else did so meanwhile.
func (s Writer) bring(ctx context.Context, w Weighed) (n Notice, added bool, err error) {
	id, err := idAt(*w.PublishAt)
	if err != nil {
		return Notice{}, false, err
	}
	tags, err := encodeTags(w.Tags)
	if err != nil {
		return Notice{}, false, err
	}
	c := w.Content
	done, err := s.db.Exec(ctx, `INSERT INTO notices (id, unit, title, folded, excerpt, tags, publish_at, version, created_at, updated_at, rendering, html, body, title_en, excerpt_en, html_en, body_en, source, imported_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, $9, $10, $11, $12, $13, $14, $15, $16, $8) ON CONFLICT (source) WHERE source IS NOT NULL DO NOTHING`,
		id, c.Unit, c.Title, c.folded(), s.markup.Excerpt(c.Body, ExcerptLength), tags, clock.MillisOf(c.PublishAt), clock.Millis(clock.Now(ctx)), rendering, s.markup.HTML(c.Body), c.Body,
		c.TitleEn, s.markup.Excerpt(c.BodyEn, ExcerptLength), s.markup.HTML(c.BodyEn), c.BodyEn, w.source)
	if err != nil || done == 0 {
		return Notice{}, false, err
	}
	n, err = s.settle(ctx, id, c, release{})
	return n, true, err
}

// idAt is an id that sorts by a time, as that of a notice that was written then: the first 48
// bits of a UUID of version 7 are milliseconds (RFC 9562, 5.7).
func idAt(t time.Time) (string, error) {
	id, err := check.NewID()
	if err != nil {
		return "", err
	}
	millis := fmt.Sprintf("%012x", max(0, clock.Millis(t)))
	return strings.Join([]string{millis[:8], millis[8:], id[14:]}, "-"), nil
}
