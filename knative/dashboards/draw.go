package dashboards

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Drawn is a panel with what Prometheus answered.
type Drawn struct {
	Panel
	lines []drawnLine
}

type drawnLine struct {
	name   string
	points [][2]float64 // seconds since 1970, value
}

// Add adds a series as Prometheus' HTTP API has it.
func (d *Drawn) Add(legend string, labels map[string]string, values [][2]any) {
	name := legend
	for label, value := range labels {
		name = strings.ReplaceAll(name, "{{"+label+"}}", value)
	}
	if name == "" {
		for _, label := range slices.Sorted(maps.Keys(labels)) {
			name += labels[label] + " "
		}
	}
	l := drawnLine{name: name}
	for _, v := range values {
		at, _ := v[0].(float64)
		text, _ := v[1].(string)
		if n, err := strconv.ParseFloat(text, 64); err == nil && n == n { // not NaN
			l.points = append(l.points, [2]float64{at, n})
		}
	}
	d.lines = append(d.lines, l)
}

var colours = []string{"#3274d9", "#e0752d", "#299c46", "#c4162a", "#8f3bb8", "#f2cc0c", "#1f9e9e", "#a05c2b", "#6b7280", "#d683ce"}

const plotWidth, plotHeight = 520, 150

// Draw is a dashboard as a page of plots, for eyes without a Grafana: each panel with its
// lines and their last values.
func Draw(d Dashboard, panels []Drawn, from, to time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!doctype html><meta charset="utf-8"><title>%s</title><style>body{font:13px system-ui,sans-serif;margin:16px}div{display:inline-block;vertical-align:top;width:540px;margin:6px;padding:8px;border:1px solid #ccd}h2{font-size:14px;margin:0}p{margin:2px 0;color:#667}li{font-size:11px}ul{columns:2;margin:0;padding-left:14px}</style><h1>%s</h1><p>%s</p>`,
		html.EscapeString(d.Title), html.EscapeString(d.Title), html.EscapeString(d.Doc))
	for _, p := range panels {
		fmt.Fprintf(&b, `<div><h2>%s <small>[%s]</small></h2><p>%s</p>`, html.EscapeString(p.Title), p.Unit, html.EscapeString(p.Doc))
		drawPanel(&b, p, from, to)
		b.WriteString("</div>")
	}
	return b.Bytes()
}

func drawPanel(b *bytes.Buffer, p Drawn, from, to time.Time) {
	top := 0.0
	for _, l := range p.lines {
		for _, v := range l.points {
			top = max(top, v[1])
		}
	}
	if top == 0 {
		top = 1
	}
	span := to.Sub(from).Seconds()
	fmt.Fprintf(b, `<svg width="%d" height="%d" style="background:#f7f8fa"><text x="4" y="12" font-size="10">%.4g</text>`, plotWidth, plotHeight, top)
	for i, l := range p.lines {
		points := []string{}
		for _, v := range l.points {
			points = append(points, fmt.Sprintf("%.1f,%.1f", (v[0]-float64(from.Unix()))/span*plotWidth, plotHeight-4-v[1]/top*(plotHeight-20)))
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" points="%s"/>`, colours[i%len(colours)], strings.Join(points, " "))
	}
	b.WriteString("</svg><ul>")
	for i, l := range p.lines {
		last := "no data"
		if len(l.points) > 0 {
			last = fmt.Sprintf("%.4g", l.points[len(l.points)-1][1])
		}
		fmt.Fprintf(b, `<li style="color:%s">%s: %s</li>`, colours[i%len(colours)], html.EscapeString(l.name), last)
	}
	b.WriteString("</ul>")
}
