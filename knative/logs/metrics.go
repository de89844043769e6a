package main

import (
	"bytes"
	"io"
	"net/http"

	"github.com/madang-council/madang/shared/counts"
)

// writeMetrics writes what was kept, what was not, and this process itself.
func (c *collector) writeMetrics(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	own := c.book.counts()
	own["madang_logs_streams"] = float64(c.streams())
	if err := own.Write(&b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	counts.WriteProcess(&b)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = io.Copy(w, &b)
}

func (b *book) counts() counts.Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.counted
	c := counts.Counts{
		"madang_logs_lines_total":                        float64(n.lines),
		"madang_logs_bytes_total":                        float64(n.bytes),
		`madang_logs_dropped_lines_total{why="flood"}`:   float64(n.flood.lines),
		`madang_logs_dropped_lines_total{why="storage"}`: float64(n.away.lines),
		`madang_logs_dropped_bytes_total{why="flood"}`:   float64(n.flood.bytes),
		`madang_logs_dropped_bytes_total{why="storage"}`: float64(n.away.bytes),
		"madang_logs_unread_total":                       float64(n.unread),
		"madang_logs_odd_lines_total":                    float64(n.odd),
		"madang_logs_objects_total":                      float64(n.objects),
		"madang_logs_object_bytes_total":                 float64(n.objectBytes),
		"madang_logs_failures_total":                     float64(n.failures),
		"madang_logs_tidied_total":                       float64(n.tidied),
		"madang_logs_spooled_bytes":                      float64(b.spooled),
		"madang_logs_waiting_seconds":                    0,
	}
	if len(b.spool) > 0 {
		c["madang_logs_waiting_seconds"] = b.now().Sub(b.spool[0].begun).Seconds()
	}
	if !n.stored.IsZero() {
		c["madang_logs_stored_timestamp_seconds"] = float64(n.stored.Unix())
	}
	return c
}
