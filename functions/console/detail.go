package console

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// revised is where what a record says was edited is compared with what it said before, "" where there is no such page.
func revised(v audit.Record, of thing.Ref) string {
	var d struct{ Version int64 }
	if json.Unmarshal([]byte(v.Detail), &d) != nil || d.Version < 2 || of.Desk() == "" { // its first version is compared with nothing
		return ""
	}
	return of.Desk() + "/revisions?to=" + strconv.FormatInt(d.Version, 10)
}

// details are what a record says beside its sentence, folded: each with its name. The version is said by a link (revised).
func (h handlers) details(ctx context.Context, v audit.Record) g.Node {
	var said map[string]any
	if json.Unmarshal([]byte(v.Detail), &said) != nil {
		return nil
	}
	delete(said, audit.Version)
	facts := []g.Node{}
	for _, d := range h.catalogue.Details {
		if value, there := said[d.Name]; there {
			facts = append(facts, desk.Fact(ui.Name(ctx, d.Label), g.Text(h.value(ctx, d.Name, value))))
			delete(said, d.Name)
		}
	}
	rest := []string{} // of releases whose details had other names
	for name := range said {
		rest = append(rest, name)
	}
	slices.Sort(rest)
	for _, name := range rest {
		facts = append(facts, desk.Fact(name, g.Text(h.value(ctx, name, said[name]))))
	}
	if len(facts) == 0 {
		return nil
	}
	return el.Details(el.Summary(g.Text(ui.T(ctx, "자세히", "Details"))), el.Dl(el.Class("facts"), g.Group(facts)))
}

// value is a detail in words.
func (h handlers) value(ctx context.Context, name string, value any) string {
	switch v := value.(type) {
	case string:
		return h.word(ctx, name, v)
	case bool:
		if v {
			return ui.T(ctx, "켜짐", "On")
		}
		return ui.T(ctx, "꺼짐", "Off")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		list := []string{}
		for _, one := range v {
			list = append(list, h.value(ctx, name, one))
		}
		if len(list) == 0 {
			return ui.T(ctx, "없음", "None")
		}
		return strings.Join(list, ", ")
	}
	written, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(written)
}

// word is a detail that is a text: a name that stands for something, a time, or what it says.
func (h handlers) word(ctx context.Context, name, s string) string {
	switch name {
	case "role":
		return ui.Name(ctx, member.RoleLabel(auth.Role(s)))
	case "unit":
		if s == "" {
			return ui.T(ctx, "모든 단위", "Every unit")
		}
		return h.desk.Unit(ctx, s)
	case "decision":
		return ui.Name(ctx, map[notice.Said]problem.Text{notice.Approved: {KO: "승인", EN: "Approved"}, notice.ChangesAsked: {KO: "수정 요청", EN: "Changes requested"}}[notice.Said(s)])
	case "kind":
		if s == "webhook" {
			return ui.T(ctx, "웹훅", "Webhook")
		}
	case "off":
		if i := slices.IndexFunc(h.catalogue.Functions, func(f function.Named) bool { return f.Name == s }); i >= 0 {
			return ui.Name(ctx, h.catalogue.Functions[i].Label)
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return ui.Moment(ctx, t)
	}
	switch s {
	case "":
		return ui.T(ctx, "비어 있음", "Empty")
	case "taken back":
		return ui.T(ctx, "취소함", "Taken back")
	}
	return s
}
