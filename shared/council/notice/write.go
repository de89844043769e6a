package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// The events of notices. Their data is Event.
const (
	Changed   = "kr.madang.notice.changed.v1"   // written, edited, deleted or restored; drafts too
	Announced = "kr.madang.notice.published.v1" // once for each publishAt that was reached
)

// Event is the data of a notice's events. The notice itself is read where it is kept.
type Event struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	// Imported says that it was brought along from elsewhere just now: it is no news.
	Imported bool `json:"imported,omitempty"`
}

// Add keeps a new notice. Units are those that exist.
func (s Writer) Add(ctx context.Context, c Content, units []string) (Notice, error) {
	now := clock.Now(ctx)
	c, err := c.Check(now, nil, units)
	if err != nil {
		return Notice{}, err
	}
	if !Writes(ctx, c.Unit) {
		return Notice{}, problem.NotAllowed()
	}
	c, of, err := s.release(ctx, nil, c)
	if err != nil {
		return Notice{}, err
	}
	id, err := check.NewID()
	if err != nil {
		return Notice{}, err
	}
	tags, err := encodeTags(c.Tags)
	if err != nil {
		return Notice{}, err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO notices (id, unit, title, folded, excerpt, tags, publish_at, unpublish_at, pinned_until, urgent_until, due_at, version, created_at, updated_at, rendering, html, body,
			title_en, excerpt_en, html_en, body_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $7, 1, $11, $11, $12, $13, $14, $15, $16, $17, $18)`,
		id, c.Unit, c.Title, c.folded(), s.markup.Excerpt(c.Body, ExcerptLength), tags, clock.MillisOf(c.PublishAt), clock.MillisOf(c.UnpublishAt),
		clock.MillisOf(c.PinnedUntil), clock.MillisOf(c.UrgentUntil), clock.Millis(now), rendering, s.markup.HTML(c.Body), c.Body,
		c.TitleEn, s.markup.Excerpt(c.BodyEn, ExcerptLength), s.markup.HTML(c.BodyEn), c.BodyEn)
	if err != nil {
		return Notice{}, err
	}
	return s.settle(ctx, id, c, of)
}

// Edit makes c the content of version's successor and returns the notice before and
// after. Of several edits of one version the first wins; the others are stale. It fails with
// review-required; what is scheduled becomes a draft where the council asks for approval and
// nobody gave it to the new text.
func (s Writer) Edit(ctx context.Context, id string, version int64, c Content, units []string) (was, is Notice, err error) {
	was, err = s.Writable(ctx, id)
	if err != nil {
		return was, is, err
	}
	if was.Version != version {
		return was, is, problem.Stale()
	}
	if c, err = c.Check(clock.Now(ctx), &was, units); err != nil {
		return was, is, err
	}
	if !Writes(ctx, c.Unit) {
		return was, is, problem.NotAllowed()
	}
	is, err = s.replace(ctx, was, c)
	return was, is, err
}

// replace makes c the content of the successor of a notice, if it may come out.
func (s Writer) replace(ctx context.Context, was Notice, c Content) (Notice, error) {
	id, version := was.ID, was.Version
	c, of, err := s.release(ctx, &was, c)
	if err != nil {
		return Notice{}, err
	}
	tags, err := encodeTags(c.Tags)
	if err != nil {
		return Notice{}, err
	}
	// A publication that was announced is announced again only if its time changed.
	n, err := s.db.Exec(ctx, `UPDATE notices SET unit = $1, title = $2, folded = $3, excerpt = $4, tags = $5,
		due_at = CASE WHEN publish_at = $6 THEN due_at ELSE $6 END, publish_at = $6, unpublish_at = $7, pinned_until = $8, urgent_until = $9,
		version = version + 1, updated_at = $10, rendering = $11, html = $12, body = $13, title_en = $14, excerpt_en = $15, html_en = $16, body_en = $17
		WHERE id = $18 AND version = $19 AND deleted_at IS NULL`,
		c.Unit, c.Title, c.folded(), s.markup.Excerpt(c.Body, ExcerptLength), tags, clock.MillisOf(c.PublishAt), clock.MillisOf(c.UnpublishAt),
		clock.MillisOf(c.PinnedUntil), clock.MillisOf(c.UrgentUntil), clock.Millis(clock.Now(ctx)), rendering, s.markup.HTML(c.Body), c.Body,
		c.TitleEn, s.markup.Excerpt(c.BodyEn, ExcerptLength), s.markup.HTML(c.BodyEn), c.BodyEn, id, version)
	if err != nil {
		return Notice{}, err
	}
	if n == 0 {
		return Notice{}, problem.Stale()
	}
	return s.settle(ctx, id, c, of)
}

// attached are the files of c: those that its list names, and the pictures that stand in the text,
// whether the list names them or not.
func (s Writer) attached(c Content) []string {
	all := append([]string{}, c.Attachments...)
	for _, picture := range append(s.markup.Pictures(c.Body), s.markup.Pictures(c.BodyEn)...) {
		if !slices.Contains(all, picture) {
			all = append(all, picture)
		}
	}
	return all
}

// settle saves what belongs to a notice whose row was written: its tags, its
// attachments, its revision, the thing that it is and what happened.
func (s Writer) settle(ctx context.Context, id string, c Content, of release) (Notice, error) {
	if _, err := s.db.Exec(ctx, `DELETE FROM notice_tags WHERE notice_id = $1`, id); err != nil {
		return Notice{}, err
	}
	for _, t := range c.Tags {
		if _, err := s.db.Exec(ctx, `INSERT INTO notice_tags (notice_id, tag) VALUES ($1, $2)`, id, text.Squeeze(t)); err != nil {
			return Notice{}, err
		}
	}
	c.Attachments = s.attached(c)
	if err := s.uploads.Use(ctx, Kind, id, c.Attachments, "attachments"); err != nil {
		return Notice{}, err
	}
	if _, err := s.db.Exec(ctx, `INSERT INTO notice_revisions (notice_id, version, editor, at, unit, title, tags, publish_at, unpublish_at, pinned_until, urgent_until, body, title_en, body_en, digest)
		SELECT id, version, $1, updated_at, unit, title, tags, publish_at, unpublish_at, pinned_until, urgent_until, body, title_en, body_en, $2 FROM notices WHERE id = $3`,
		auth.From(ctx).MemberID, c.seen(), id); err != nil {
		return Notice{}, err
	}
	if err := s.stands(ctx, id, c, of); err != nil {
		return Notice{}, err
	}
	n, err := s.Current(ctx, id)
	if err != nil {
		return Notice{}, err
	}
	n.Waived = of.waived
	if slices.ContainsFunc(n.Attachments, func(f upload.File) bool {
		return !strings.HasPrefix(f.Type, "image/") && slices.Contains(n.InText, f.ID)
	}) {
		return Notice{}, problem.Wrong(problem.Field{Name: "body", Code: "not-a-picture", Message: problem.Text{KO: "글 속에는 사진만 넣을 수 있어요. 다른 파일은 첨부해 주세요.", EN: "Only pictures stand in a text. Attach other files."}})
	}
	if err := s.things.Put(ctx, n.thing()); err != nil {
		return Notice{}, err
	}
	if err := s.record(ctx, Changed, n); err != nil {
		return Notice{}, err
	}
	_, err = s.announce(ctx, n)
	return n, err
}

func (s Keeper) record(ctx context.Context, kind string, n Notice) error {
	e, err := event.New(ctx, kind, n.ID, n.Version, Event{ID: n.ID, Version: n.Version, Imported: n.ImportedAt != nil && n.Version == 1})
	if err != nil {
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	return s.outbox.Record(ctx, e)
}

// announce records that n was published, if it is and nobody did so before.
func (s Keeper) announce(ctx context.Context, n Notice) (bool, error) {
	now := clock.Now(ctx)
	if !n.Public(now) {
		return false, nil
	}
	done, err := s.db.Exec(ctx, `UPDATE notices SET due_at = NULL WHERE id = $1 AND version = $2 AND due_at <= $3`, n.ID, n.Version, clock.Millis(now))
	if err != nil || done == 0 {
		return false, err
	}
	return true, s.record(ctx, Announced, n)
}

// PublishDue records the publication of up to limit notices whose publishAt was reached
// and returns of how many. Each publication is recorded once, whoever calls this how
// often, after whatever gap; one that ended before anybody looked is not. Pages do not
// wait for it.
func (s Keeper) PublishDue(ctx context.Context, limit int) (int, error) {
	ids, err := s.dueNow(ctx, clock.Now(ctx), limit)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, id := range ids {
		done := false
		err := s.db.Atomic(ctx, func(ctx context.Context) error {
			n, err := s.find(ctx, id)
			if err != nil {
				return err
			}
			done, err = s.announce(ctx, n)
			return err
		})
		if err != nil && !errors.Is(err, problem.Absent()) { // purged meanwhile
			return count, err
		}
		if done {
			count++
		}
	}
	return count, nil
}

// Delete hides a notice from everybody and returns it as it was. An admin can restore
// it for 30 days.
func (s Writer) Delete(ctx context.Context, id string, version int64) (Notice, error) {
	was, err := s.Writable(ctx, id)
	if err != nil {
		return Notice{}, err
	}
	now := clock.Millis(clock.Now(ctx))
	n, err := s.db.Exec(ctx, `UPDATE notices SET deleted_at = $1, updated_at = $1, version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NULL`, now, id, version)
	if err != nil {
		return Notice{}, err
	}
	if n == 0 {
		return Notice{}, problem.Stale()
	}
	gone := was
	gone.Version = version + 1
	if err := s.things.Drop(ctx, Ref(id)); err != nil {
		return Notice{}, err
	}
	return was, s.record(ctx, Changed, gone)
}

// Undelete restores a deleted notice as it was; as a draft where the council asks for approval
// and nobody gave it to its text. Only an admin of its unit may, for 30
// days; to everybody else, and later, it is absent.
func (s Writer) Undelete(ctx context.Context, id string, version int64) (Notice, error) {
	was, err := s.find(ctx, id)
	if err != nil {
		return Notice{}, err
	}
	now := clock.Now(ctx)
	if was.DeletedAt == nil || !was.DeletedAt.After(now.Add(-Kept)) || !auth.From(ctx).May(auth.Restore, was.Unit) {
		return Notice{}, problem.Absent()
	}
	if was, err = s.attach(ctx, was); err != nil {
		return Notice{}, err
	}
	c, of, err := s.release(ctx, &was, was.content())
	if errors.Is(err, ErrReviewRequired()) {
		c.PublishAt, err = nil, nil
	}
	if err != nil {
		return Notice{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE notices SET deleted_at = NULL, updated_at = $1, version = version + 1, publish_at = $2, due_at = CASE WHEN publish_at = $2 THEN due_at ELSE $2 END
		WHERE id = $3 AND version = $4 AND deleted_at IS NOT NULL`, clock.Millis(now), clock.MillisOf(c.PublishAt), id, version)
	if err != nil {
		return Notice{}, err
	}
	if n == 0 {
		return Notice{}, problem.Stale()
	}
	if err := s.stands(ctx, id, c, of); err != nil {
		return Notice{}, err
	}
	is, err := s.Current(ctx, id)
	if err != nil {
		return Notice{}, err
	}
	is.Waived = of.waived
	if err := s.things.Put(ctx, is.thing()); err != nil {
		return Notice{}, err
	}
	if err := s.record(ctx, Changed, is); err != nil {
		return Notice{}, err
	}
	_, err = s.announce(ctx, is)
	return is, err
}

// Purge removes up to limit notices that were deleted more than 30 days ago, with their
// revisions, and lets go of their files. It returns how many.
func (s Keeper) Purge(ctx context.Context, limit int) (int, error) {
	before := clock.Millis(clock.Now(ctx).Add(-Kept))
	ids, err := database.All(ctx, s.db, database.Value[string], `SELECT id FROM notices WHERE deleted_at <= $1 ORDER BY deleted_at`+database.Limit(limit), before)
	if err != nil {
		return 0, err
	}
	return s.db.Each(ctx, ids, func(ctx context.Context, id string) (int64, error) {
		n, err := s.db.Exec(ctx, `DELETE FROM notices WHERE id = $1 AND deleted_at <= $2`, id, before)
		if err != nil || n == 0 {
			return n, err // it was restored, or another sweep was faster
		}
		return n, s.uploads.Use(ctx, Kind, id, nil, "")
	})
}

// Chores are what is to be done about notices by itself.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "notices-published", Do: s.PublishDue},
		{Name: "notices-purged", Do: s.Purge},
	}
}

// Personal is what notices keep of members.
func (s Reader) Personal() []person.Data {
	return []person.Data{{Notices: []person.Notice{
		{What: problem.Text{KO: "쓰고 고친 글(총학생회에서 일하는 사람만)", EN: "What you wrote and edited (council staff only)"}, Why: problem.Text{KO: "홈페이지에 싣기", EN: "Publishing it"}, Until: problem.Text{KO: "글은 남고, 탈퇴하면 쓴 사람을 알 수 없음", EN: "The text stays; its author is removed when you leave"}, Whom: problem.Text{KO: "게시한 글은 누구나. 쓴 사람은 보이지 않음", EN: "What is published: everybody, without its author"}},
	}, Columns: []person.Column{
		{Name: "notice_revisions.editor", Fate: person.Kept, Why: "who of the council published what; an id that leads to nobody once they have left"},
		{Name: "notice_reviews.asked_by", Fate: person.Kept, Why: "for whose request a notice was reviewed; an id that leads to nobody once they have left"},
		{Name: "notice_reviews.decided_by", Fate: person.Kept, Why: "that a notice was approved, by somebody else; an id that leads to nobody once they have left"},
	}}, {
		Name: "noticeReviews",
		Notices: []person.Notice{
			{What: problem.Text{KO: "게시 전 검토에서 쓴 의견(총학생회에서 일하는 사람만)", EN: "Comments in reviews of notices before publication (council staff only)"}, Why: problem.Text{KO: "공지를 게시하기 전에 동료와 확인하기", EN: "Having a colleague check a notice before it is published"}, Until: problem.Text{KO: "공지를 지우고 30일 뒤, 또는 탈퇴할 때까지", EN: "Until 30 days after the notice was deleted, or until you leave"}},
		},
		Columns: []person.Column{
			{Name: "notice_review_entries.author", Fate: person.Kept, Why: "that a colleague approved; an id that leads to nobody once they have left"},
			{Name: "notice_review_entries.text", Fate: person.Exported},
			{Name: "notice_reviews.for_member_id", Fate: person.Forgotten},
		},
		Export: s.exportRemarks,
		Forget: s.forgetRemarks,
	}}
}

// folded is what a title is found by, in either language.
func (c Content) folded() string {
	return strings.TrimSpace(text.Fold(c.Title) + "\n" + text.Fold(c.TitleEn))
}

func encodeTags(tags []string) (string, error) {
	b, err := json.Marshal(tags)
	if err != nil {
		return "", fmt.Errorf("notice: tags: %w", err)
	}
	return string(b), nil
}
