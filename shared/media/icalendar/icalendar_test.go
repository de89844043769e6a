package icalendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/media/icalendar"
)

func TestDuration(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"P1D": 24 * time.Hour, "P1W": 7 * 24 * time.Hour, "PT1H30M": 90 * time.Minute, "P1DT2H3M4S": 26*time.Hour + 3*time.Minute + 4*time.Second, "+PT0S": 0,
		"": -1, "P": -1, "1D": -1, "-P1D": -1, "PT": 0, "P1H": -1, "PT1D": -1, "PD": -1, "P1": -1, "P99999999999999999999D": -1, "P20000D": -1, "PT1HT1M": -1,
	} {
		days, rest, ok := icalendar.Duration(value)
		got := time.Duration(days)*24*time.Hour + rest
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// Long lines are folded behind whole characters, and read back.
func TestFolding(t *testing.T) {
	for n := range 160 {
		for _, letter := range []string{"a", "é", "가", "🎉"} {
			text := strings.Repeat("x", n%7) + strings.Repeat(letter, n)
			var w icalendar.Writer
			w.Begin("VCALENDAR")
			w.Text("SUMMARY", text)
			w.End("VCALENDAR")
			for line := range strings.SplitSeq(string(w.Bytes()), "\r\n") {
				if len(line) > 75 {
					t.Fatalf("%q", line)
				}
			}
			read, wrong := icalendar.Read(w.Bytes())
			if len(wrong) > 0 || len(read.Components) != 1 || read.Components[0].Text("SUMMARY") != text {
				t.Fatalf("%q: %+v %v", text, read, wrong)
			}
		}
	}
}
