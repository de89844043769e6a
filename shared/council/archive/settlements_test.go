package archive_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/council/archive"
)

// A bundle has every settlement as it is and as it was before each correction, and a sheet of all corrections that the asker
// reads; settlements are read when they are written, and of a year none is held.
func TestBundleOfSettlements(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		m := newMemory()
		b := f.bundles(m)
		const many = 60 // more than are read at once
		lines := strings.Builder{}
		lines.WriteString("항목,예산,집행,잔액\n")
		for i := range 200 {
			fmt.Fprintf(&lines, "항목 %d %s,100,130,-30\n", i, strings.Repeat("가", 20))
		}
		made := []archive.Archive{}
		for i := range many {
			c := archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: fmt.Sprintf("결산 %02d", i), Audience: archive.Public, Table: lines.String(), Publish: true}
			if i == 1 {
				c.Audience = archive.Council
			}
			made = append(made, f.add(noon, c))
		}
		if n, err := f.store.InMemory(f.as("guest", noon), 2026); err != nil || n > 1000 {
			t.Errorf("%d bytes are held: %v", n, err)
		}
		for _, i := range []int{0, 1} {
			c := archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: made[i].Title, Audience: made[i].Audience, Table: settlement, Publish: true}
			if err := f.db.Atomic(f.as("admin", noon), func(ctx context.Context) error {
				_, err := f.store.Edit(ctx, made[i].ID, made[i].Version, c, archive.Assent{Masked: true, Reason: "=합을, 고침"}, units)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for who, want := range map[string]int{"guest": 1, "other editor": 2} {
			asked := f.ask(b, who, noon)
			f.deliver(b, noon, 20)
			is, err := b.Bundle(f.as(who, noon), asked.ID)
			if err != nil || is.State != archive.Ready {
				t.Fatalf("%+v %v", is, err)
			}
			link, err := b.Link(f.as(who, noon), is)
			if err != nil {
				t.Fatal(err)
			}
			files := unpacked(t, m.objects[strings.TrimPrefix(link, "signed:")])
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(files["정정 내역.csv"], "\ufeff"))).ReadAll()
			if err != nil || len(rows) != want+1 || !slices.Equal(rows[1][:4], []string{"총학", "결산", "2026년 1분기 결산 00", "1"}) || rows[1][5] != "'=합을, 고침" || rows[1][4] != noon.Format("2006-01-02 15:04") {
				t.Errorf("%s: %q %v", who, rows, err)
			}
			if now, before := files["총학/결산/2026년 1분기 결산 00/표.csv"], files["총학/결산/2026년 1분기 결산 00/정정 전 1/표.csv"]; !strings.Contains(now, "축제,100,60,40") || strings.Count(before, ",100,130,-30\r\n") != 200 || strings.Contains(now, "항목 1 ") {
				t.Errorf("%q %d", now, strings.Count(before, ",100,130,-30"))
			}
			if n := len(files); n < many+want*2 {
				t.Errorf("%s: %d files", who, n)
			}
		}
	})
}
