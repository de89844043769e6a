package face

import (
	"crypto/sha256"
	"encoding/hex"
)

// Brand is what follows from a council's colour, as package colour derives it when it is saved.
type Brand struct {
	Light Palette `json:"light"`
	Dark  Palette `json:"dark"`
}

// Palette are the colours of one mode, each #rrggbb.
type Palette struct {
	Field   string `json:"field"`   // header, foot, buttons by day
	Field2  string `json:"field2"`  // hovered, and the large mark
	On      string `json:"on"`      // text on both
	Wall    string `json:"wall"`    // the pattern
	Accent  string `json:"accent"`  // links, buttons by night
	Accent2 string `json:"accent2"` // hovered, and text on Tint
	Bar     string `json:"bar"`     // of meters and charts
	Tint    string `json:"tint"`    // grounds
	Tint2   string `json:"tint2"`   // grounds, and tracks of meters
}

func (p Palette) roles() string {
	return "--field:" + p.Field + ";--field-2:" + p.Field2 + ";--on:" + p.On + ";--wall:" + p.Wall + ";--accent:" + p.Accent + ";--accent-2:" + p.Accent2 +
		";--bar:" + p.Bar + ";--tint:" + p.Tint + ";--tint-2:" + p.Tint2
}

// Sheet is the style sheet of the face, which overrides the roles of ui.css. The pattern's address
// is whole: browsers differ in what one in a role is relative to.
func (f Face) Sheet() string {
	return ":root{" + f.Brand.Light.roles() + `;--wall-tile:url("/brand/` + f.Hash() + `/wall.svg")}` + "\n@media (prefers-color-scheme:dark){:root{" + f.Brand.Dark.roles() + "}}\n"
}

// IconHash names the icons (package icon), which are the mark on the colour; "" where they are those that every installation has.
func (f Face) IconHash() string {
	if p := Default("").Brand.Light; f.Mark == "" && f.Brand.Light.Field == p.Field && f.Brand.Light.On == p.On {
		return ""
	}
	sum := sha256.Sum256([]byte("icon 1\n" + f.Brand.Light.Field + "\n" + f.Brand.Light.On + "\n" + f.Mark)) // the number goes up when they are drawn otherwise
	return hex.EncodeToString(sum[:])[:16]
}

// Hash names the sheet and the pattern; "" where they are those that ui.css has anyway.
func (f Face) Hash() string {
	if d := Default(""); f.Brand == d.Brand && f.Pattern == d.Pattern {
		return ""
	}
	sum := sha256.Sum256([]byte(f.Brand.Light.roles() + "\n" + f.Brand.Dark.roles() + "\n" + Patterns()[f.Pattern]))
	return hex.EncodeToString(sum[:])[:16]
}
