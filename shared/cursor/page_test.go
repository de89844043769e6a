package cursor_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/problem"
)

// entry is as a notice: the pinned first, then the newest. It is its own place.
type entry struct {
	Pinned bool
	At     int64
	ID     string
}

func order(a, b entry) int {
	if a.Pinned != b.Pinned {
		if a.Pinned {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID))
}

// Every entry is read once, in order, whatever the size, and entries that come or go
// meanwhile change nothing about the others.
func TestPagesAreTheList(t *testing.T) {
	c := codec(t)
	rapid.Check(t, func(rt *rapid.T) {
		list := map[string]entry{}
		for i := range rapid.IntRange(0, 30).Draw(rt, "entries") {
			id := fmt.Sprintf("%02d", i)
			list[id] = entry{rapid.Bool().Draw(rt, "pinned"), rapid.Int64Range(-3, 3).Draw(rt, "at"), id}
		}
		start := len(list)
		of := func(e entry) entry { return e }
		size, seen, token := rapid.IntRange(1, 7).Draw(rt, "size"), []entry{}, ""
		for pages := 0; pages == 0 || token != ""; pages++ {
			page, err := cursor.Read(c, "list?x", token, size, func(behind entry, limit int) ([]entry, error) {
				if limit != size+1 {
					rt.Fatalf("read %d for a page of %d", limit, size)
				}
				rest := []entry{}
				for _, e := range list {
					if behind.ID == "" || order(e, behind) > 0 {
						rest = append(rest, e)
					}
				}
				slices.SortFunc(rest, order)
				return rest[:min(limit, len(rest))], nil
			}, of)
			if err != nil {
				rt.Fatal(err)
			}
			if len(page.Items) > size || len(page.Items) == 0 && start > 0 {
				rt.Fatalf("a page of %d has %d entries", size, len(page.Items))
			}
			seen, token = append(seen, page.Items...), page.NextCursor
			if len(page.Items) > 0 && rapid.Bool().Draw(rt, "delete the last that was read") {
				delete(list, page.Items[len(page.Items)-1].ID)
			}
		}
		if len(seen) != start || !slices.IsSortedFunc(seen, order) || len(slices.CompactFunc(slices.Clone(seen), func(a, b entry) bool { return a == b })) != start {
			rt.Fatalf("%d entries were read as %v", start, seen)
		}
	})
}

func TestPageOfOneValue(t *testing.T) {
	numbers := func(before int64, limit int) ([]int64, error) {
		list := []int64{}
		for n := int64(9); n > 0; n-- {
			if before == 0 || n < before {
				list = append(list, n)
			}
		}
		return list[:min(limit, len(list))], nil
	}
	same := func(n int64) int64 { return n }
	first, err := cursor.Read(codec(t), "numbers", "", 6, numbers, same)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := cursor.Read(codec(t), "numbers", first.NextCursor, 6, numbers, same)
	if err != nil || !slices.Equal(rest.Items, []int64{3, 2, 1}) || rest.NextCursor != "" {
		t.Fatalf("%+v %v", rest, err)
	}
	shown, err := json.Marshal(cursor.Map(rest, func(n int64) string { return fmt.Sprint("n", n) }))
	if err != nil || string(shown) != `{"items":["n3","n2","n1"]}` {
		t.Errorf("%s %v", shown, err)
	}
}

func TestNoEntries(t *testing.T) {
	page, err := cursor.Read(codec(t), "none", "", 5, func(string, int) ([]string, error) { return nil, nil }, func(s string) string { return s })
	if err != nil {
		t.Fatal(err)
	}
	if some := (cursor.Page[int]{Items: []int{0}}); !page.PageEmpty() || some.PageEmpty() {
		t.Error("which page is empty")
	}
	for _, p := range []any{page, cursor.Map(page, func(s string) string { return s })} {
		if shown, err := json.Marshal(p); err != nil || string(shown) != `{"items":[]}` {
			t.Errorf("%s %v", shown, err)
		}
	}
}

func TestForgedPage(t *testing.T) {
	token := codec(t).Encode("one", "a")
	for name, token := range map[string]string{"no cursor": "x", "of another list": token, "of another order": codec(t).Encode("two", int64(1)), "of a number that is no bool": codec(t).Encode("two", "a", int64(2))} {
		t.Run(name, func(t *testing.T) {
			_, err := cursor.Read(codec(t), "two", token, 5, func(string, int) ([]string, error) {
				t.Error("the list was read")
				return nil, nil
			}, func(s string) string { return s })
			p := problem.Find(err)
			if p == nil || p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != "cursor" || p.Fields[0].Code != "forged" || !errors.Is(err, cursor.ErrForged) {
				t.Fatalf("%v", err)
			}
		})
	}
	var flag bool
	if err := codec(t).Decode("f", codec(t).Encode("f", int64(2)), &flag); !errors.Is(err, cursor.ErrForged) {
		t.Errorf("2 as a bool: %v", err)
	}
}

func TestOtherErrorsStay(t *testing.T) {
	away := errors.New("away")
	_, err := cursor.Read(codec(t), "x", "", 5, func(string, int) ([]string, error) { return nil, away }, func(s string) string { return s })
	if !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
}

func TestSize(t *testing.T) {
	for _, row := range []struct {
		asked *int64
		want  int
		wrong bool
	}{{nil, 20, false}, {new(int64(1)), 1, false}, {new(int64(100)), 100, false}, {new(int64(0)), 0, true}, {new(int64(101)), 101, true}, {new(int64(-1)), -1, true}} {
		var f check.Fields
		got := cursor.Size(&f, row.asked)
		if wrong := f.Err() != nil; wrong != row.wrong || !wrong && got != row.want {
			t.Errorf("%v: %d, %v", row.asked, got, f.Err())
		}
	}
}
