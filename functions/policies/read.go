package policies

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/policies"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type listRequest struct{}

// named is a domain.
type named struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Help  string `json:"help"`
}

type listResponse struct {
	Items []named `json:"items"`
}

func (h handlers) list(ctx context.Context, _ *listRequest) (*listResponse, error) {
	r := listResponse{Items: []named{}}
	for _, d := range policies.All(h.catalogue) {
		r.Items = append(r.Items, nameOf(ctx, d))
	}
	return &r, nil
}

func nameOf(ctx context.Context, d policy.Domain) named {
	language := function.RequestFrom(ctx).Language
	return named{ID: d.Name, Label: d.Label.In(language), Help: d.Said().In(language)}
}

// option is one of what can be chosen.
type option struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// ahead is a change that has not begun.
type ahead struct {
	From  time.Time `json:"from"`
	Value any       `json:"value"`
}

// item is a number, or what else is decided.
type item struct {
	Name    string     `json:"name"`
	Label   string     `json:"label"`
	Help    string     `json:"help,omitempty"`
	Kind    string     `json:"kind" description:"number, switch, line or names: the value is a whole number, a boolean, a text or a list of names."`
	Unit    string     `json:"unit,omitempty"`
	Min     *int       `json:"min,omitempty"`
	Max     *int       `json:"max,omitempty" description:"Of a line, in characters."`
	Options []option   `json:"options,omitempty"`
	Default any        `json:"default"`
	Value   any        `json:"value" description:"In force."`
	From    *time.Time `json:"from,omitempty" description:"Since when; absent for the default that nobody has set."`
	Unfit   bool       `json:"unfit" description:"What is set no longer fits, and the default is in force."`
	Ahead   []ahead    `json:"ahead" description:"What begins later, the first first."`
}

type readRequest struct {
	Domain string `path:"domain"`
}

type stateResponse struct {
	named
	Items   []item `json:"items"`
	Version int64  `json:"version"`
}

// ETag is the version, for If-Match.
func (r stateResponse) ETag() int64 { return r.Version }

func (h handlers) read(ctx context.Context, r *readRequest) (*stateResponse, error) {
	d, known := policies.Of(h.catalogue, r.Domain)
	if !known {
		return nil, problem.Absent()
	}
	return h.state(ctx, d)
}

func (h handlers) state(ctx context.Context, d policy.Domain) (*stateResponse, error) {
	list, version, err := h.policies.State(ctx, d)
	if err != nil {
		return nil, err
	}
	response := stateResponse{named: nameOf(ctx, d), Items: []item{}, Version: version}
	for _, s := range list {
		i := show(ctx, s.Item)
		i.Default, i.Value, i.Unfit = plain(s.Default), plain(s.Value), s.Unfit
		if s.Set != nil {
			i.From = &s.Set.From
		}
		for _, row := range s.Ahead {
			i.Ahead = append(i.Ahead, ahead{From: row.From, Value: plain(row.Value)})
		}
		response.Items = append(response.Items, i)
	}
	return &response, nil
}

// show is what an item is, without its values.
func show(ctx context.Context, of policy.Item) item {
	language := function.RequestFrom(ctx).Language
	i := item{Name: of.Name, Label: of.Label.In(language), Help: of.Help.In(language), Ahead: []ahead{}}
	switch v := of.Value.(type) {
	case policy.Number:
		i.Kind, i.Unit, i.Min, i.Max = "number", v.Unit.In(language), &v.Min, &v.Max
	case policy.Switch:
		i.Kind = "switch"
	case policy.Line:
		i.Kind, i.Max = "line", &v.Limit
	case policy.Names:
		i.Kind = "names"
		for _, o := range v.Of {
			i.Options = append(i.Options, option{Name: o.Name, Label: o.Label.In(language)})
		}
	}
	return i
}

// plain is a value that is stored as JSON.
func plain(value json.RawMessage) any {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return string(value)
	}
	return v
}

type historyRequest struct {
	cursor.Asked
	Domain string `path:"domain"`
}

// setter is who set something.
type setter struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// change is what was set.
type change struct {
	Name  string    `json:"name"`
	Value any       `json:"value"`
	From  time.Time `json:"from"`
	At    time.Time `json:"at"`
	By    *setter   `json:"by,omitempty" description:"Absent for one who has left."`
}

func (h handlers) history(ctx context.Context, r *historyRequest) (*cursor.Page[change], error) {
	d, known := policies.Of(h.catalogue, r.Domain)
	if !known {
		return nil, problem.Absent()
	}
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "policies/"+d.Name, r.Cursor, size, func(behind policy.Place, limit int) ([]policy.Row, error) {
		return h.policies.History(ctx, d.Name, behind, limit)
	}, policy.Row.Place)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, row := range page.Items {
		ids = append(ids, row.By)
	}
	names, err := h.members.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		function.ReadNobody(ctx)
	}
	shown := cursor.Map(page, func(row policy.Row) change {
		c := change{Name: row.Name, Value: plain(row.Value), From: row.From, At: row.At}
		if name, there := names[row.By]; there {
			c.By = &setter{ID: row.By, Name: name}
		}
		return c
	})
	return &shown, nil
}
