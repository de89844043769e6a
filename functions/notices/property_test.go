package notices_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/functiontest"
	kept "github.com/madang-council/madang/shared/page"
)

// record is what the model knows of a notice: its times, and nothing about states.
type record struct {
	id, title                string
	version                  int64
	publish, unpublish       *time.Time
	pinnedUntil, urgentUntil *time.Time
	deleted                  bool
}

func (r record) public(at time.Time) bool {
	return !r.deleted && r.publish != nil && !at.Before(*r.publish) && (r.unpublish == nil || at.Before(*r.unpublish))
}

func before(at time.Time, end *time.Time) bool { return end != nil && at.Before(*end) }

func (r record) String(at time.Time) string {
	return fmt.Sprintf("%s pinned=%v urgent=%v", r.title, before(at, r.pinnedUntil), before(at, r.urgentUntil))
}

// listed is the public list at a time, computed from nothing but the times.
func listed(records []record, at time.Time) string {
	shown := slices.DeleteFunc(slices.Clone(records), func(r record) bool { return !r.public(at) })
	slices.SortFunc(shown, func(a, b record) int {
		if p, q := before(at, a.pinnedUntil), before(at, b.pinnedUntil); p != q {
			if p {
				return -1
			}
			return 1
		}
		return cmp.Or(b.publish.Compare(*a.publish), strings.Compare(b.id, a.id))
	})
	lines := []string{}
	for _, r := range shown {
		lines = append(lines, r.String(at))
	}
	return strings.Join(lines, "\n")
}

func answered(body []byte) string {
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return err.Error()
	}
	lines := []string{}
	for _, i := range p.Items {
		lines = append(lines, fmt.Sprintf("%s pinned=%v urgent=%v", i.Title, i.Pinned, i.Urgent))
	}
	return strings.Join(lines, "\n")
}

// Whatever is written, edited and deleted when: a page of any time, read then or rendered
// ahead and served without waking anything, says what the stored times say of that time.
func TestPagesFollowTimes(t *testing.T) {
	d := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		for _, table := range []string{"notices", "outbox", "audit"} {
			if _, err := d.DB.Exec(d.Context(), `DELETE FROM `+table); err != nil {
				rt.Fatal(err)
			}
		}
		d.Server.FlushAll()
		d.At(functiontest.Start)
		m := &model{desk: d, rt: rt}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0, 1:
				m.write()
			case 2, 3:
				m.edit()
			case 4:
				m.remove()
			default:
				d.Wait(time.Duration(rapid.IntRange(1, 8).Draw(rt, "wait")) * time.Minute)
			}
			m.compare()
		}
	})
}

type model struct {
	desk
	rt      *rapid.T
	records []record
	count   int
}

func (m *model) do(method, path string, body any, version int64) functiontest.Response {
	m.rt.Helper()
	r := m.Do(functiontest.Request{Method: method, Path: path, As: m.editor, Body: body, Header: map[string]string{"If-Match": match(version)}})
	if r.Status >= 300 {
		m.rt.Fatalf("%s %s %v: %d %s", method, path, body, r.Status, r.Body)
	}
	return r
}

// later draws a time on a grid of minutes, so that many times are equal.
func (m *model) later(name string, was *time.Time) *time.Time {
	switch n := rapid.IntRange(-3, 10).Draw(m.rt, name); {
	case n < -1:
		return nil
	case n == -1:
		return was
	default:
		at := m.Now().Add(time.Duration(n) * time.Minute)
		return &at
	}
}

// fields draws the times of a notice, and puts its end behind its beginning.
func (m *model) fields(r *record) map[string]any {
	r.publish, r.unpublish = m.later("publish", r.publish), m.later("unpublish", r.unpublish)
	r.pinnedUntil, r.urgentUntil = m.later("pinned", r.pinnedUntil), m.later("urgent", r.urgentUntil)
	if r.publish != nil && r.unpublish != nil && !r.unpublish.After(*r.publish) {
		r.unpublish = nil
	}
	m.count++
	r.title = fmt.Sprint("공지", m.count)
	body := content(r.title, nil)
	for name, at := range map[string]*time.Time{"publishAt": r.publish, "unpublishAt": r.unpublish, "pinnedUntil": r.pinnedUntil, "urgentUntil": r.urgentUntil} {
		if at != nil {
			body[name] = at
		}
	}
	return body
}

func (m *model) write() {
	var r record
	written := functiontest.JSON[item](m.do("POST", "/v1/notices", m.fields(&r), 0))
	r.id, r.version = written.ID, 1
	m.records = append(m.records, r)
}

func (m *model) pick() *record {
	alive := []*record{}
	for i := range m.records {
		if !m.records[i].deleted {
			alive = append(alive, &m.records[i])
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return alive[rapid.IntRange(0, len(alive)-1).Draw(m.rt, "which")]
}

func (m *model) edit() {
	if r := m.pick(); r != nil {
		version := r.version
		m.do("PUT", "/v1/notices/"+r.id, m.fields(r), version)
		r.version++
	}
}

func (m *model) remove() {
	if r := m.pick(); r != nil {
		m.do("DELETE", "/v1/notices/"+r.id, nil, r.version)
		r.deleted = true
	}
}

// compare reads now as a signed-in editor and as a guest, and what is kept for every
// minute of the next quarter of an hour.
func (m *model) compare() {
	now := m.Now()
	want := listed(m.records, now)
	for _, as := range []string{m.editor, ""} {
		r := m.Do(functiontest.Request{Method: "GET", Path: "/v1/notices", As: as})
		if got := answered(r.Body); got != want {
			m.rt.Fatalf("read at %v:\n%s\nwant\n%s", now, got, want)
		}
	}
	for _, r := range m.records {
		got := m.Do(functiontest.Request{Method: "GET", Path: "/v1/notices/" + r.id}).Status
		if shown := got == 200; shown != r.public(now) {
			m.rt.Fatalf("%s read at %v: %d", r.title, now, got)
		}
	}
	m.ahead()
}

// ahead compares what is kept with the model for every minute of the next quarter of an
// hour and the millisecond before it.
func (m *model) ahead() {
	m.rt.Helper()
	list, ok := m.load("/v1/notices")
	if !ok {
		m.rt.Fatal("the list is not kept")
	}
	articles := map[string]kept.Page{}
	for _, r := range m.records {
		if p, ok := m.load("/v1/notices/" + r.id); ok {
			articles[r.id] = p
		}
	}
	for minute := range 16 {
		start := m.Now().Add(time.Duration(minute) * time.Minute)
		for _, at := range []time.Time{start, start.Add(time.Minute - time.Millisecond)} {
			s, state := list.At(at)
			if got, want := answered(s.Body), listed(m.records, at); state == kept.Fresh && got != want {
				m.rt.Fatalf("kept for %v:\n%s\nwant\n%s", at, got, want)
			}
			for _, r := range m.records {
				if p, ok := articles[r.id]; ok {
					m.article(r, p, at)
				}
			}
		}
	}
}

func (m *model) load(path string) (kept.Page, bool) {
	m.rt.Helper()
	p, ok, err := m.Pages.Load(m.Context(), "ko:"+path)
	if err != nil {
		m.rt.Fatal(err)
	}
	return p, ok
}

func (m *model) article(r record, p kept.Page, at time.Time) {
	m.rt.Helper()
	s, state := p.At(at)
	if state != kept.Fresh {
		return
	}
	var n item
	if err := json.Unmarshal(s.Body, &n); err != nil {
		m.rt.Fatal(err)
	}
	if got := fmt.Sprintf("%s pinned=%v urgent=%v", n.Title, n.Pinned, n.Urgent); got != r.String(at) || !r.public(at) || n.State != "published" {
		m.rt.Fatalf("%s kept for %v: %s %s, want %s, public %v", r.title, at, got, n.State, r.String(at), r.public(at))
	}
}
