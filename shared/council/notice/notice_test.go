package notice_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/text"
)

func TestState(t *testing.T) {
	hour, two := noon.Add(time.Hour), noon.Add(2*time.Hour)
	scheduled := notice.Notice{Times: notice.Times{PublishAt: &hour, UnpublishAt: &two, PinnedUntil: &two}}
	for _, c := range []struct {
		n      notice.Notice
		at     time.Time
		want   notice.State
		public bool
	}{
		{notice.Notice{}, noon, notice.Draft, false},
		{notice.Notice{Times: notice.Times{UnpublishAt: &hour}}, two, notice.Draft, false},
		{scheduled, hour.Add(-time.Millisecond), notice.Scheduled, false},
		{scheduled, hour, notice.Published, true},
		{scheduled, two.Add(-time.Millisecond), notice.Published, true},
		{scheduled, two, notice.Archived, false},
		{notice.Notice{Times: notice.Times{PublishAt: &hour}, DeletedAt: &hour}, two, notice.Published, false},
	} {
		if got := c.n.State(c.at); got != c.want || c.n.Public(c.at) != c.public {
			t.Errorf("%+v at %v: %s, public %v", c.n, c.at, got, c.n.Public(c.at))
		}
	}
	if got := scheduled.Changes(hour); len(got) != 2 {
		t.Errorf("changes: %v", got)
	}
}

// Whatever is accepted keeps the rules, in one form: checked again it stays the same.
func FuzzCheck(f *testing.F) {
	f.Add("총학", "제목", "# 본문", "가,나", int64(0), int64(0), int64(0))
	f.Add("총학", "\u1112\u1161\u11ab", "\r\n<b>", "MT,mt", int64(-60_000), int64(1), int64(1<<62))
	f.Add("", "\u202e", "\x00", ",", int64(-60_001), int64(-1), int64(-1<<62))
	f.Fuzz(func(t *testing.T, unit, title, body, tags string, publish, unpublish, pinned int64) {
		at := func(ms int64) *time.Time {
			when := noon.Add(time.Duration(ms) * time.Millisecond)
			return &when
		}
		c, err := notice.Content{
			Unit: unit, Title: title, Body: body, Tags: strings.Split(tags, ","),
			Times: notice.Times{PublishAt: at(publish), UnpublishAt: at(unpublish), PinnedUntil: at(pinned)},
		}.Check(noon, nil, []string{"총학"})
		if err != nil {
			return
		}
		if n := text.Count(c.Title); n < 1 || n > notice.MostTitle || c.Unit != "총학" || text.Count(c.Body) > notice.MostBody || len(c.Tags) > notice.MostTags {
			t.Errorf("accepted: %+v", c)
		}
		for i, tag := range c.Tags {
			if n := text.Count(tag); n < 1 || n > notice.MostTag || slices.Contains(c.Tags[:i], tag) {
				t.Errorf("accepted tags: %q", c.Tags)
			}
		}
		if c.PublishAt.Before(noon) || !c.UnpublishAt.After(*c.PublishAt) || clock.Millis(*c.PinnedUntil) < clock.Millis(noon) {
			t.Errorf("accepted times: %v %v %v", c.PublishAt, c.UnpublishAt, c.PinnedUntil)
		}
		again, err := c.Check(noon, nil, []string{"총학"})
		if err != nil || again.Title != c.Title || again.Body != c.Body || !slices.Equal(again.Tags, c.Tags) || !again.PublishAt.Equal(*c.PublishAt) {
			t.Errorf("checked again: %+v %v, was %+v", again, err, c)
		}
	})
}
