package settings

import (
	"context"
	"math"
	"strings"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/face/colour"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// content is a face as it is written.
type content struct {
	Name      string `json:"name" description:"At most 40 characters."`
	NameEN    string `json:"nameEn,omitempty"`
	Line      string `json:"line,omitempty" description:"Under the name in the header, at most 40 characters."`
	LineEN    string `json:"lineEn,omitempty"`
	Short     string `json:"short,omitempty" description:"Under the icon on a telephone, at most 6 characters."`
	Slogan    string `json:"slogan,omitempty" description:"On the main page, at most 40 characters."`
	SloganEN  string `json:"sloganEn,omitempty"`
	Mark      string `json:"mark,omitempty" description:"An SVG of at most 32 KiB; its shapes are kept, in one colour."`
	Colour    string `json:"colour" description:"#rrggbb."`
	Pattern   string `json:"pattern" description:"dol, sol, kkot, bit, gwi or mul."`
	Office    string `json:"office,omitempty"`
	Hours     string `json:"hours,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Email     string `json:"email,omitempty"`
	Instagram string `json:"instagram,omitempty" description:"The account's name."`
	KakaoTalk string `json:"kakaoTalk,omitempty" description:"The channel's name."`
	Officer   string `json:"officer,omitempty" description:"Name and title of the privacy officer, for the privacy policy; without one it names the installation's, or the council's president."`
	OfficerEN string `json:"officerEn,omitempty"`
	Contact   string `json:"officerContact,omitempty" description:"Their telephone or mail address; without one the council's."`
}

func (c content) face() face.Face {
	return face.Face{
		Name: c.Name, NameEN: c.NameEN, Line: c.Line, LineEN: c.LineEN, Short: c.Short, Slogan: c.Slogan, SloganEN: c.SloganEN,
		Mark: c.Mark, Colour: c.Colour, Pattern: c.Pattern,
		Foot:    face.Foot{Office: c.Office, Hours: c.Hours, Phone: c.Phone, Email: c.Email, Instagram: c.Instagram, KakaoTalk: c.KakaoTalk},
		Officer: face.Officer{Name: c.Officer, NameEN: c.OfficerEN, Contact: c.Contact},
	}
}

type faceResponse struct {
	content
	coloursResponse
	Version int64 `json:"version"`
}

// ETag is the version, for If-Match.
func (r faceResponse) ETag() int64 { return r.Version }

// ratio is a contrast of WCAG in both modes.
type ratio struct {
	Light float64 `json:"light"`
	Dark  float64 `json:"dark"`
}

type coloursResponse struct {
	Brand    face.Brand `json:"brand" description:"Every colour, by day and by night."`
	OnField  ratio      `json:"onField" description:"Contrast of the text on the header; 4.5 is the least."`
	Links    ratio      `json:"links" description:"Contrast of links on the page; 4.5 is the least."`
	Bars     ratio      `json:"bars" description:"Contrast of meters on the page; 3 is the least."`
	AsChosen bool       `json:"asChosen" description:"Whether the header has the very colour; else it is the nearest on which text can be read."`
}

func coloursOf(hex string, b face.Brand) coloursResponse {
	on, links, bars, moved := colour.Shown(hex, b)
	return coloursResponse{Brand: b, OnField: rounded(on), Links: rounded(links), Bars: rounded(bars), AsChosen: !moved}
}

// rounded is a ratio that is not said to be more than it is.
func rounded(r colour.Ratio) ratio {
	down := func(n float64) float64 { return math.Floor(n*10) / 10 }
	return ratio{down(r.Light), down(r.Dark)}
}

func show(f face.Face, version int64) *faceResponse {
	return &faceResponse{
		content: content{
			Name: f.Name, NameEN: f.NameEN, Line: f.Line, LineEN: f.LineEN, Short: f.Short, Slogan: f.Slogan, SloganEN: f.SloganEN, Mark: f.Mark, Colour: f.Colour, Pattern: f.Pattern,
			Office: f.Foot.Office, Hours: f.Foot.Hours, Phone: f.Foot.Phone, Email: f.Foot.Email, Instagram: f.Foot.Instagram, KakaoTalk: f.Foot.KakaoTalk,
			Officer: f.Officer.Name, OfficerEN: f.Officer.NameEN, Contact: f.Officer.Contact,
		},
		coloursResponse: coloursOf(f.Colour, f.Brand), Version: version,
	}
}

func (h handlers) read(ctx context.Context, _ *struct{}) (*faceResponse, error) {
	f, version, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	return show(f, version), nil
}

type markRequest struct {
	Name string `json:"name,omitempty" description:"Of the council, whose first letter is the mark where there is no SVG."`
	Mark string `json:"mark,omitempty" description:"An SVG of at most 32 KiB."`
}

type markResponse struct {
	HTML string `json:"html" description:"The mark as pages show it, in the colour of the text around it."`
}

func (h handlers) mark(_ context.Context, r *markRequest) (*markResponse, error) {
	drawn, err := face.DrawMark(r.Mark)
	if err != nil {
		return nil, err
	}
	var html strings.Builder
	if err := ui.Mark(face.Face{Name: strings.TrimSpace(r.Name), Mark: drawn}).Render(&html); err != nil {
		return nil, err
	}
	return &markResponse{html.String()}, nil
}

type coloursRequest struct {
	Colour string `query:"colour" description:"#rrggbb."`
}

func (h handlers) colours(_ context.Context, r *coloursRequest) (*coloursResponse, error) {
	b, err := colour.Brand(r.Colour)
	if err != nil {
		return nil, problem.Wrong(problem.Field{Name: "colour", Code: "malformed", Message: face.NotAColour()})
	}
	c := coloursOf(r.Colour, b)
	return &c, nil
}
