package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/problem"
)

// LineOf is a text that is stored as JSON, or "".
func LineOf(value json.RawMessage) string {
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return ""
	}
	return s
}

// NamesOf are a list that is stored as JSON, or none.
func NamesOf(value json.RawMessage) []string {
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		return nil
	}
	return list
}

// Words are a value as people read it, whether or not it still fits.
func (i Item) Words(language string, value json.RawMessage) string {
	said := func(ko, en string) string { return problem.Text{KO: ko, EN: en}.In(language) }
	switch v := i.Value.(type) {
	case Number:
		return strings.TrimSpace(string(value) + said(v.Unit.KO, " "+v.Unit.EN))
	case Switch:
		if string(value) == "true" {
			return said("켜짐", "On")
		}
		return said("꺼짐", "Off")
	case Line:
		if s := LineOf(value); s != "" {
			return s
		}
		return said("비어 있음", "Empty")
	case Names:
		labels := []string{}
		for _, name := range NamesOf(value) {
			label := name
			if j := slices.IndexFunc(v.Of, func(o Option) bool { return o.Name == name }); j >= 0 {
				label = v.Of[j].Label.In(language)
			}
			labels = append(labels, label)
		}
		if len(labels) > 0 {
			return strings.Join(labels, ", ")
		}
		return said("없음", "None")
	}
	return string(value)
}
