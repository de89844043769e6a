package minute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
)

// Revision is what minutes said from one edit until the next. Steps, extensions and deleting count
// the version up without one. Attachments are not part of it, nor is what was withheld.
type Revision struct {
	Number   int64
	Editor   string // member id
	At       time.Time
	Draft    bool   // saved by itself
	Reason   string // of a correction of what readers had seen
	Stripped bool   // its texts went when a part of them was withheld
	Content  Content
}

// kept is how the content of a revision is stored.
type kept struct {
	Year, Round       int64
	Kind              string
	HeldAt            int64 // milliseconds
	Place, Chair      string
	Enrolled, Present *int64
	Attendees         string
	Items             []Item
	Text              string
}

func keep(c Content) (string, error) {
	b, err := json.Marshal(kept{c.Year, c.Round, c.Kind, clock.Millis(*c.HeldAt), c.Place, c.Chair, c.Enrolled, c.Present, c.Attendees, c.Items, c.Text})
	if err != nil {
		return "", fmt.Errorf("minute: revision: %w", err)
	}
	return string(b), nil
}

func (k kept) content(body string) Content {
	held := clock.FromMillis(k.HeldAt)
	return Content{
		Body: body, Year: k.Year, Round: k.Round, Kind: k.Kind, HeldAt: &held, Place: k.Place, Chair: k.Chair, Enrolled: k.Enrolled, Present: k.Present,
		Attendees: k.Attendees, Items: k.Items, Text: k.Text,
	}
}

// revise keeps what m says. What is saved by itself takes the place of what its editor saved so
// before it: a meeting of two hours leaves no 360 revisions.
func (s Writer) revise(ctx context.Context, m Minute, e Edition) error {
	content, err := keep(m.Content())
	if err != nil {
		return err
	}
	who := auth.From(ctx).MemberID
	if e.Draft {
		if _, err := s.db.Exec(ctx, `DELETE FROM minute_revisions WHERE minute_id = $1 AND version = $2 AND draft = 1 AND editor = $3`, m.ID, m.Version-1, who); err != nil {
			return err
		}
	}
	_, err = s.db.Exec(ctx, `INSERT INTO minute_revisions (minute_id, version, editor, at, draft, reason, stripped, content) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)`,
		m.ID, m.Version, who, clock.Millis(clock.Now(ctx)), flag(e.Draft), e.Reason, content)
	return err
}

// keepWithheld seals what was withheld, and takes the texts out of what was said before: what is
// withheld now may stand in them, whole or half written. So it may where a block is withheld again that what was saved last did not
// name, though it was sealed long ago.
func (s Writer) keepWithheld(ctx context.Context, id string, fresh []Withheld, again, draft bool) error {
	for _, w := range fresh {
		if _, err := s.db.Exec(ctx, `INSERT INTO minute_withheld (minute_id, n, lines, reason, sealed, draft) VALUES ($1, $2, $3, $4, $5, $6)`, id, w.N, w.Lines, w.Reason, seal(s.box, id, w), flag(draft)); err != nil {
			return err
		}
	}
	if len(fresh) == 0 && !again {
		return nil
	}
	if len(fresh) > 0 {
		if _, err := s.db.Exec(ctx, `UPDATE minutes SET withheld_last = $1 WHERE id = $2`, fresh[len(fresh)-1].N, id); err != nil {
			return err
		}
	}
	list, err := s.whole(ctx, id)
	if err != nil {
		return err
	}
	for _, v := range list {
		c := v.Content
		c.Text = ""
		for i := range c.Items {
			c.Items[i].Text = ""
		}
		content, err := keep(c)
		if err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, `UPDATE minute_revisions SET content = $1, stripped = 1 WHERE minute_id = $2 AND version = $3`, content, id, v.Number); err != nil {
			return err
		}
	}
	return nil
}

// whole are the revisions of minutes that have their texts.
func (s Writer) whole(ctx context.Context, id string) ([]Revision, error) {
	return database.All(ctx, s.db, func(r database.Row) (Revision, error) { return scanRevision(r, "") }, `SELECT `+revisionColumns+` FROM minute_revisions WHERE minute_id = $1 AND stripped = 0`, id)
}

// unnamed is the condition that no revision names block $2 of minutes $1, whose line begins as $3 says: nothing else has that
// in it, since every other use of it is refused.
const unnamed = `NOT EXISTS (SELECT 1 FROM minute_revisions r WHERE r.minute_id = $1 AND r.stripped = 0 AND r.content LIKE $3 ESCAPE '\')`

// outgrown takes away what saves by themselves sealed and no text names any more, neither c, which was saved now, nor a
// revision: while a block is written, each of them seals another half of it. What c names and was saved by hand stays for good.
func (s Writer) outgrown(ctx context.Context, id string, c Content, draft bool) error {
	blocks, err := database.All(ctx, s.db, database.Value[int64], `SELECT n FROM minute_withheld WHERE minute_id = $1 AND draft = 1 ORDER BY n`, id)
	if err != nil || len(blocks) == 0 {
		return err
	}
	for _, n := range blocks {
		query, args := `DELETE FROM minute_withheld WHERE minute_id = $1 AND n = $2 AND draft = 1 AND `+unnamed, []any{id, n, database.Part(sealedAs(n))}
		switch {
		case c.names(n) && draft:
			continue
		case c.names(n):
			query, args = `UPDATE minute_withheld SET draft = 0 WHERE minute_id = $1 AND n = $2`, args[:2]
		}
		if _, err := s.db.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// withheld are the blocks of minutes with their texts, those of older versions too, and the last number that one was given.
func (s Writer) withheld(ctx context.Context, id string) (list []Withheld, last int64, err error) {
	if last, err = database.One(ctx, s.db, database.Value[int64], `SELECT withheld_last FROM minutes WHERE id = $1`, id); err != nil {
		return nil, 0, err
	}
	list, err = database.All(ctx, s.db, func(r database.Row) (Withheld, error) {
		var w Withheld
		var sealed string
		if err := r.Scan(&w.N, &w.Lines, &w.Reason, &sealed); err != nil {
			return Withheld{}, fmt.Errorf("minute %s: withheld: %w", id, err)
		}
		var err error
		w.Text, err = unseal(s.box, id, w.N, sealed)
		return w, err
	}, `SELECT n, lines, reason, sealed FROM minute_withheld WHERE minute_id = $1 ORDER BY n`, id)
	return list, last, err
}

// Unseal are the blocks that were withheld, with their texts, for an admin of the unit. To others
// who write for the unit it is refused, and to everybody else the minutes are as by Read.
func (s Writer) Unseal(ctx context.Context, id string) ([]Withheld, error) {
	m, err := s.Read(ctx, id)
	if err == nil && !auth.From(ctx).May(auth.Unseal, m.Unit) {
		err = problem.NotAllowed()
	}
	if err != nil {
		return nil, err
	}
	list, _, err := s.withheld(ctx, id)
	return list, err
}

// Hidden is what a secretary has typed, and not saved, as it would be stored: what is to be
// withheld does not stand in it.
func (s Writer) Hidden(ctx context.Context, m Minute, c Content) (Content, error) {
	there, last, err := s.withheld(ctx, m.ID)
	if err != nil {
		return Content{}, err
	}
	c, _, err = c.hideAll(there, last)
	return c, err
}

const revisionColumns = `version, editor, at, draft, reason, stripped, content`

func scanRevision(r database.Row, body string) (Revision, error) {
	var v Revision
	var at int64
	var draft, stripped int
	var content string
	if err := r.Scan(&v.Number, &v.Editor, &at, &draft, &v.Reason, &stripped, &content); err != nil {
		return Revision{}, fmt.Errorf("revision: %w", err)
	}
	var k kept
	if err := json.Unmarshal([]byte(content), &k); err != nil {
		return Revision{}, fmt.Errorf("revision %d: %w", v.Number, err)
	}
	v.At, v.Draft, v.Stripped, v.Content = clock.FromMillis(at), draft == 1, stripped == 1, k.content(body)
	return v, nil
}

// Revisions are those of minutes that the caller writes for, the latest first, before a number (0
// for the start).
func (s Reader) Revisions(ctx context.Context, id string, before int64, limit int) ([]Revision, error) {
	m, err := s.Writable(ctx, id)
	if err != nil {
		return nil, err
	}
	var w database.Where
	w.Add(`minute_id = ?`, id)
	if before > 0 {
		w.Add(`version < ?`, before)
	}
	return database.All(ctx, s.db, func(r database.Row) (Revision, error) { return scanRevision(r, m.Body.Slug) },
		`SELECT `+revisionColumns+` FROM minute_revisions`+w.String()+` ORDER BY version DESC`+database.Limit(limit), w.Args...)
}

// Revision is one of minutes that the caller writes for.
func (s Reader) Revision(ctx context.Context, id string, number int64) (Revision, error) {
	m, err := s.Writable(ctx, id)
	if err != nil {
		return Revision{}, err
	}
	v, err := database.One(ctx, s.db, func(r database.Row) (Revision, error) { return scanRevision(r, m.Body.Slug) },
		`SELECT `+revisionColumns+` FROM minute_revisions WHERE minute_id = $1 AND version = $2`, id, number)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return v, err
}

// Compare says what changed from one revision to another, line by line.
func (s Reader) Compare(ctx context.Context, id string, from, to int64) ([]revision.Hunk, error) {
	m, err := s.Writable(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := s.Revision(ctx, id, from)
	if err != nil {
		return nil, err
	}
	b, err := s.Revision(ctx, id, to)
	if err != nil {
		return nil, err
	}
	return revision.Lines(a.Content.Lines(m.Body), b.Content.Lines(m.Body)), nil
}

// Against is how what is not stored differs from m. What is withheld must be out of it (Hidden).
func (m Minute) Against(c Content) []revision.Hunk {
	return revision.Lines(m.Content().Lines(m.Body), c.Lines(m.Body))
}

// Revert gives minutes what one of their revisions says, as a new version; files stay. It fails with
// revision-stripped where the texts of the revision are gone.
func (s Writer) Revert(ctx context.Context, id string, e Edition, number int64) (was, is Minute, err error) {
	if was, err = s.Writable(ctx, id); err != nil {
		return was, is, err
	}
	v, err := s.Revision(ctx, id, number)
	if err != nil {
		return was, is, err
	}
	if v.Stripped {
		return was, is, problem.New(problem.Conflict, "revision-stripped", "나중에 비공개한 부분이 있어 이 버전의 글은 지워졌습니다.", "Its texts went when a part of them was withheld.")
	}
	c := v.Content
	c.Attachments = was.Content().Attachments
	return s.Edit(ctx, id, e, c)
}
