package policies

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/council/policies"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type setRequest struct {
	Domain  string         `path:"domain"`
	IfMatch string         `header:"If-Match"`
	From    *time.Time     `json:"from,omitempty" description:"When it begins, within a year; at once without it."`
	Values  map[string]any `json:"values" description:"By name. A name that is left out stays as it is."`
}

func (h handlers) set(ctx context.Context, r *setRequest) (*stateResponse, error) {
	d, known := policies.Of(h.catalogue, r.Domain)
	if !known {
		return nil, problem.Absent()
	}
	version, err := h.match(ctx, d, r.IfMatch)
	if err != nil {
		return nil, err
	}
	c := policy.Change{From: r.From, Values: map[string]json.RawMessage{}}
	for name, value := range r.Values {
		if c.Values[name], err = json.Marshal(value); err != nil {
			return nil, err //nolint:wrapcheck // it came as JSON
		}
	}
	rows, err := h.policies.Set(ctx, d, version, c)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		function.Detail(ctx, row.Name, plain(row.Value))
		if r.From != nil {
			function.Detail(ctx, "from", row.From)
		}
	}
	return h.state(ctx, d)
}

// match is the version that a change starts from.
func (h handlers) match(ctx context.Context, d policy.Domain, header string) (int64, error) {
	return function.Match(header, func() (int64, error) { return h.policies.Version(ctx, d) })
}

type cancelRequest struct {
	Domain  string `path:"domain"`
	Name    string `path:"name"`
	From    string `query:"from" description:"When it would begin, as ahead has it."`
	IfMatch string `header:"If-Match"`
}

func (h handlers) cancel(ctx context.Context, r *cancelRequest) (*function.None, error) {
	d, known := policies.Of(h.catalogue, r.Domain)
	if !known {
		return nil, problem.Absent()
	}
	from, err := time.Parse(time.RFC3339Nano, r.From)
	if err != nil {
		return nil, problem.WrongField("from", "malformed", "2026-12-03T00:00:00+09:00처럼 적어 주세요.", "Write it as 2026-12-03T00:00:00+09:00.")
	}
	version, err := h.match(ctx, d, r.IfMatch)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, r.Name, "taken back")
	return &function.None{}, h.policies.Cancel(ctx, d, version, r.Name, from)
}
