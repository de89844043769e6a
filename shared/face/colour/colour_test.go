package colour_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/face/colour"
)

// pairs are what can be read on what, with the least contrast of each.
func pairs(b face.Brand) map[string]pair {
	const paper, sunken, raised, darkPaper, darkSunken, darkRaised = "#faf8f3", "#f1eee5", "#ffffff", "#151412", "#0e0d0c", "#1e1c19"
	return map[string]pair{
		"on field": {b.Light.On, b.Light.Field, 4.5}, "on field, hovered": {b.Light.On, b.Light.Field2, 4.5},
		"accent on paper": {b.Light.Accent, paper, 5.2}, "accent on sunken": {b.Light.Accent, sunken, 5.2}, "accent on tint": {b.Light.Accent, b.Light.Tint, 5.2}, "accent on raised": {b.Light.Accent, raised, 5.2},
		"accent-2 on tint": {b.Light.Accent2, b.Light.Tint, 8}, "bar on paper": {b.Light.Bar, paper, 3}, "bar on its track": {b.Light.Bar, b.Light.Tint2, 3},
		"ink on tint": {"#1b1a17", b.Light.Tint, 7}, "ink on tint-2": {"#1b1a17", b.Light.Tint2, 7},
		"dark: on field": {b.Dark.On, b.Dark.Field, 4.5}, "dark: on field, hovered": {b.Dark.On, b.Dark.Field2, 4.5},
		"dark: accent on paper": {b.Dark.Accent, darkPaper, 7}, "dark: accent on sunken": {b.Dark.Accent, darkSunken, 7}, "dark: accent on tint": {b.Dark.Accent, b.Dark.Tint, 7}, "dark: accent on raised": {b.Dark.Accent, darkRaised, 5.2},
		"dark: button": {"#151412", b.Dark.Accent, 4.5}, "dark: button, hovered": {"#151412", b.Dark.Accent2, 4.5},
		"dark: accent-2 on tint": {b.Dark.Accent2, b.Dark.Tint, 9}, "dark: bar on paper": {b.Dark.Bar, darkPaper, 3.1}, "dark: bar on its track": {b.Dark.Bar, b.Dark.Tint2, 3.1},
		"dark: ink on tint": {"#ece8df", b.Dark.Tint, 7}, "dark: ink on tint-2": {"#ece8df", b.Dark.Tint2, 7},
	}
}

// pair is a text, or a bar, and its ground.
type pair struct {
	a, b  string
	least float64
}

// legible fails where something of a brand cannot be read, and says what.
func legible(hex string) (face.Brand, error) {
	b, err := colour.Brand(hex)
	for name, c := range pairs(b) {
		if got := colour.Contrast(c.a, c.b); err == nil && got < c.least {
			err = fmt.Errorf("%s: %s: %s on %s is %.2f, less than %.1f", hex, name, c.a, c.b, got, c.least)
		}
	}
	return b, err
}

// Whatever colour a council has, everything on it and in it can be read, by day and by night; few
// are moved for it.
func TestEveryColour(t *testing.T) {
	moved := 0
	for i := range 4096 {
		hex := fmt.Sprintf("#%02x%02x%02x", i>>8*17, i>>4&15*17, i&15*17)
		b, err := legible(hex)
		if err != nil {
			t.Fatal(err)
		}
		if b.Light.Field != hex {
			moved++
		}
	}
	t.Logf("%d of 4096 fields are not as given", moved)
	if moved > 4096/10 {
		t.Errorf("%d fields were moved", moved)
	}
}

// So it is between the colours of that grid.
func TestAnyColour(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := legible(fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(rt, "colour"))); err != nil {
			rt.Fatal(err)
		}
	})
}

// A new installation's colours, which ui.css has, are those that follow from its colour.
func TestDefault(t *testing.T) {
	d := face.Default("x")
	b, err := colour.Brand(d.Colour)
	if err != nil {
		t.Fatal(err)
	}
	if b != d.Brand {
		t.Errorf("%+v\nwant %+v", b, d.Brand)
	}
	if _, _, _, moved := colour.Shown(d.Colour, b); moved {
		t.Error("the default colour is moved")
	}
}

func TestNoColours(t *testing.T) {
	for _, hex := range []string{"", "#fff", "0b5f49", "#0b5f4", "#0b5f49ff", "#0b5f4g", "green", "#0B5F4\x00"} {
		if b, err := colour.Brand(hex); err == nil {
			t.Errorf("%q: %+v", hex, b)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{{"#000000", "#ffffff", "21.00"}, {"#777777", "#ffffff", "4.48"}, {"#0b5f49", "#ffffff", "7.64"}, {"#ffffff", "#ffffff", "1.00"}} {
		if got := fmt.Sprintf("%.2f", colour.Contrast(c.a, c.b)); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
