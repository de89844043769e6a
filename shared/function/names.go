package function

import (
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Names are what units and tags are called in English. What is in no list has no English name.
type Names struct {
	Units map[string]string // by the unit
	Tags  map[string]string // by the tag, in any case
}

// Unit is what a unit is called.
func (n Names) Unit(unit string) problem.Text { return problem.Text{KO: unit, EN: n.Units[unit]} }

// Tag is what a tag is called.
func (n Names) Tag(tag string) problem.Text {
	t := problem.Text{KO: tag, EN: n.Tags[tag]}
	if t.EN != "" {
		return t
	}
	for known, name := range n.Tags {
		if text.Fold(known) == text.Fold(tag) {
			t.EN = name
		}
	}
	return t
}
