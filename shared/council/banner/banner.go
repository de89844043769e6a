// Package banner is the pictures on the main page that lead somewhere: what may be put
// there, which are in force when, and how often they were followed.
package banner

import (
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// MostAlt is the longest alternative text, in characters: screen readers read it whole.
const MostAlt = 200

// Most is how many banners there can be, ended ones included: all of them are put in
// order at once.
const Most = 100

// skew is how far behind a caller's clock may be: an until that is past by no more means now.
const skew = time.Minute

// Content is what an editor decides about a banner.
type Content struct {
	Unit  string
	Image string // id of an upload
	Alt   string
	Link  string // https, or a path of the site
	Focus *Focus // nil: the middle
	From  *time.Time
	Until *time.Time
}

// Focus is the point around which a picture is cropped, wherever it is, in per cent of its
// width from the left and of its height from the top.
type Focus struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// Middle is the focus of a picture for which nobody chose one.
func Middle() Focus { return Focus{X: 50, Y: 50} }

// Stored is a banner as those who write see it.
type Stored struct {
	ID        string
	Unit      string
	Alt       string
	Link      string
	Focus     Focus
	From      *time.Time // nil: at once
	Until     *time.Time // nil: for good
	Place     int        // from 0; smallest first
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Image     upload.File
}

// Begun says whether b was ever shown, by a time.
func (b Stored) Begun(now time.Time) bool { return b.From == nil || !b.From.After(now) }

// Ended says whether b is not shown any more.
func (b Stored) Ended(now time.Time) bool { return b.Until != nil && !b.Until.After(now) }

// Banner is a banner in force, as everybody sees it. A page that shows it carries
// upload.Tag of its image.
type Banner struct {
	ID    string      `json:"id"`
	Alt   string      `json:"alt"`
	Href  string      `json:"href"` // counts and leads to the link
	Link  string      `json:"link"`
	Unit  string      `json:"unit"`
	Focus Focus       `json:"focus"`
	Image upload.File `json:"image"`
}

// Banner is b as everybody sees it.
func (b Stored) Banner() Banner {
	return Banner{ID: b.ID, Alt: b.Alt, Href: "/v1/banners/" + b.ID + "/click", Link: b.Link, Unit: b.Unit, Focus: b.Focus, Image: b.Image}
}

// Check normalises what an editor decided and refuses what breaks a rule. Was is the
// banner that is edited, nil for a new one.
func (c Content) Check(now time.Time, was *Stored, units []string) (Content, error) {
	if was == nil {
		was = &Stored{}
	}
	var f check.Fields
	if c.Unit != was.Unit || c.Unit == "" {
		c.Unit = f.Named("unit", c.Unit, units...)
	}
	c.Image = f.Line("image", c.Image, 36)
	c.Alt = f.Line("alt", c.Alt, MostAlt)
	c.Link = f.Link("link", c.Link)
	focus := Middle()
	if c.Focus != nil {
		focus = Focus{X: int(f.Number("focus.x", int64(c.Focus.X), 0, 100)), Y: int(f.Number("focus.y", int64(c.Focus.Y), 0, 100))}
	}
	c.Focus = &focus
	c.From, c.Until = whole(f.Time("from", c.From)), whole(f.Time("until", c.Until))
	switch {
	case c.Until == nil, was.Until != nil && c.Until.Equal(*was.Until), c.Until.After(now):
	case now.Sub(*c.Until) <= skew:
		c.Until = &now
	default:
		f.Add("until", "until-in-the-past", "이미 지난 시각입니다.", "The time is past.")
	}
	if c.From != nil && c.Until != nil && !c.Until.After(*c.From) {
		f.Add("until", "not-after-from", "시작하는 시각보다 늦어야 합니다.", "It must be later than from.")
	}
	return c, f.Err()
}

// whole is a time as the database keeps it.
func whole(t *time.Time) *time.Time { return clock.FromMillisOf(clock.MillisOf(t)) }

// Day is how often a banner was followed on a day: visitors, each counted once.
type Day struct {
	Day    string `json:"day"` // in Seoul, as 2026-03-02
	Clicks int64  `json:"clicks"`
}

func errNotAnImage() error {
	return problem.WrongField("image", "not-an-image", "이미지가 아닙니다.", "It is not an image.")
}

func errTooMany() error {
	return problem.New(problem.Conflict, "too-many-banners", "배너는 100개까지입니다. 끝난 것을 지우세요.", "There can be 100 banners. Delete ended ones.")
}

func errOthers() error {
	return problem.New(problem.Conflict, "banners-changed", "그사이 배너가 늘거나 줄었습니다. 새로 고친 뒤 다시 시도하세요.", "Banners were added or deleted meanwhile. Read them again and retry.")
}
