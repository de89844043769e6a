package face

import "github.com/madang-council/madang/shared/problem"

// Patterns are the walls (담장 무늬) that a council chooses from, by name: tiles of one colour, of
// which browsers take the shape alone. They are of yards, doors and walls.
func Patterns() map[string]string {
	return map[string]string{
		"dol":  `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="32"><rect x="1" y="1" width="26" height="14" rx="5"/><rect x="29" y="1" width="18" height="14" rx="5"/><rect x="1" y="17" width="12" height="14" rx="5"/><rect x="15" y="17" width="18" height="14" rx="5"/><rect x="35" y="17" width="12" height="14" rx="5"/></svg>`,
		"sol":  `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="28" fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round"><path d="M2 12L8 2l6 10M18 26l6-10 6 10"/></svg>`,
		"kkot": `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><path d="M16 16C11 12 11 5 16 1c5 4 5 11 0 15Zm0 0c4-5 11-5 15 0-4 5-11 5-15 0Zm0 0c5 4 5 11 0 15-5-4-5-11 0-15Zm0 0C12 21 5 21 1 16c4-5 11-5 15 0Z"/></svg>`,
		"bit":  `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" fill="none" stroke="#000" stroke-width="2.5"><path d="M-2 12L12-2M8 22L22 8M-2 8l14 14M8-2l14 14"/></svg>`,
		"gwi":  `<svg xmlns="http://www.w3.org/2000/svg" width="36" height="62" fill="none" stroke="#000" stroke-width="2.5"><path d="M0 10.4l18-10.4 18 10.4v20.8L18 41.6 0 31.2V10.4ZM18 41.6V62"/></svg>`,
		"mul":  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="14" fill="none" stroke="#000" stroke-width="2.5"><path d="M0 7c5-6 15-6 20 0s15 6 20 0"/></svg>`,
	}
}

// Choice is something to choose from, in the order in which it is offered.
type Choice struct {
	Value string
	Label problem.Text
}

// PatternChoices are the patterns by what they are called.
func PatternChoices() []Choice {
	return []Choice{
		{"dol", problem.Text{KO: "돌담", EN: "Stone wall"}}, {"sol", problem.Text{KO: "솔잎", EN: "Pine needles"}}, {"kkot", problem.Text{KO: "꽃살", EN: "Flower lattice"}},
		{"bit", problem.Text{KO: "빗살", EN: "Slanted lattice"}}, {"gwi", problem.Text{KO: "귀갑", EN: "Tortoise shell"}}, {"mul", problem.Text{KO: "물결", EN: "Waves"}},
	}
}

// Preset is a colour with the pattern that goes with it.
type Preset struct {
	Colour, Pattern string
	Label           problem.Text
}

// Presets are looks to begin with; any other colour is right, too, with any pattern.
func Presets() []Preset {
	return []Preset{
		{"#0b5f49", "dol", problem.Text{KO: "솔", EN: "Pine"}}, {"#1d4a9c", "mul", problem.Text{KO: "쪽", EN: "Indigo"}}, {"#d9541e", "bit", problem.Text{KO: "감", EN: "Persimmon"}},
	}
}
