package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
)

// Revision is what a notice said from one edit until the next. Deleting and restoring a
// notice counts its version up without a revision. Attachments are not part of it: a
// file that nothing uses is deleted within a day.
type Revision struct {
	Number int64  // the notice's version
	Editor string // member id
	At     time.Time
	Unit   string
	Title  string
	Tags   []string
	Times
	Body    string // empty where it was read for a list
	TitleEn string
	BodyEn  string // as Body
}

// Difference is what an edit, or several, changed.
type Difference struct {
	Title   []revision.Hunk // none where it is the same
	Tags    Tags
	Body    []revision.Hunk
	TitleEn []revision.Hunk
	BodyEn  []revision.Hunk
}

// Same says whether nothing changed.
func (d Difference) Same() bool {
	return len(d.Title)+len(d.Body)+len(d.TitleEn)+len(d.BodyEn)+len(d.Tags.Added)+len(d.Tags.Removed) == 0
}

// Tags are what became of tags.
type Tags struct {
	Added, Removed []string
}

func scanRevision(r database.Row) (Revision, error) {
	var v Revision
	var tags string
	var at int64
	var publish, unpublish, pinned, urgent *int64
	if err := r.Scan(&v.Number, &v.Editor, &at, &v.Unit, &v.Title, &tags, &publish, &unpublish, &pinned, &urgent, &v.TitleEn, &v.Body, &v.BodyEn); err != nil {
		return Revision{}, fmt.Errorf("revision: %w", err)
	}
	v.At = clock.FromMillis(at)
	v.PublishAt, v.UnpublishAt = clock.FromMillisOf(publish), clock.FromMillisOf(unpublish)
	v.PinnedUntil, v.UrgentUntil = clock.FromMillisOf(pinned), clock.FromMillisOf(urgent)
	if err := json.Unmarshal([]byte(tags), &v.Tags); err != nil {
		return Revision{}, fmt.Errorf("revision %d: tags: %w", v.Number, err)
	}
	return v, nil
}

const revisionColumns = `version, editor, at, unit, title, tags, publish_at, unpublish_at, pinned_until, urgent_until, title_en`

// Revisions are those of a notice that the caller writes for, the latest first, before a
// number (0 for the start), without their bodies. Of a time in which the notice was another
// unit's, only who writes for that unit too gets them.
func (s Reader) Revisions(ctx context.Context, id string, before int64, limit int) ([]Revision, error) {
	if _, err := s.Writable(ctx, id); err != nil {
		return nil, err
	}
	var w where
	w.Add(`notice_id = ?`, id)
	if before > 0 {
		w.Add(`version < ?`, before)
	}
	w.units(auth.From(ctx), auth.Write)
	return database.All(ctx, s.db, scanRevision, `SELECT `+revisionColumns+`, '', '' FROM notice_revisions`+w.String()+` ORDER BY version DESC`+database.Limit(limit), w.Args...)
}

// Revision is one of a notice that the caller writes for. One of another unit's time is
// absent to who does not write for that unit too.
func (s Reader) Revision(ctx context.Context, id string, number int64) (Revision, error) {
	if _, err := s.Writable(ctx, id); err != nil {
		return Revision{}, err
	}
	v, err := database.One(ctx, s.db, scanRevision, `SELECT `+revisionColumns+`, body, body_en FROM notice_revisions WHERE notice_id = $1 AND version = $2`, id, number)
	if errors.Is(err, database.ErrNoRow) || err == nil && !Writes(ctx, v.Unit) {
		err = problem.Absent()
	}
	if err != nil {
		return Revision{}, err
	}
	return v, nil
}

// Compare says what changed from one revision to another.
func (s Reader) Compare(ctx context.Context, id string, from, to int64) (Difference, error) {
	a, err := s.Revision(ctx, id, from)
	if err != nil {
		return Difference{}, err
	}
	b, err := s.Revision(ctx, id, to)
	if err != nil {
		return Difference{}, err
	}
	return a.compare(b), nil
}

// Against is how what is not stored differs from n, in its texts and tags.
func (n Notice) Against(c Content) Difference {
	return n.content().texts().compare(c.texts())
}

// texts are what a revision holds of c that is compared.
func (c Content) texts() Revision {
	return Revision{Title: c.Title, Body: c.Body, TitleEn: c.TitleEn, BodyEn: c.BodyEn, Tags: c.Tags}
}

func (v Revision) compare(next Revision) Difference {
	return Difference{
		Title:   revision.Lines(v.Title, next.Title),
		Tags:    Tags{Added: without(next.Tags, v.Tags), Removed: without(v.Tags, next.Tags)},
		Body:    revision.Lines(v.Body, next.Body),
		TitleEn: revision.Lines(v.TitleEn, next.TitleEn),
		BodyEn:  revision.Lines(v.BodyEn, next.BodyEn),
	}
}

// without are those of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(t string) bool { return slices.Contains(other, t) })
}

// Revert gives a notice titles, texts and tags of one of its revisions, as a new version
// that succeeds the given one. Its unit, times and attachments stay as they are. Whether it may come
// out is as with Edit.
func (s Writer) Revert(ctx context.Context, id string, version, number int64) (was, is Notice, err error) {
	if was, err = s.Writable(ctx, id); err != nil {
		return was, is, err
	}
	if was.Version != version {
		return was, is, problem.Stale()
	}
	old, err := s.Revision(ctx, id, number)
	if err != nil {
		return was, is, err
	}
	c := was.content()
	c.Title, c.Body, c.TitleEn, c.BodyEn, c.Tags = old.Title, old.Body, old.TitleEn, old.BodyEn, old.Tags
	is, err = s.replace(ctx, was, c)
	return was, is, err
}

// content is n as an editor would write it.
func (n Notice) content() Content {
	c := Content{
		Unit: n.Unit, Title: n.Title, Body: n.Body, TitleEn: n.TitleEn, BodyEn: n.BodyEn, Tags: n.Tags,
		Times: n.Times,
	}
	for _, f := range n.Attachments {
		c.Attachments = append(c.Attachments, f.ID)
	}
	return c
}
