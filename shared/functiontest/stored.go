package functiontest

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/upload"
)

// Upload describes a completed upload that a test needs: its row, not its bytes.
type Upload struct {
	ID            string // a fresh one if empty
	Owner         string // a member's id; a new member if empty
	Purpose       string // post if empty
	Name, Type    string // as "봄.jpg", "jpg"
	Size          int64  // 3.4 MB if 0
	Width, Height int
	Variants      []int // widths of those that were made, of Width and Height's shape
	Film          upload.Film
	Share         int64 // bytes of what chats show; 0 for none
}

// Upload stores the row of a completed upload and returns its id.
func (a *App) Upload(u Upload) string {
	a.t.Helper()
	if u.ID == "" {
		id, err := check.NewID()
		if err != nil {
			a.t.Fatal(err)
		}
		u.ID = id
	}
	if u.Owner == "" {
		u.Owner = a.Member(Member{}).ID
	}
	u.Purpose, u.Size = cmp.Or(u.Purpose, "post"), cmp.Or(u.Size, 3_400_000)
	ctx, now := a.Context(), clock.Millis(a.Now())
	a.exec(ctx, `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code, film, share)
		VALUES ($1, $2, $3, $4, $5, $6, '', $7, '', 0, $8, $9, 0, $10, $10, $10, $10, '', $11, $12)`,
		u.ID, u.Owner, u.Purpose, u.Name, u.Type, u.Size, upload.Folder("test", u.Purpose, u.ID, a.Now()), u.Width, u.Height, now, u.Film, u.Share)
	for _, w := range u.Variants {
		a.exec(ctx, `INSERT INTO upload_variants (upload_id, name, width, height, size) VALUES ($1, $2, $3, $4, 1)`, u.ID, strconv.Itoa(w), w, w*u.Height/u.Width)
	}
	return u.ID
}

// Notice writes a notice through the API of the function notices, which is under test or
// beside, and returns its id. Fields are those of the API: without them it is an empty one of
// 총학, published now; "publishAt": nil makes it a draft.
func (a *App) Notice(as string, fields map[string]any) string {
	a.t.Helper()
	body := map[string]any{"unit": "총학", "publishAt": a.Now()}
	for name, value := range fields {
		body[name] = value
	}
	r := a.Do(Request{Method: http.MethodPost, Path: "/v1/notices", As: as, Body: body}).Want(http.StatusCreated)
	return JSON[struct{ ID string }](r).ID
}
