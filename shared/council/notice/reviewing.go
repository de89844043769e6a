package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

const (
	reviewColumns = `notice_id, state, asked_by, asked_at, COALESCE(for_member_id, ''), COALESCE(decided_by, ''), decided_at, COALESCE(decided_version, 0), decided_digest, text_digest, version`
	remarkColumns = `number, author, kind, at, version, text`
)

func scanReview(r database.Row) (Review, error) {
	var v Review
	var asked int64
	var decided *int64
	err := r.Scan(&v.NoticeID, &v.state, &v.AskedBy, &asked, &v.For, &v.DecidedBy, &decided, &v.DecidedSeen, &v.decided, &v.text, &v.version)
	v.AskedAt, v.DecidedAt = clock.FromMillis(asked), clock.FromMillisOf(decided)
	return v, err
}

func scanRemark(r database.Row) (Remark, error) {
	var v Remark
	var at int64
	err := r.Scan(&v.Number, &v.Author, &v.Said, &at, &v.Seen, &v.Text)
	v.At = clock.FromMillis(at)
	return v, err
}

// Review is how the review of a notice stands, which is whole and which the caller writes for, and what was said in it, in its
// order; nil where none was ever asked for.
func (s Reader) Review(ctx context.Context, n Notice) (*Review, []Remark, error) {
	r, err := database.One(ctx, s.db, scanReview, `SELECT `+reviewColumns+` FROM notice_reviews WHERE notice_id = $1`, n.ID)
	if errors.Is(err, database.ErrNoRow) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	r.text = n.content().seen()
	remarks, err := database.All(ctx, s.db, scanRemark, `SELECT `+remarkColumns+` FROM notice_review_entries WHERE notice_id = $1 ORDER BY number DESC`+database.Limit(2*MostComments), n.ID)
	slices.Reverse(remarks)
	return &r, remarks, err
}

// Reviews are the reviews of some notices, by their ids.
func (s Reader) Reviews(ctx context.Context, list ...Notice) (map[string]Review, error) {
	found := map[string]Review{}
	if len(list) == 0 {
		return found, nil
	}
	ids := []string{}
	for _, n := range list {
		ids = append(ids, n.ID)
	}
	var w database.Where
	w.In(`notice_id`, ids...)
	_, err := database.All(ctx, s.db, func(row database.Row) (Review, error) {
		r, err := scanReview(row)
		found[r.NoticeID] = r
		return r, err
	}, `SELECT `+reviewColumns+` FROM notice_reviews`+w.String(), w.Args...)
	return found, err
}

// Editors are who wrote what a notice, which is whole, says now, and do not approve it: whoever wrote a version since the newest
// that a colleague approved or that readers saw, whatever it changed, files too; and whoever wrote a version that says just this,
// unless that was approved.
func (s Reader) Editors(ctx context.Context, n Notice) ([]string, error) {
	tags, err := encodeTags(n.Tags)
	if err != nil {
		return nil, err
	}
	list, err := database.All(ctx, s.db, scanWritten, `SELECT version, editor, at, publish_at, unpublish_at,
			unit = $2 AND title = $3 AND tags = $4 AND body = $5 AND title_en = $6 AND body_en = $7,
			digest <> '' AND digest IN (SELECT v.digest FROM notice_review_entries e JOIN notice_revisions v ON v.notice_id = e.notice_id AND v.version = e.version WHERE e.notice_id = $1 AND e.kind = $8)
		FROM notice_revisions WHERE notice_id = $1 ORDER BY version`,
		n.ID, n.Unit, n.Title, tags, n.Body, n.TitleEn, n.BodyEn, string(Approved))
	if err != nil {
		return nil, err
	}
	since, same := []string{}, []string{}
	for i, v := range list {
		until := v.at
		switch {
		case i < len(list)-1 && list[i+1].version == v.version+1:
			until = list[i+1].at
		case i == len(list)-1 && n.Version == v.version:
			until = clock.Millis(clock.Now(ctx))
		}
		if since = append(since, v.editor); v.approved || v.out(until) {
			since = nil
		}
		if v.same && !v.approved {
			same = append(same, v.editor)
		}
	}
	editors := append(since, same...)
	slices.Sort(editors)
	return slices.Compact(editors), nil
}

// written is a version of a notice by what says who answers for its text.
type written struct {
	version            int64
	editor             string
	at                 int64 // as the next two, milliseconds
	publish, unpublish *int64
	same               bool // its text is that of now
	approved           bool // a colleague approved what it says
}

func scanWritten(r database.Row) (written, error) {
	var v written
	err := r.Scan(&v.version, &v.editor, &v.at, &v.publish, &v.unpublish, &v.same, &v.approved)
	return v, err
}

// out says whether readers saw v while it was the newest, until a time. Of what was deleted it is not known: Editors takes it for
// gone at once.
func (v written) out(until int64) bool {
	if v.publish == nil {
		return false
	}
	from := max(*v.publish, v.at)
	return from <= until && (v.unpublish == nil || *v.unpublish > from)
}

// Other is the number of the newest revision of a notice, which is whole, with another text than it has now; 0 where there is none.
func (s Reader) Other(ctx context.Context, n Notice) (int64, error) {
	tags, err := encodeTags(n.Tags)
	if err != nil {
		return 0, err
	}
	return database.One(ctx, s.db, database.Value[int64], `SELECT COALESCE(MAX(version), 0) FROM notice_revisions WHERE notice_id = $1 AND NOT (unit = $2 AND title = $3 AND tags = $4 AND body = $5 AND title_en = $6 AND body_en = $7)`,
		n.ID, n.Unit, n.Title, tags, n.Body, n.TitleEn, n.BodyEn)
}

// Objection is that a colleague asked for changes of what a notice says, and did not approve it since.
type Objection struct {
	By   string // member id
	at   int64  // milliseconds
	seen int64  // the revision
}

// Objections are those that stand against what a notice, which is whole, says now, in their order: whatever was asked, withdrawn
// and decided meanwhile, of it or of another text.
func (s Reader) Objections(ctx context.Context, n Notice) ([]Objection, error) {
	return database.All(ctx, s.db, func(r database.Row) (Objection, error) {
		var o Objection
		err := r.Scan(&o.By, &o.at, &o.seen)
		return o, err
	}, `WITH decided AS (SELECT e.author, e.number, e.kind, e.at, e.version FROM notice_review_entries e JOIN notice_revisions v ON v.notice_id = e.notice_id AND v.version = e.version
			WHERE e.notice_id = $1 AND e.kind IN ($2, $3) AND v.digest = $4)
		SELECT d.author, d.at, d.version FROM decided d WHERE d.kind = $2 AND NOT EXISTS (SELECT 1 FROM decided later WHERE later.author = d.author AND later.number > d.number) ORDER BY d.number`,
		n.ID, string(ChangesAsked), string(Approved), n.content().seen())
}

// Reviewed is a notice with its review.
type Reviewed struct {
	Notice Notice
	Review Review
}

// ReviewsFor are those that wait for the caller: asked of them, or of all who write for a unit of theirs, the longest waiting
// first.
func (s Reader) ReviewsFor(ctx context.Context, limit int) ([]Reviewed, error) {
	who := auth.From(ctx).MemberID
	var w where
	w.Add(`(state = ? OR state IN (?, ?) AND decided_digest <> text_digest)`, string(Asked), string(ChangesAsked), string(Approved))
	w.Add(`asked_by <> ?`, who)
	w.Add(`(for_member_id IS NULL OR for_member_id = ?)`, who)
	return s.reviewed(ctx, w, limit)
}

// ReviewsBy are those that the caller asked for and did not withdraw, the oldest first.
func (s Reader) ReviewsBy(ctx context.Context, limit int) ([]Reviewed, error) {
	var w where
	w.Add(`asked_by = ?`, auth.From(ctx).MemberID)
	w.Add(`state <> ?`, string(Withdrawn))
	return s.reviewed(ctx, w, limit)
}

// reviewed are reviews of drafts and scheduled notices that the caller writes for.
func (s Reader) reviewed(ctx context.Context, w where, limit int) ([]Reviewed, error) {
	now := clock.Millis(clock.Now(ctx))
	var of where
	of.Args = w.Args
	of.Add(`deleted_at IS NULL`)
	of.Add(`(publish_at IS NULL OR publish_at > ?)`, now)
	of.Add(`(publish_at IS NULL OR unpublish_at IS NULL OR unpublish_at > ?)`, now)
	of.units(auth.From(ctx), auth.Write)
	w.Args = of.Args
	w.Add(`notice_id IN (SELECT id FROM notices` + of.String() + `)`)
	reviews, err := database.All(ctx, s.db, scanReview, `SELECT `+reviewColumns+` FROM notice_reviews`+w.String()+` ORDER BY asked_at, notice_id`+database.Limit(limit), w.Args...)
	if err != nil || len(reviews) == 0 {
		return nil, err
	}
	ids := []string{}
	for _, r := range reviews {
		ids = append(ids, r.NoticeID)
	}
	var these database.Where
	these.In(`id`, ids...)
	notices, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices`+these.String(), these.Args...)
	list := []Reviewed{}
	for _, r := range reviews {
		if i := slices.IndexFunc(notices, func(n Notice) bool { return n.ID == r.NoticeID }); i >= 0 {
			list = append(list, Reviewed{notices[i], r})
		}
	}
	return list, err
}

// Request asks for a review.
type Request struct {
	For        string   // the colleague; "" for all
	Text       string   // optional
	Colleagues []string // the ids of who writes for the unit, the caller or not
}

// Ask asks for a review of a version of a notice, or once more after something was decided. It fails with not-reviewable,
// review-open and, in the fields for and text, problem.Invalid.
func (s Writer) Ask(ctx context.Context, id string, version int64, a Request) error {
	n, err := s.reviewable(ctx, id, version)
	if err != nil {
		return err
	}
	who := auth.From(ctx).MemberID
	var f check.Fields
	a.Text = f.OptionalText("text", a.Text, MostComment)
	switch others := slices.DeleteFunc(slices.Clone(a.Colleagues), func(id string) bool { return id == who }); {
	case a.For != "" && !slices.Contains(others, a.For):
		f.Add("for", "no-colleague", "이 단위의 글을 쓸 수 있는 동료를 고르세요.", "Choose a colleague who may write for this unit.")
	case a.For != "":
		a.Colleagues = []string{a.For}
	default:
		a.Colleagues = others
	}
	if err := f.Err(); err != nil {
		return err
	}
	at, text := clock.Now(ctx), n.content().seen()
	r, err := database.One(ctx, s.db, scanReview, `INSERT INTO notice_reviews (notice_id, state, asked_by, asked_at, for_member_id, decided_digest, text_digest, version) VALUES ($1, $2, $3, $4, NULL, '', $5, 1)
		ON CONFLICT (notice_id) DO UPDATE SET version = notice_reviews.version + 1 RETURNING `+reviewColumns, id, string(Asked), who, clock.Millis(at), text)
	if err != nil {
		return err
	}
	if r.state != Withdrawn && r.AskedBy != who {
		return errReviewOpen()
	}
	if n, err = s.reviewable(ctx, id, version); err != nil { // as it is now that nobody else changes the review
		return err
	}
	if _, err := s.db.Exec(ctx, `UPDATE notice_reviews SET state = $1, asked_by = $2, asked_at = $3, for_member_id = $4, decided_by = NULL, decided_at = NULL, decided_version = NULL, decided_digest = '', text_digest = $5 WHERE notice_id = $6`,
		string(Asked), who, clock.Millis(at), optional(a.For), n.content().seen(), id); err != nil {
		return err
	}
	if err := s.remark(ctx, n, r, Asked, 0, a.Text); err != nil {
		return err
	}
	return s.tell(ctx, ReviewAsked, n, r, "", a.Colleagues)
}

// Withdraw takes a request back. It fails with no-review, and with problem.NotAllowed for who did not ask and is no admin of the
// unit.
func (s Writer) Withdraw(ctx context.Context, id string, version int64) error {
	n, r, err := s.open(ctx, id, version)
	if err != nil {
		return err
	}
	if r.AskedBy != auth.From(ctx).MemberID && !auth.From(ctx).May(auth.Restore, n.Unit) {
		return problem.NotAllowed()
	}
	if _, err := s.db.Exec(ctx, `UPDATE notice_reviews SET state = $1 WHERE notice_id = $2`, string(Withdrawn), id); err != nil {
		return err
	}
	return s.remark(ctx, n, r, Withdrawn, 0, "")
}

// Comment says something about a version of a notice, 0 for the newest, in a review that is open. Colleagues are the ids of who
// writes for the unit: of them who takes part is told. It fails with no-review,
// not-reviewable, too-many-comments and, in the fields text and version, problem.Invalid.
func (s Writer) Comment(ctx context.Context, id string, seen int64, text string, colleagues []string) error {
	n, r, err := s.open(ctx, id, 0)
	if err != nil {
		return err
	}
	var f check.Fields
	text = f.Text("text", text, MostComment)
	f.Number("version", seen, 0, n.Version)
	if err := f.Err(); err != nil {
		return err
	}
	if r.version > MostComments {
		return errTooManyComments()
	}
	if err := s.remark(ctx, n, r, Commented, seen, text); err != nil {
		return err
	}
	return s.answered(ctx, n, r, Commented, colleagues)
}

// Decide approves a version of a notice, or asks for changes of it, which are to be said. Who approves after having asked for
// changes takes that back: it is approved once nobody's request for changes stands. Colleagues are as in Comment. It fails with no-review, not-reviewable,
// own-request, own-text, changes-asked and, in the field text, problem.Invalid.
func (s Writer) Decide(ctx context.Context, id string, version int64, decision Said, text string, colleagues []string) error {
	n, r, err := s.open(ctx, id, version)
	if err != nil {
		return err
	}
	var f check.Fields
	f.OneOf("decision", string(decision), string(Approved), string(ChangesAsked))
	if decision == ChangesAsked {
		text = f.Text("text", text, MostComment)
	} else {
		text = f.OptionalText("text", text, MostComment)
	}
	if err := f.Err(); err != nil {
		return err
	}
	who := auth.From(ctx).MemberID
	if r.AskedBy == who {
		return errOwnRequest()
	}
	var others []Objection
	if decision == Approved {
		if others, err = s.approvable(ctx, n, who); err != nil {
			return err
		}
	}
	if err := s.remark(ctx, n, r, decision, 0, text); err != nil {
		return err
	}
	if err := s.decided(ctx, n, decision, others); err != nil {
		return err
	}
	if len(others) > 0 {
		decision = Commented
	}
	return s.answered(ctx, n, r, decision, colleagues)
}

// approvable fails where somebody may not approve what a notice says. It returns the requests for changes of others, which stand
// although they take back their own.
func (s Writer) approvable(ctx context.Context, n Notice, who string) ([]Objection, error) {
	editors, err := s.Editors(ctx, n)
	if err != nil {
		return nil, err
	}
	if slices.Contains(editors, who) {
		return nil, errOwnText()
	}
	all, err := s.Objections(ctx, n)
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(slices.Clone(all), func(o Objection) bool { return o.By == who })
	if len(others) > 0 && len(others) == len(all) {
		return nil, errChangesStand()
	}
	return others, nil
}

// decided writes down how a review stands after a decision of the caller on what a notice says, and which version that is. Where
// requests of others for changes stand it stands as the last of them left it.
func (s Writer) decided(ctx context.Context, n Notice, decision Said, others []Objection) error {
	sum := n.content().seen()
	if _, err := s.db.Exec(ctx, `UPDATE notice_revisions SET digest = $1 WHERE notice_id = $2 AND version = (SELECT MAX(version) FROM notice_revisions WHERE notice_id = $2)`, sum, n.ID); err != nil {
		return err
	}
	if len(others) > 0 {
		last := others[len(others)-1]
		_, err := s.db.Exec(ctx, `UPDATE notice_reviews SET state = $1, decided_by = $2, decided_at = $3, decided_version = $4, decided_digest = $5, text_digest = $5 WHERE notice_id = $6`,
			string(ChangesAsked), last.By, last.at, last.seen, sum, n.ID)
		return err
	}
	_, err := s.db.Exec(ctx, `UPDATE notice_reviews SET state = $1, decided_by = $2, decided_at = $3, decided_version = (SELECT MAX(version) FROM notice_revisions WHERE notice_id = $4), decided_digest = $5, text_digest = $5 WHERE notice_id = $4`,
		string(decision), auth.From(ctx).MemberID, clock.Millis(clock.Now(ctx)), n.ID, sum)
	return err
}

// reviewable is a notice that the caller writes for and that can be reviewed, in a version; 0 for whatever it is.
func (s Writer) reviewable(ctx context.Context, id string, version int64) (Notice, error) {
	n, err := s.Writable(ctx, id)
	switch {
	case err != nil:
		return Notice{}, err
	case version != 0 && n.Version != version:
		return Notice{}, problem.Stale()
	case !n.Reviewable(clock.Now(ctx)):
		return Notice{}, errNotReviewable()
	}
	return n, nil
}

// open is a notice with its review, which is open and which nobody else changes before the unit of work ends: r.version is the
// number of what is said in it.
func (s Writer) open(ctx context.Context, id string, version int64) (Notice, Review, error) {
	if _, err := s.reviewable(ctx, id, version); err != nil {
		return Notice{}, Review{}, err
	}
	r, err := database.One(ctx, s.db, scanReview, `UPDATE notice_reviews SET version = version + 1 WHERE notice_id = $1 RETURNING `+reviewColumns, id)
	if errors.Is(err, database.ErrNoRow) || err == nil && r.state == Withdrawn {
		err = errNoReview()
	}
	if err != nil {
		return Notice{}, Review{}, err
	}
	n, err := s.reviewable(ctx, id, version)
	return n, r, err
}

// remark keeps what was said about a version, 0 for that of n.
func (s Writer) remark(ctx context.Context, n Notice, r Review, said Said, seen int64, text string) error {
	if seen == 0 {
		seen = n.Version
	}
	_, err := s.db.Exec(ctx, `INSERT INTO notice_review_entries (notice_id, number, author, kind, at, version, text)
		SELECT $1, $2, $3, $4, CAST($5 AS BIGINT), MAX(version), $6 FROM notice_revisions WHERE notice_id = $1 AND version <= $7`,
		n.ID, r.version, auth.From(ctx).MemberID, string(said), clock.Millis(clock.Now(ctx)), text, seen)
	return err
}

// answered tells who asked, and who else has said something, what the caller said: those who still are colleagues. Rows keep the
// ids of others, which lead to nobody.
func (s Writer) answered(ctx context.Context, n Notice, r Review, said Said, colleagues []string) error {
	others, err := database.All(ctx, s.db, database.Value[string], `SELECT DISTINCT author FROM notice_review_entries WHERE notice_id = $1 ORDER BY author`, n.ID)
	if err != nil {
		return err
	}
	if !slices.Contains(others, r.AskedBy) {
		others = append(others, r.AskedBy)
	}
	return s.tell(ctx, ReviewAnswered, n, r, said, slices.DeleteFunc(others, func(id string) bool {
		return id == auth.From(ctx).MemberID || !slices.Contains(colleagues, id)
	}))
}

// tell records that members are to hear of what was said: an outcome of an answer, or "".
func (s Writer) tell(ctx context.Context, kind string, n Notice, r Review, outcome Said, to []string) error {
	e, err := event.New(ctx, kind, n.ID, r.version, ReviewEvent{ID: n.ID, To: append([]string{}, to...), Outcome: outcome})
	if err != nil {
		return fmt.Errorf("review of %s: %w", n.ID, err)
	}
	return s.outbox.Record(ctx, e)
}

func optional(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// release is why a notice may come out although its text is new.
type release struct {
	approved bool // a colleague approved the text: settle holds the approval until it is out
	waived   bool // it is urgent, and an admin of the whole council publishes it without
}

// release says whether a notice may say c, and become what c makes of it, where the council lets nothing come out without
// approval: what is approved, what is out already and stays the same, and what is urgent where an admin of the whole council
// does it. Of what is scheduled an edit ends that: it is a draft again. Was is nil for a new one.
func (s Writer) release(ctx context.Context, was *Notice, c Content) (Content, release, error) {
	now := clock.Now(ctx)
	if !c.comesOut(now) {
		return c, release{}, nil
	}
	c.Attachments = s.attached(c)
	out, sum := false, c.seen()
	if was != nil {
		before := was.content()
		out = was.DeletedAt == nil && before.comesOut(now)
		if out && before.seen() == sum && before.PublishAt.Equal(*c.PublishAt) {
			return c, release{}, nil
		}
	}
	required, err := s.ReviewRequired(ctx)
	if err != nil || !required {
		return c, release{}, err
	}
	if was != nil {
		approved, err := database.One(ctx, s.db, database.Value[int64], `SELECT COUNT(*) FROM notice_reviews WHERE notice_id = $1 AND state = $2 AND decided_digest = $3`, was.ID, string(Approved), sum)
		if err != nil || approved > 0 {
			return c, release{approved: true}, err
		}
	}
	switch {
	case c.urgent(now) && auth.From(ctx).May(auth.Waive, ""):
		return c, release{waived: true}, nil
	case !out:
		return c, release{}, ErrReviewRequired()
	case was.PublishAt.After(now) && was.PublishAt.Equal(*c.PublishAt):
		c.PublishAt = nil
		return c, release{}, nil
	case was.PublishAt.After(now):
		return c, release{}, ErrReviewRequired()
	default:
		return c, release{}, errPublishedReview()
	}
}

// stands writes down what a notice says now where a review of it is. An approval by which it comes out it holds: who takes that
// back at the same moment does so afterwards, or it does not come out.
func (s Writer) stands(ctx context.Context, id string, c Content, of release) error {
	sum := c.seen()
	if !of.approved {
		_, err := s.db.Exec(ctx, `UPDATE notice_reviews SET text_digest = $1 WHERE notice_id = $2`, sum, id)
		return err
	}
	n, err := s.db.Exec(ctx, `UPDATE notice_reviews SET text_digest = $1 WHERE notice_id = $2 AND state = $3 AND decided_digest = $1`, sum, id, string(Approved))
	if err == nil && n == 0 {
		err = ErrReviewRequired()
	}
	return err
}

type exportedRemark struct {
	Notice string    `json:"notice"`
	Said   Said      `json:"said"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at"`
}

// exportRemarks is what a member said in reviews.
func (s Reader) exportRemarks(ctx context.Context, memberID string) (any, error) {
	list, err := database.All(ctx, s.db, func(r database.Row) (exportedRemark, error) {
		var e exportedRemark
		var at int64
		err := r.Scan(&e.Notice, &e.Said, &e.Text, &at)
		e.At = clock.FromMillis(at)
		return e, err
	}, `SELECT notice_id, kind, text, at FROM notice_review_entries WHERE author = $1 ORDER BY at, notice_id, number`, memberID)
	return append([]exportedRemark{}, list...), err
}

// forgetRemarks takes away what a member said, and that they were asked: who else writes for the unit is.
func (s Reader) forgetRemarks(ctx context.Context, memberID string) error {
	if _, err := s.db.Exec(ctx, `UPDATE notice_review_entries SET text = '' WHERE author = $1`, memberID); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, `UPDATE notice_reviews SET for_member_id = NULL WHERE for_member_id = $1`, memberID)
	return err
}
