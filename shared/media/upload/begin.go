package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/media/filetype"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Draft is what a member says about a file before sending it.
type Draft struct {
	Purpose  string
	Name     string // as it is called on the member's computer
	Declared string // media type, or "" where the computer does not know
	Size     int64  // bytes; 0 in a form, whose file says it by its end
	SHA256   string // of the whole file, in hexadecimal; may be "" in a form
	Key      string // Idempotency-Key, or ""
}

// unusedMost is how many uploads one member may have that nothing uses yet: ten times
// what the largest thing takes, and a bound on what one account can fill in a day.
const unusedMost = 200

// keyLife is how long an Idempotency-Key stands for the upload that it began.
const keyLife = 24 * time.Hour

// check reads a draft: its purpose, and what is wrong with it.
func (d Depot) check(ctx context.Context, draft *Draft, form bool) (Purpose, filetype.Type, error) {
	var f check.Fields
	purpose, known := PurposeOf(f.OneOf("purpose", draft.Purpose, PurposeNames()...))
	purpose = purpose.Raised(d.LimitMiB).For(auth.From(ctx), d.ArchiveMiB)
	draft.SHA256 = strings.ToLower(draft.SHA256)
	if sum, err := hex.DecodeString(draft.SHA256); (err != nil || len(sum) != sha256.Size) && !(form && draft.SHA256 == "") {
		f.Add("sha256", "not-a-sha256", "SHA-256 값을 16진수 64자로 보내세요.", "Send the SHA-256 as 64 hexadecimal digits.")
	}
	if !form && draft.Size < 1 {
		f.Add("size", "out-of-range", "1바이트 이상이어야 합니다.", "At least 1 byte.")
	}
	draft.Name = CleanName(draft.Name)
	kind, err := filetype.Named(draft.Name, draft.Declared)
	refused := (*filetype.Refused)(nil)
	errors.As(err, &refused)
	if refused == nil && known && purpose.Images && !kind.Image {
		refused = &filetype.Refused{Code: filetype.NotAllowed}
	}
	switch {
	case draft.Name == "":
		f.Required("name")
	case refused != nil && refused.Code == filetype.Mismatch:
		f.Add("type", refused.Code, "파일 이름과 형식이 다릅니다.", "The type does not go with the name.")
	case refused != nil && refused.Code == filetype.HEIF:
		t := heif()
		f.Add("name", refused.Code, t.KO, t.EN)
	case refused != nil:
		f.Add("name", refused.Code, "올릴 수 없는 형식입니다.", "This file type isn't accepted.")
	}
	if err := f.Err(); err != nil {
		return Purpose{}, filetype.Type{}, err
	}
	switch who := auth.From(ctx); {
	case who.SignedIn() && !who.Confirmed:
		return Purpose{}, filetype.Type{}, problem.ConfirmFirst("이메일 주소를 확인한 뒤에 올릴 수 있습니다.")
	case !purpose.Allows(auth.From(ctx)) && !purpose.Council && auth.From(ctx).SignedIn():
		return Purpose{}, filetype.Type{}, problem.New(problem.Forbidden, "verification-required", "재학생 인증을 한 뒤에 올릴 수 있습니다. 그 전에는 인증에 쓸 증빙만 올릴 수 있습니다.", "Verify that you are a student first. Until then only proofs of it are taken.")
	case !purpose.Allows(auth.From(ctx)):
		return Purpose{}, filetype.Type{}, problem.NotAllowed()
	case draft.Size > purpose.Limit:
		return Purpose{}, filetype.Type{}, TooLarge()
	}
	return purpose, kind, nil
}

// TooLarge is the answer to a file above its purpose's limit.
func TooLarge() *problem.Error {
	return problem.New(problem.TooLarge, "upload-too-large", "이 용도로 올릴 수 있는 크기보다 큽니다.", "The file is larger than this purpose allows.")
}

// Begin writes the row of a draft and begins its upload in parts. Under an
// Idempotency-Key that was used before it is the upload that was begun then.
func (d Depot) Begin(ctx context.Context, draft Draft) (Upload, error) {
	purpose, kind, err := d.check(ctx, &draft, false)
	if err != nil {
		return Upload{}, err
	}
	u, err := d.insert(ctx, draft, purpose, kind)
	if err != nil {
		return Upload{}, err
	}
	return d.start(ctx, u)
}

// insert commits the row before anything is stored.
func (d Depot) insert(ctx context.Context, draft Draft, purpose Purpose, kind filetype.Type) (Upload, error) {
	now := clock.Now(ctx)
	id, err := check.NewID()
	if err != nil {
		return Upload{}, err
	}
	u := Upload{
		ID: id, MemberID: auth.From(ctx).MemberID, Purpose: purpose.Name, Name: draft.Name, Type: kind.Ext, Size: draft.Size, SHA256: draft.SHA256,
		Folder: Folder(d.Environment, purpose.Name, id, now), CreatedAt: now, ExpiresAt: now.Add(d.OrphanAge),
	}
	var request *string
	if draft.Key != "" {
		sum := sha256.Sum256([]byte(draft.Key))
		h := hex.EncodeToString(sum[:])
		request = &h
	}
	err = d.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := d.DB.Exec(ctx, `UPDATE uploads SET request = NULL WHERE member_id = $1 AND request = $2 AND created_at <= $3`, u.MemberID, request, clock.Millis(now.Add(-keyLife))); err != nil {
			return err
		}
		// What has its place already is not asked whether there is room.
		if before, err := d.asked(ctx, u, request); !errors.Is(err, database.ErrNoRow) {
			u = before
			return err
		}
		if err := d.room(ctx, u.MemberID); err != nil {
			return err
		}
		if err := d.quota(ctx, u); err != nil {
			return err
		}
		n, err := d.DB.Exec(ctx, `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, request, width, height, uses, unused_at, created_at, expires_at, refused_code)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 1, $9, 0, 0, 0, $10, $10, $11, '') ON CONFLICT (member_id, request) DO NOTHING`,
			u.ID, u.MemberID, u.Purpose, u.Name, u.Type, u.Size, u.SHA256, u.Folder, request, clock.Millis(now), clock.Millis(u.ExpiresAt))
		if err == nil && n == 0 {
			u, err = d.asked(ctx, u, request)
		}
		return err
	})
	return u, err
}

// asked is the upload that was begun under the same Idempotency-Key as u, if u is what was asked for then. It fails with
// database.ErrNoRow where there is none.
func (d Depot) asked(ctx context.Context, u Upload, request *string) (Upload, error) {
	before, err := database.One(ctx, d.DB, scan, `SELECT `+columns+` FROM uploads WHERE member_id = $1 AND request = $2`, u.MemberID, request)
	if err != nil {
		return Upload{}, err
	}
	cut := before.CompletedAt != nil && IsImage(before.Type) && before.Size < u.Size // what followed the picture was not kept
	if before.Purpose != u.Purpose || before.Name != u.Name || !cut && (before.Size != u.Size || before.SHA256 != u.SHA256) {
		return Upload{}, problem.New(problem.Invalid, "idempotency-key-reused", "같은 Idempotency-Key로 다른 요청을 보냈습니다.", "The Idempotency-Key was used for another request.")
	}
	return before, nil
}

// room refuses a member with too many uploads that nothing uses. Two requests at the
// same time may both find the last place; the bound is against filling the storage.
func (d Depot) room(ctx context.Context, member string) error {
	n, err := database.One(ctx, d.DB, database.Value[int], `SELECT count(*) FROM uploads WHERE member_id = $1 AND uses = 0 AND deleted_at IS NULL AND refused_at IS NULL`, member)
	if err == nil && n >= unusedMost {
		err = problem.New(problem.Conflict, "too-many-unused-uploads", "쓰지 않은 파일이 너무 많습니다. 지운 뒤 다시 올리세요.", "Too many of your uploads are not used by anything. Delete some first.")
	}
	return err
}

// The quota of accounts that nobody knows: an account costs nothing, and what it uploads is kept for ProofDays unless somebody
// decides. Per account and 24 hours, whatever became of them: twice what a proof takes, in files and in bytes. All together:
// what some thousand newcomers hand in on the busiest day, and 56 GiB of storage if that were every day's.
const (
	proofWindow   = 24 * time.Hour
	proofsMost    = 10
	proofBytes    = 30 * MiB
	allProofsMost = 5_000
	allProofBytes = 4 << 10 * MiB
)

// quota refuses who is not verified, when they or all of them have uploaded enough. As room does, it bounds, and does not
// count exactly: two at the same time may both find the last place, and a form's size is known when it was read.
func (d Depot) quota(ctx context.Context, u Upload) error {
	if known(auth.From(ctx)) {
		return nil
	}
	type used struct{ files, bytes, oldest int64 }
	scan := func(r database.Row) (used, error) {
		var n used
		return n, r.Scan(&n.files, &n.bytes, &n.oldest)
	}
	now := clock.Now(ctx)
	since := clock.Millis(now.Add(-proofWindow))
	own, err := database.One(ctx, d.DB, scan, `SELECT count(*), coalesce(sum(size), 0), coalesce(min(created_at), 0) FROM uploads WHERE member_id = $1 AND created_at > $2`, u.MemberID, since)
	if err != nil {
		return err
	}
	if own.files >= proofsMost || own.bytes+u.Size > proofBytes {
		return tooManyProofs("하루에 올릴 수 있는 증빙을 다 올렸습니다. 내일 다시 올리거나 학교 이메일로 인증하세요.",
			"You have uploaded as many proofs as a day allows. Try again tomorrow, or verify by your school's mail.", own.oldest, now)
	}
	all, err := database.One(ctx, d.DB, scan, `SELECT count(*), coalesce(sum(size), 0), coalesce(min(created_at), 0) FROM uploads WHERE purpose = 'proof' AND created_at > $1`, since)
	if err != nil {
		return err
	}
	if all.files >= allProofsMost || all.bytes+u.Size > allProofBytes {
		return tooManyProofs("지금은 올라온 증빙이 너무 많습니다. 나중에 다시 올리거나 학교 이메일로 인증하세요.",
			"Too many proofs have been uploaded by everybody. Try again later, or verify by your school's mail.", all.oldest, now)
	}
	return nil
}

func tooManyProofs(ko, en string, oldest int64, now time.Time) error {
	after := clock.FromMillis(oldest).Add(proofWindow).Sub(now)
	return problem.New(problem.TooMany, "too-many-proofs", ko, en).After(max(after, time.Minute))
}

// start begins the upload in parts, unless that is done. Of two that begin one at the
// same time, one is kept; the other was never given to anybody and is ended.
func (d Depot) start(ctx context.Context, u Upload) (Upload, error) {
	if err := d.open(ctx, u); err != nil || u.Multipart != "" || u.CompletedAt != nil {
		return u, err
	}
	o, err := d.objects()
	if err != nil {
		return u, err
	}
	multipart, err := o.StartMultipart(ctx, u.Incoming(), objects.Meta{ContentType: arriving})
	if err != nil {
		return u, away(err)
	}
	n, err := d.DB.Exec(ctx, `UPDATE uploads SET multipart = $1 WHERE id = $2 AND multipart = '' AND completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL`, multipart, u.ID)
	if err == nil && n == 1 {
		u.Multipart = multipart
		return u, nil
	}
	aborted := away(o.AbortMultipart(context.WithoutCancel(ctx), u.Incoming(), multipart))
	if err != nil {
		return u, errors.Join(err, aborted)
	}
	if u, err = d.Read(ctx, u.ID); err != nil {
		return u, err
	}
	return u, d.open(ctx, u)
}

// Resume is the caller's own upload with its parts begun, to go on sending.
func (d Depot) Resume(ctx context.Context, id string) (Upload, error) {
	u, err := d.Own(ctx, id)
	if err != nil {
		return u, err
	}
	return d.start(ctx, u)
}
