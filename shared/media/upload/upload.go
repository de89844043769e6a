// Package upload keeps files: their rules, their rows, and what uses them.
//
// An upload lives through times, not through a state that somebody sets: it is created,
// then completed (its stored bytes were verified) or refused for good, and in the end
// deleted. Every object of it lies in one folder of the storage, whose name follows from
// the row, so that what is stored can always be found from the row.
package upload

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/filetype"
	"github.com/madang-council/madang/shared/problem"
)

// Where the council uploads files, and where it looks at them.
const (
	DeskPath  = "/console/uploads"
	ShelfPath = "/console/media"
)

// Purpose says what a kind of upload is for, and with it how large, how many and whose.
type Purpose struct {
	Name    string
	Limit   int64       // bytes
	Most    int         // how many of them one thing may use
	Private bool        // never has a public address; read by links of 5 minutes
	Council bool        // only the council may upload it
	Images  bool        // nothing but images
	Proves  bool        // what verification needs: who is not verified uploads nothing else, and within a quota
	Follows bool        // once things use it, who reads one of them sees it and nobody else does; until then its owner alone
	Reads   auth.Action // who sees it beside its owner, unless it follows what uses it
	Removes auth.Action // who deletes it beside its owner; of the whole council, since what nothing uses is of no unit
}

// MiB is the unit of the limits. Where people read "5 MB", 5 MiB are accepted: nobody is
// refused for the difference.
const MiB = 1 << 20

// Purposes are all purposes.
func Purposes() []Purpose {
	return []Purpose{
		{Name: "profile", Limit: 5 * MiB, Most: 1, Images: true, Reads: auth.Consult, Removes: auth.Supervise},
		{Name: "post", Limit: 10 * MiB, Most: 20, Council: true, Reads: auth.Consult, Removes: auth.Supervise},
		{Name: "event", Limit: 50 * MiB, Most: 1, Council: true, Reads: auth.Consult, Removes: auth.Supervise},
		{Name: "archive", Limit: 100 * MiB, Most: 10, Council: true, Reads: auth.Consult, Removes: auth.Supervise},
		{Name: "record", Limit: 100 * MiB, Most: 10, Private: true, Council: true, Follows: true, Removes: auth.Supervise},
		{Name: "proof", Limit: 5 * MiB, Most: 5, Private: true, Proves: true, Reads: auth.Verify, Removes: auth.Verify},
	}
}

// PurposeOf is the purpose of a name.
func PurposeOf(name string) (Purpose, bool) {
	all := Purposes()
	i := slices.IndexFunc(all, func(p Purpose) bool { return p.Name == name })
	if i < 0 {
		return Purpose{}, false
	}
	return all[i], true
}

// PurposeLabel is what files of a purpose are, or its name where there is none such.
func PurposeLabel(name string) problem.Text {
	switch name {
	case "post":
		return problem.Text{KO: "공지와 배너", EN: "Notices and banners"}
	case "archive":
		return problem.Text{KO: "자료", EN: "Documents"}
	case "event":
		return problem.Text{KO: "행사 포스터", EN: "Event posters"}
	case "profile":
		return problem.Text{KO: "회원이 올린 이미지", EN: "Members' pictures"}
	case "record":
		return problem.Text{KO: "회의록의 첨부", EN: "Attachments of minutes"}
	case "proof":
		return problem.Text{KO: "재학생 증빙", EN: "Proof of being a student"}
	default:
		return problem.Text{KO: name, EN: name}
	}
}

// PurposeNames are the names of all purposes.
func PurposeNames() []string {
	names := []string{}
	for _, p := range Purposes() {
		names = append(names, p.Name)
	}
	return names
}

// Raised is p with a limit of at least mib MiB, for tests of large files; 0 changes nothing.
func (p Purpose) Raised(mib int) Purpose {
	p.Limit = max(p.Limit, int64(mib)*MiB)
	return p
}

// For is p for somebody: who supervises the whole council may send archives of as many MiB.
func (p Purpose) For(who auth.Principal, archiveMiB int) Purpose {
	if p.Name == "archive" && who.MaySomewhere(auth.Supervise) {
		p.Limit = max(p.Limit, int64(archiveMiB)*MiB)
	}
	return p
}

// Allows says whether who may upload for this purpose.
func (p Purpose) Allows(who auth.Principal) bool {
	return who.SignedIn() && (!p.Council || who.MaySomewhere(auth.Consult)) && (p.Proves || known(who))
}

// known says whether somebody of the council, or proved by the school, stands behind an account. Anybody can make others.
func known(who auth.Principal) bool { return who.Verified || who.MaySomewhere(auth.Consult) }

// shows says whether who sees what others uploaded for this purpose.
func (p Purpose) shows(who auth.Principal) bool { return !p.Follows && who.MaySomewhere(p.Reads) }

// IsImage says whether a type has variants. The original of an image is never public,
// since it may say where it was taken.
func IsImage(kind string) bool {
	return kind == "jpg" || kind == "png" || kind == "webp" || kind == "gif"
}

// mayMove says whether an image of a type may be a film.
func mayMove(kind string) bool { return kind == "gif" || kind == "webp" }

// MediaType is the Content-Type of a type, as package filetype names it.
func MediaType(kind string) string {
	if is, err := filetype.Named("a."+kind, ""); err == nil {
		return is.MIME
	}
	return "application/octet-stream"
}

// Upload is one row.
type Upload struct {
	ID          string
	MemberID    string
	Purpose     string
	Name        string
	Type        string // extension under which it is stored, as "jpg"
	Size        int64
	SHA256      string
	Folder      string
	Multipart   string
	Width       int
	Height      int
	Uses        int
	Completions int    // how many began
	Alt         string // what an image shows, for those who do not see it; "" where nobody said
	Film        Film   // of an image that moves, once its variants are made
	Share       int64  // bytes of what chats show of a public image, once its variants are made; 0 for none
	CreatedAt   time.Time
	ExpiresAt   time.Time // until then it can be completed
	CompletedAt *time.Time
	ProcessedAt *time.Time
	RefusedAt   *time.Time
	RefusedCode string // also of a completed image of which no variants can be made
	DeletedAt   *time.Time
}

// Folder is where the objects of an upload lie. Nothing that a member typed is in it.
func Folder(environment, purpose, id string, at time.Time) string {
	utc := at.In(clock.Seoul)
	return fmt.Sprintf("%s/%s/%04d/%02d/%s", environment, purpose, utc.Year(), int(utc.Month()), id)
}

// Key is where the verified file is. It appears there whole, after it was verified.
func (u Upload) Key() string { return u.Folder + "/original." + u.Type }

// Incoming is where the bytes arrive. No public address leads there: until they are
// verified nobody but the verification reads them.
func (u Upload) Incoming() string { return u.Folder + "/incoming" }

// arriving is the Content-Type of bytes that are not verified.
const arriving = "application/octet-stream"

// arrivals are all keys at which bytes may be that are not verified. Completions of an
// earlier release had copies of their own, beside Incoming.
func (u Upload) arrivals() []string {
	keys := []string{u.Incoming()}
	for n := range u.Completions {
		keys = append(keys, u.Incoming()+"-"+strconv.Itoa(n+1))
	}
	return keys
}

// VariantKey is where a variant is.
func (u Upload) VariantKey(name string) string { return u.Folder + "/" + name + "." + VariantExt }

// Film says how an image that moves is shown; it is "" for one that does not.
type Film string

// The ways in which a film is shown.
const (
	Moving Film = "moving" // as what picture.Film makes of it, beside its variants
	Still  Film = "still"  // as its variants alone (picture.ErrStill)
)

// movingKey is where a film is that is shown moving.
func (u Upload) movingKey() string { return u.Folder + "/moving." + u.Type }

// Moving is the public address of a film that is shown moving, or "".
func (u Upload) Moving() string {
	if u.Film != Moving || u.Private() {
		return ""
	}
	return FilesPath + u.movingKey()
}

// VariantExt is what package picture makes.
const VariantExt = "jpg"

// Keys are all objects that the upload may have.
func (u Upload) Keys() []string { return append(u.arrivals(), u.files()...) }

// files are the objects that a completed upload may have.
func (u Upload) files() []string {
	keys := []string{u.Key()}
	for _, w := range Widths() {
		keys = append(keys, u.VariantKey(strconv.Itoa(w)))
	}
	keys = append(keys, u.shareKey())
	if mayMove(u.Type) {
		keys = append(keys, u.movingKey())
	}
	return keys
}

// Widths are the widths in pixels that variants fit in, smallest first. The largest is
// always made, also of a smaller image, since it stands for the original in public.
func Widths() []int { return []int{320, 960, 1600} }

// shareKey is where the picture is that chats show above a link (picture.Variant.Share).
func (u Upload) shareKey() string { return u.VariantKey("share") }

// Private says whether the upload has no public address.
func (u Upload) Private() bool {
	p, known := PurposeOf(u.Purpose)
	return !known || p.Private
}

// URL is where the file is read: /files/<key> for what is public, for an image its
// largest variant. Something private is read through /v1/uploads/{id}/file.
func (u Upload) URL() string {
	switch {
	case u.Private():
		return "/v1/uploads/" + u.ID + "/file"
	case IsImage(u.Type):
		return FilesPath + u.VariantKey(strconv.Itoa(slices.Max(Widths())))
	default:
		return FilesPath + u.Key()
	}
}

// FilesPath is the path under which the edge serves public objects from the storage.
const FilesPath = "/files/"

// PublicPattern says which paths the edge serves from the storage, as a regular
// expression (RE2 and PCRE). The key alone decides: nothing private, nothing that is not
// verified yet, and no original of an image, which may hold EXIF and GPS data, matches: what
// is made of it does.
const PublicPattern = `^/files/[a-z0-9-]+/(?:profile|post|event|archive)/[0-9]{4}/[0-9]{2}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/(?:(?:320|960|1600|share)\.jpg|moving\.(?:gif|webp)|original\.(?:pdf|hwp|hwpx|hml|doc|xls|ppt|docx|xlsx|pptx|zip))$`

// IsPublic says whether the edge serves a path from the storage.
func IsPublic(path string) bool {
	return regexp.MustCompile(PublicPattern).MatchString(path)
}

// File is an upload as what uses it shows it.
type File struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Type     string    `json:"type"` // media type, as "application/pdf"
	Size     int64     `json:"size"` // bytes of the original
	URL      string    `json:"url"`
	Alt      string    `json:"alt,omitempty"`   // what an image shows, where its editor said so
	Width    int       `json:"width,omitempty"` // pixels of an image, as it is shown
	Height   int       `json:"height,omitempty"`
	Variants []Variant `json:"variants"`         // smallest first; empty until they are made
	Moving   string    `json:"moving,omitempty"` // address of a film, of the largest variant's size, for who does not ask for less motion

	share string // address of what chats show
}

// Variant is an image in another size.
type Variant struct {
	Width  int    `json:"width"` // pixels
	Height int    `json:"height"`
	URL    string `json:"url"`
}

// Size is where the variant is and how large.
func (v Variant) Size() (url string, width, height int) { return v.URL, v.Width, v.Height }

// Preview is the address of the picture that a chat shows above a link to what has f: 2:1 since it is made.
func (f File) Preview() string { return cmp.Or(f.share, f.URL) }

// Tag names an upload to pages: a page that shows one carries the tag, since its
// variants appear some seconds after it.
func Tag(id string) string { return "upload:" + id }

// Tags are those of files.
func Tags(files []File) []string {
	tags := []string{}
	for _, f := range files {
		tags = append(tags, Tag(f.ID))
	}
	return tags
}

// Document is where f is, what it is called and how many bytes it has.
func (f File) Document() (url, name string, size int64) { return f.URL, f.Name, f.Size }

// Reasons for which an upload cannot be used, as fields of a problem.
func refusal(field, code string) problem.Field {
	texts := map[string]problem.Text{
		"upload-unknown":    {KO: "없는 파일입니다.", EN: "There is no such upload."},
		"upload-incomplete": {KO: "아직 다 올라오지 않은 파일입니다.", EN: "The upload is not complete."},
		"upload-expired":    {KO: "제때 다 올리지 않아 지워질 파일입니다. 다시 올리세요.", EN: "The upload was not completed in time. Upload it again."},
		"upload-refused":    {KO: "확인에서 거부된 파일입니다.", EN: "The upload was refused."},
		"upload-private":    {KO: "공개할 수 없는 파일입니다.", EN: "The upload is private."},
		"upload-public":     {KO: "비공개 용도로 올린 파일만 쓸 수 있습니다.", EN: "Only uploads for a private purpose can be used here."},
		"upload-repeated":   {KO: "같은 파일이 두 번 있습니다.", EN: "The same upload is given twice."},
		"too-many-uploads":  {KO: "파일이 너무 많습니다.", EN: "There are too many uploads."},
	}
	return problem.Field{Name: field, Code: code, Message: texts[code]}
}
