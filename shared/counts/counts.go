// Package counts carries what short-lived processes counted to one that stays.
//
// A function's pod lives for a minute. Whoever scrapes it sees a series that begins at
// some number and ends before the last requests, so that both ends are lost. A pod
// therefore sends what it counted since the last time it was heard, while it is awake and
// once more at its end (Sender), and the receiver adds it up under names without pods
// (Ledger): counters that only grow, however many pods counted.
package counts

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Counts are counters by series, as "name{label=\"value\"}". A histogram is the counters
// of its buckets, its sum and its count.
type Counts map[string]float64

// Limits of what one sender may say at once.
const (
	maxBytes  = 1 << 20
	maxSeries = 5000
	maxLine   = 1000
)

// errMalformed is returned for what is not counters in Prometheus' text format.
var errMalformed = errors.New("counts: not counters in Prometheus' text format")

// Read reads counters in Prometheus' text format. Only what counts upwards is meant to be
// sent: a number below zero, or none, is malformed.
func Read(r io.Reader) (Counts, error) {
	c := Counts{}
	lines := bufio.NewScanner(io.LimitReader(r, maxBytes))
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		if at <= 0 || !isSeries(line[:at]) || len(c) == maxSeries {
			return nil, errMalformed
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil || !(v >= 0 && v < 1e15) {
			return nil, errMalformed
		}
		c[line[:at]] = v
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return c, nil
}

// isSeries says whether s is name or name{label="value",...}: what Prometheus would
// refuse must not get into what it scrapes.
func isSeries(s string) bool {
	name, rest, labelled := strings.Cut(s, "{")
	if !isName(name) {
		return false
	}
	if !labelled {
		return true
	}
	for {
		label, after, ok := strings.Cut(rest, `="`)
		end := closing(after)
		if !ok || !isName(label) || end < 0 {
			return false
		}
		rest = after[end+1:]
		if rest == "}" {
			return true
		}
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return false
		}
	}
}

// closing is where the quote is that ends a label's value.
func closing(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i == len(s) || s[i] != '\\' && s[i] != '"' && s[i] != 'n' {
				return -1
			}
		case '"':
			return i
		}
	}
	return -1
}

func isName(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Write writes counters in Prometheus' text format, in the order of their names.
func (c Counts) Write(w io.Writer) error {
	for _, series := range slices.Sorted(maps.Keys(c)) {
		if _, err := fmt.Fprintf(w, "%s %s\n", series, strconv.FormatFloat(c[series], 'f', -1, 64)); err != nil {
			return fmt.Errorf("counts: %w", err)
		}
	}
	return nil
}

// since are the counters that moved since before, by how much. Series that were not there
// are part of it with what they have, be it zero: a histogram's empty buckets matter.
func (c Counts) since(before Counts) Counts {
	d := Counts{}
	for series, v := range c {
		if was, known := before[series]; !known || v != was {
			d[series] = max(0, v-was)
		}
	}
	return d
}
