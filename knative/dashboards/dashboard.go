// Package dashboards is what Grafana shows of an environment, as values from which its
// JSON files are made (knative/generate): sixty panels that look alike are described once.
package dashboards

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Dashboard is one page of panels. Its Name is part of its address and its file's name.
type Dashboard struct {
	Name   string // lower-case letters
	Title  string
	Doc    string
	Since  string // how far back it looks at first, as "6h"
	Panels []Panel
}

// Kind is how a panel shows its numbers.
type Kind string

// The kinds of panels.
const (
	Lines Kind = "timeseries"
	Area  Kind = "area" // lines that are stacked
	Stat  Kind = "stat" // one number, as it is now or over the whole range
	Bars  Kind = "bargauge"
	Table Kind = "table"
)

// Panel is one or more queries and how they are shown.
type Panel struct {
	Title   string
	Doc     string // what it means and when to worry, for students: in Korean
	Kind    Kind
	Unit    string // Grafana's id: s, bytes, reqps, percentunit, short, none, ...
	Width   int    // of 24; 0: 8
	Queries []Query
}

// Query is PromQL. Expr may use $__rate_interval and $__range.
type Query struct {
	Expr   string
	Legend string // with {{label}}
}

// one is a panel with one query.
func one(kind Kind, title, unit, doc, expr, legend string) Panel {
	return Panel{Title: title, Doc: doc, Kind: kind, Unit: unit, Queries: []Query{{expr, legend}}}
}

func (p Panel) wide(of24 int) Panel {
	p.Width = of24
	return p
}

func (p Panel) and(expr, legend string) Panel {
	p.Queries = append(p.Queries, Query{expr, legend})
	return p
}

type object = map[string]any

var source = object{"type": "prometheus", "uid": "${datasource}"}

// UID is a dashboard's id in Grafana.
func (d Dashboard) UID() string { return "madang-" + d.Name }

// JSON is the dashboard as Grafana reads it (schema 39, Grafana 10 and newer).
func (d Dashboard) JSON() ([]byte, error) {
	panels := []object{}
	x, y, row := 0, 0, 0
	for i, p := range d.Panels {
		width, height := p.Width, 8
		if width == 0 {
			width = 8
		}
		if p.Kind == Stat {
			height = 4
		}
		if x+width > 24 {
			x, y, row = 0, y+row, 0
		}
		panels = append(panels, p.object(i+1, object{"x": x, "y": y, "w": width, "h": height}))
		x, row = x+width, max(row, height)
	}
	text, err := json.MarshalIndent(object{
		"uid": d.UID(), "title": d.Title, "description": d.Doc, "tags": []string{"madang"}, "schemaVersion": 39, "version": 1,
		"editable": true, "graphTooltip": 1, "refresh": "30s", "timezone": "Asia/Seoul", "time": object{"from": "now-" + d.Since, "to": "now"},
		"templating": object{"list": []object{{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus", "hide": 0, "refresh": 1, "regex": "", "multi": false, "includeAll": false, "options": []any{}}}},
		"links":      []object{{"title": "마당", "type": "dashboards", "tags": []string{"madang"}, "asDropdown": true, "includeVars": true, "keepTime": true}},
		"panels":     panels,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", d.Name, err)
	}
	return append(text, '\n'), nil
}

func (p Panel) object(id int, place object) object {
	instant := p.Kind == Stat || p.Kind == Bars || p.Kind == Table
	targets := []object{}
	for i, q := range p.Queries {
		t := object{"refId": string(rune('A' + i)), "datasource": source, "expr": q.Expr, "legendFormat": q.Legend, "instant": instant, "range": !instant}
		if p.Kind == Table {
			t["format"] = "table"
		}
		targets = append(targets, t)
	}
	kind := p.Kind
	custom := object{"fillOpacity": 10, "showPoints": "never", "spanNulls": false}
	if p.Kind == Area {
		kind = Lines
		custom = object{"fillOpacity": 40, "showPoints": "never", "spanNulls": false, "stacking": object{"mode": "normal", "group": "A"}}
	}
	defaults := object{"unit": p.Unit, "min": 0}
	options := object{}
	switch p.Kind {
	case Lines, Area:
		defaults["custom"] = custom
		options = object{"legend": object{"displayMode": "list", "placement": "bottom", "showLegend": true}, "tooltip": object{"mode": "multi", "sort": "desc"}}
	case Stat, Bars:
		options = object{"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}, "orientation": "horizontal"}
	case Table:
		options = object{"showHeader": true}
	}
	o := object{
		"id": id, "type": string(kind), "title": p.Title, "description": p.Doc, "datasource": source, "gridPos": place, "targets": targets,
		"fieldConfig": object{"defaults": defaults, "overrides": []any{}}, "options": options,
	}
	if p.Kind == Table {
		o["transformations"] = []object{{"id": "organize", "options": object{"excludeByName": object{"Time": true}}}}
	}
	return o
}

// Fill is a query as Grafana sends it: its variables for an interval and a range, as "5m".
func Fill(expr, interval, span string) string {
	return strings.NewReplacer("$__rate_interval", interval, "$__range", span).Replace(expr)
}
