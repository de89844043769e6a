package main

import (
	"context"
	"strings"
	"testing"
)

const collected = `{"time":"2026-03-02T12:00:00+09:00","level":"INFO","msg":"request","from":"edge","method":"POST","route":"/v1/notices","function":"notices","status":201,"seconds":0.9,"requestId":"aaaaaaaa1","traceId":"t1"}
not a line of ours
2026-03-02T03:00:00Z stdout F {"time":"2026-03-02T12:00:00.4+09:00","level":"INFO","msg":"request","function":"notices","status":201,"requestId":"aaaaaaaa1","traceId":"t1"}
{"time":"2026-03-02T12:00:00.2+09:00","level":"WARN","msg":"event not accepted","function":"notices","requestId":"aaaaaaaa1","traceId":"t1"}
{"time":"2026-03-02T12:00:09+09:00","level":"INFO","msg":"request","function":"main","route":"/events","status":204,"requestId":"bbbbbbbb2","traceId":"t1"}
{"time":"2026-03-02T12:00:01+09:00","level":"INFO","msg":"request","function":"main","status":200,"requestId":"cccccccc3","traceId":"t2"}
{"time":"2026-03-02T12:00:01+09:00","level":"INFO","msg":"started"}
{broken
`

func TestFollow(t *testing.T) {
	want := []string{"edge", "notices", "notices", "main"}
	for _, id := range []string{"aaaaaaaa1", "bbbbbbbb2", "t1"} { // from its consumer's request as well
		var out strings.Builder
		if err := run(context.Background(), order{id: id}, strings.NewReader(collected), &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%s:\n%s", id, out.String())
		}
		for i, l := range lines {
			if who := strings.Fields(l)[1]; who != want[i] {
				t.Errorf("%s: line %d is of %s: %s", id, i, who, l)
			}
		}
		if !strings.Contains(lines[1], "WARN") || !strings.Contains(lines[3], "route=/events") {
			t.Errorf("%s", out.String())
		}
	}
	for _, id := range []string{"", "nobody"} {
		if err := run(context.Background(), order{id: id}, strings.NewReader(collected), &strings.Builder{}); err == nil {
			t.Errorf("%q was found", id)
		}
	}
}
