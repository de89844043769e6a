package face

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// Tag is on every page that has the frame.
const Tag = "face"

// DeskPath is where the council sets it.
const DeskPath = "/console/settings"

// Limits of texts, in characters: what one line of a header or a foot holds.
const (
	NameLimit   = 40
	LineLimit   = 40
	ShortLimit  = 6
	SloganLimit = 40
	FootLimit   = 60
	// OfficerLimit is that of a name with a title.
	OfficerLimit = 40
)

// Store keeps each version of the face.
type Store struct {
	DB   *database.DB
	Name string // the name until one is set, COUNCIL_NAME
}

// First is the version of the face that was never set: Default.
const First = database.FirstVersion

// Read is the face in force and its version, First before one was set.
func (s Store) Read(ctx context.Context) (Face, int64, error) {
	f := Default(s.Name)
	version, _, err := s.versions().Newest(ctx, &f)
	if err != nil {
		return Default(s.Name), 0, err
	}
	return f, version, nil
}

func (s Store) versions() database.Versions { return database.Versions{DB: s.DB, Table: "faces"} }

// Council is the council's name in Korean. While the database does not say it, it is the one
// that was configured.
func (s Store) Council(ctx context.Context) string {
	f, _, err := s.Read(ctx)
	if err != nil {
		return s.Name
	}
	return f.Name
}

// Set makes f, as Check returned it, the successor of a version. Of several successors of one
// version the first wins; the others fail with problem.Stale.
func (s Store) Set(ctx context.Context, version int64, f Face) (int64, error) {
	err := s.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := s.versions().Succeed(ctx, version, f, clock.Now(ctx)); err != nil {
			return err
		}
		return touch.Tags(ctx, s.DB, Tag)
	})
	return version + 1, err
}

var (
	colour    = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	phone     = regexp.MustCompile(`^[0-9+() -]{3,}$`)
	instagram = regexp.MustCompile(`^[A-Za-z0-9._]{1,30}$`)
)

// Check is f with its texts tidied and what follows from its colour, which brand derives. Fails
// with problem.Invalid by field.
func Check(f Face, brand func(hex string) (Brand, error)) (Face, error) {
	var w check.Fields
	f.Name = w.Line("name", f.Name, NameLimit)
	for _, text := range []struct {
		name  string
		value *string
		limit int
	}{
		{"nameEn", &f.NameEN, NameLimit + 20}, {"line", &f.Line, LineLimit}, {"lineEn", &f.LineEN, LineLimit + 20}, {"short", &f.Short, ShortLimit},
		{"slogan", &f.Slogan, SloganLimit}, {"sloganEn", &f.SloganEN, SloganLimit + 20},
		{"office", &f.Foot.Office, FootLimit}, {"hours", &f.Foot.Hours, FootLimit}, {"phone", &f.Foot.Phone, 20}, {"instagram", &f.Foot.Instagram, 31}, {"kakaoTalk", &f.Foot.KakaoTalk, FootLimit},
		{"officer", &f.Officer.Name, OfficerLimit}, {"officerEn", &f.Officer.NameEN, OfficerLimit + 20}, {"officerContact", &f.Officer.Contact, FootLimit},
	} {
		*text.value = w.OptionalLine(text.name, *text.value, text.limit)
	}
	if f.Foot.Phone != "" && !phone.MatchString(f.Foot.Phone) {
		w.Add("phone", "malformed", "전화번호는 숫자와 - + ( )로 적어 주세요.", "Write a telephone number with digits and - + ( ).")
	}
	if f.Foot.Email != "" {
		f.Foot.Email = w.Email("email", f.Foot.Email)
	}
	if f.Foot.Instagram = strings.TrimPrefix(f.Foot.Instagram, "@"); f.Foot.Instagram != "" && !instagram.MatchString(f.Foot.Instagram) {
		w.Add("instagram", "malformed", "인스타그램 이름만 적어 주세요. 예: @solmoe_nr", "Write the account's name alone, as @solmoe_nr.")
	}
	f.Colour = strings.ToLower(strings.TrimSpace(f.Colour))
	if !colour.MatchString(f.Colour) {
		w.Add("colour", "malformed", NotAColour().KO, NotAColour().EN)
	} else {
		b, err := brand(f.Colour)
		if err != nil {
			return Face{}, err
		}
		f.Brand = b
	}
	names := []string{}
	for _, c := range PatternChoices() {
		names = append(names, c.Value)
	}
	f.Pattern = w.OneOf("pattern", f.Pattern, names...)
	f.Mark = mark(&w, f.Mark)
	if err := w.Err(); err != nil {
		return Face{}, err
	}
	return f, nil
}

// DrawMark is an SVG as the mark that Check makes of it; it fails with what Check would say of the field.
func DrawMark(svg string) (string, error) {
	var w check.Fields
	drawn := mark(&w, svg)
	return drawn, w.Err()
}

// mark is an SVG as a mark; one that was cleaned before stays as it is.
func mark(w *check.Fields, svg string) string {
	if svg = strings.TrimSpace(svg); svg == "" {
		return ""
	}
	kept := strings.HasPrefix(svg, "<g")
	if kept {
		svg = wrapped(svg)
	}
	clean, err := CleanMark(svg)
	if kept && err == nil {
		clean = strings.TrimSuffix(strings.TrimPrefix(clean, identity), "</g>")
	}
	switch {
	case errors.Is(err, ErrMarkSize):
		w.Add("mark", "too-large", strconv.Itoa(MarkLimit>>10)+" KiB보다 작은 SVG를 골라 주세요.", "Choose an SVG of less than "+strconv.Itoa(MarkLimit>>10)+" KiB.")
	case errors.Is(err, ErrMarkEmpty):
		w.Add("mark", "empty", "이 SVG에는 그릴 도형이 없어요. 글자는 도형(윤곽선)으로 바꿔 저장해 주세요.", "This SVG has no shapes to draw. Save its letters as outlines.")
	case err != nil:
		w.Add("mark", "malformed", "viewBox가 있는 SVG 파일을 골라 주세요.", "Choose an SVG with a viewBox.")
	}
	return clean
}

// NotAColour is what is said of a text that is no colour.
func NotAColour() problem.Text {
	return problem.Text{KO: "색은 #0b5f49처럼 적어 주세요.", EN: "Write a colour as #0b5f49."}
}

// identity is what a mark of the right size is wrapped into.
const identity = `<g transform="translate(0.0000 0.0000) scale(1.0000)" fill="currentColor">`
