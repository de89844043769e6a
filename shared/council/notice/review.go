package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/problem"
)

// MostComment is how long what is said in a review may be, in characters.
const MostComment = 2000

// MostComments is how much is said in the review of a notice until no more comments are taken: asking, deciding and withdrawing
// still work.
const MostComments = 300

// The events of reviews: a colleague is asked, and something is said to who asked. Their data is ReviewEvent.
const (
	ReviewAsked    = "kr.madang.review.asked.v1"
	ReviewAnswered = "kr.madang.review.answered.v1"
)

// ReviewEvent is the data of a review's events.
type ReviewEvent struct {
	ID string   `json:"id"` // of the notice
	To []string `json:"to"` // the members who are told
	// Outcome is what was said, of an answer.
	Outcome Said `json:"outcome,omitempty"`
}

// Said is a kind of what is said in a review. The last one that is no comment is the state of the review.
type Said string

// What is said. Only who asked withdraws, or an admin of the unit; who asked does not decide.
const (
	Asked        Said = "asked"
	Commented    Said = "comment"
	ChangesAsked Said = "changes"
	Approved     Said = "approved"
	Withdrawn    Said = "withdrawn"
)

// Label is what somebody did by saying it.
func (s Said) Label() problem.Text {
	switch s {
	case Asked:
		return problem.Text{KO: "검토를 요청함", EN: "asked for a review"}
	case ChangesAsked:
		return problem.Text{KO: "수정을 요청함", EN: "asked for changes"}
	case Approved:
		return problem.Text{KO: "승인함", EN: "approved"}
	case Withdrawn:
		return problem.Text{KO: "요청을 취소함", EN: "withdrew the request"}
	default:
		return problem.Text{KO: "의견", EN: "commented"}
	}
}

// Remark is something that was said in a review.
type Remark struct {
	Number int64 // from 1, in their order
	Author string
	Said   Said
	At     time.Time
	Seen   int64  // the revision of the notice that was seen
	Text   string // plain; "" for none, or where its author has left
}

// Review is how the review of a notice stands. A decision is about what was seen: it follows from the
// text that the notice has now whether that is still said of it.
type Review struct {
	NoticeID    string
	AskedBy     string
	AskedAt     time.Time
	For         string // the colleague who was asked; "" for all who write for the unit
	DecidedBy   string // "" before
	DecidedAt   *time.Time
	DecidedSeen int64 // the revision that was decided on

	state   Said   // not Commented
	decided string // what was decided on, as Content.seen; "" before
	text    string // what the notice says now, as Content.seen
	version int64  // counts what was said
}

// Standing is how a review stands, with what became of the text since.
type Standing string

// The standings. A text that was edited after somebody decided on it waits for a colleague again.
const (
	StandsAsked     Standing = "asked"
	StandsChanges   Standing = "changes"  // the text has yet to be changed
	StandsChanged   Standing = "changed"  // it was edited after somebody asked for changes
	StandsApproved  Standing = "approved" // what the notice says now is approved
	StandsOutdated  Standing = "outdated" // it was edited after the approval
	StandsWithdrawn Standing = "withdrawn"
)

// Standing is how r stands.
func (r Review) Standing() Standing {
	same := r.decided == r.text
	switch r.state {
	case ChangesAsked:
		if same {
			return StandsChanges
		}
		return StandsChanged
	case Approved:
		if same {
			return StandsApproved
		}
		return StandsOutdated
	case Withdrawn:
		return StandsWithdrawn
	default:
		return StandsAsked
	}
}

// Waits says whether a colleague is to look at the text.
func (s Standing) Waits() bool { return s == StandsAsked || s == StandsChanged || s == StandsOutdated }

// Label is what people call s.
func (s Standing) Label() problem.Text {
	switch s {
	case StandsChanges:
		return problem.Text{KO: "수정 요청", EN: "Changes requested"}
	case StandsChanged:
		return problem.Text{KO: "고친 뒤 검토 대기", EN: "Edited, waiting for review"}
	case StandsApproved:
		return problem.Text{KO: "승인됨", EN: "Approved"}
	case StandsOutdated:
		return problem.Text{KO: "승인 뒤에 고쳐짐", EN: "Edited after approval"}
	case StandsWithdrawn:
		return problem.Text{KO: "검토 요청을 취소함", EN: "Request withdrawn"}
	default:
		return problem.Text{KO: "검토 대기", EN: "Waiting for review"}
	}
}

// Reviewable says whether a review of n can be asked for, and go on: what is published already is past it.
func (n Notice) Reviewable(now time.Time) bool {
	state := n.State(now)
	return n.DeletedAt == nil && (state == Draft || state == Scheduled)
}

// comesOut says whether readers see a notice of c at a time or later.
func (c Content) comesOut(now time.Time) bool {
	return c.PublishAt != nil && !reached(c.UnpublishAt, now)
}

// urgent says whether c belongs into the urgent bar once it is out.
func (c Content) urgent(now time.Time) bool {
	return c.UrgentUntil != nil && c.UrgentUntil.After(now) && c.PublishAt != nil && c.UrgentUntil.After(*c.PublishAt)
}

// seen is what a colleague sees of c, as a hash: its unit, titles, texts, tags and files, with the pictures in the texts. When
// it is published, and how long it is pinned, is no part of it.
func (c Content) seen() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q %q %q %q %q %q", c.Unit, c.Title, c.Body, c.TitleEn, c.BodyEn, c.Tags, c.Attachments) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// ErrReviewRequired is the answer to publishing what no colleague approved, where the council asks for that.
func ErrReviewRequired() *problem.Error {
	return problem.New(problem.Conflict, "review-required", "동료가 승인한 글만 게시할 수 있습니다. 초안으로 저장하고 검토를 요청하세요.", "Only what a colleague approved can be published. Save it as a draft and ask for a review.")
}

// errPublishedReview is ErrReviewRequired for who edits what readers see.
func errPublishedReview() *problem.Error {
	return problem.New(problem.Conflict, "review-required", "게시한 글은 승인 없이 고칠 수 없습니다. 초안으로 내려서 고치고 다시 승인받으세요.", "What is published cannot be edited without approval. Take it back to a draft, edit it, and have it approved again.")
}

// errImportReview is ErrReviewRequired for who imports.
func errImportReview() *problem.Error {
	return problem.New(problem.Conflict, "review-required", "승인받아야 게시하는 동안은 옮겨 올 수 없습니다. 운영 기준에서 잠시 끄고 옮기세요.", "Nothing can be imported while publishing needs approval. Turn that policy off for the import.")
}

// errNoReview is the answer to what needs a review that is open.
func errNoReview() *problem.Error {
	return problem.New(problem.Conflict, "no-review", "요청된 검토가 없습니다. 먼저 검토를 요청하세요.", "No review was asked for. Ask for one first.")
}

func errNotReviewable() *problem.Error {
	return problem.New(problem.Conflict, "not-reviewable", "초안이나 예약한 공지만 검토합니다. 이미 게시했거나 게시가 끝났습니다.", "Only drafts and scheduled notices are reviewed. This one is or was published.")
}

func errReviewOpen() *problem.Error {
	return problem.New(problem.Conflict, "review-open", "다른 사람이 이미 검토를 요청했습니다. 그 검토를 이어 가세요.", "Somebody else has asked for a review already. Go on with that one.")
}

func errOwnRequest() *problem.Error {
	return problem.New(problem.Conflict, "own-request", "내가 요청한 검토는 내가 결정할 수 없습니다. 동료에게 부탁하세요.", "You cannot decide on your own request. Ask a colleague.")
}

func errOwnText() *problem.Error {
	return problem.New(problem.Conflict, "own-text", "내가 쓰거나 고친 글은 내가 승인할 수 없습니다. 다른 동료에게 부탁하세요.", "You cannot approve what you wrote or edited yourself. Ask another colleague.")
}

func errChangesStand() *problem.Error {
	return problem.New(problem.Conflict, "changes-asked", "다른 동료가 이 글의 수정을 요청했습니다. 글을 고치거나, 수정을 요청한 동료가 모두 승인해야 합니다.", "Another colleague asked for changes of this very text. It has to be edited, or approved by everybody who asked for changes.")
}

func errTooManyComments() *problem.Error {
	return problem.New(problem.Conflict, "too-many-comments", "의견은 "+strconv.Itoa(MostComments)+"개까지 쓸 수 있습니다.", "At most "+strconv.Itoa(MostComments)+" comments are taken.")
}
