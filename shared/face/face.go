// Package face is how a council's site is recognised as theirs: name, mark, one colour, wall
// pattern, slogan and what stands at the foot. All other colours follow from the one; nothing else
// may vary. The council sets it in the console; a new installation has fine defaults.
package face

// Face is the council's own part of every page. Empty texts are left out where they would stand.
type Face struct {
	Name     string  `json:"name"`     // "솔뫼대학교 총학생회"; where it was never set, COUNCIL_NAME
	NameEN   string  `json:"nameEn"`   // "" for Name on English pages, too
	Line     string  `json:"line"`     // under the name, "제38대 〈나란히〉"
	LineEN   string  `json:"lineEn"`   // "" for none on English pages
	Short    string  `json:"short"`    // under an icon on a telephone, at most 6 letters; "" for the name
	Slogan   string  `json:"slogan"`   // on the main page; "" for the name
	SloganEN string  `json:"sloganEn"` // "" for NameEN on English pages
	Mark     string  `json:"mark"`     // the inside of an SVG with viewBox 0 0 40 40, in currentColor, as Clean makes it; "" for the name's first syllable
	Colour   string  `json:"colour"`   // #rrggbb
	Brand    Brand   `json:"brand"`    // what follows from Colour
	Pattern  string  `json:"pattern"`  // one of Patterns
	Foot     Foot    `json:"foot"`
	Officer  Officer `json:"officer"`
}

// Officer is the 개인정보 보호책임자, whom the privacy policy names (개인정보 보호법 31조).
type Officer struct {
	Name    string `json:"name"`    // "김마당 사무국장"; "" for the one whom the environment names, or the president
	NameEN  string `json:"nameEn"`  // "" for Name on English pages, too
	Contact string `json:"contact"` // telephone or mail address of who is named; "" for the environment's where Name is "", too, or the council's own
}

// Foot is how a council is reached. Whatever is empty does not stand there.
type Foot struct {
	Office    string `json:"office"`    // "학생회관 2층 201호"
	Hours     string `json:"hours"`     // "평일 10:00–18:00"
	Phone     string `json:"phone"`     // "031-555-0138"
	Email     string `json:"email"`     // an address
	Instagram string `json:"instagram"` // "solmoe_nr", without @
	KakaoTalk string `json:"kakaoTalk"` // a channel's name
}

// Default is the face of a council that has chosen none: 솔 and 돌담.
func Default(name string) Face {
	return Face{Name: name, Colour: "#0b5f49", Pattern: "dol", Brand: defaultBrand()}
}

// Motto is what the main page says of the council in a language: its slogan, or its name where that
// language has none.
func (f Face) Motto(language string) string {
	slogan := f.Slogan
	if language == "en" {
		slogan = f.SloganEN
	}
	if slogan != "" {
		return slogan
	}
	return In(language, f.Name, f.NameEN)
}

// In is a text in a language: the English one where it is asked for and there is one.
func In(language, ko, en string) string {
	if language == "en" && en != "" {
		return en
	}
	return ko
}

// defaultBrand is what follows from the default colour; ui.css has the same.
func defaultBrand() Brand {
	return Brand{
		Light: Palette{Field: "#0b5f49", Field2: "#004d3a", On: "#ffffff", Wall: "#28735c", Accent: "#0b5f49", Accent2: "#00533f", Bar: "#0b5f49", Tint: "#e5f5ee", Tint2: "#c4e8d9"},
		Dark:  Palette{Field: "#093327", Field2: "#00261b", On: "#fbf8f1", Wall: "#295143", Accent: "#77c0a6", Accent2: "#8ed7bc", Bar: "#49927a", Tint: "#132b22", Tint2: "#194034"},
	}
}
