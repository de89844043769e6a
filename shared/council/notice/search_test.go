package notice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/text"
)

// heap is a notice as somebody would search it without an index.
type heap struct {
	id    string
	parts []string // title, tags and body
	names int      // how many of these have initials
}

// has says whether every word of a search is a part of one of the parts.
func (h heap) has(words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		word = text.Squeeze(word)
		for i, part := range h.parts {
			part = text.Squeeze(part)
			if strings.Contains(part, word) || i < h.names && strings.Contains(text.Choseong(part), word) {
				return false
			}
		}
		return true
	})
}

// found are the ids of all pages of a list.
func (f fixture) found(filter notice.Filter) []string {
	f.t.Helper()
	ids, at := []string{}, notice.Position{}
	for {
		list, err := f.store.List(nobody(noon.Add(time.Hour)), filter, at, 3)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, n := range list {
			ids, at = append(ids, n.ID), n.At()
		}
		if len(list) < 3 {
			slices.Sort(ids)
			return ids
		}
	}
}

// scene is what there is, and what somebody looks for.
type scene struct {
	contents []notice.Content
	asked    []string
}

// scenes draws notices and searches of few syllables, so that many are found.
func scenes() *rapid.Generator[scene] {
	syllables := []string{"정기", "총회", "간식", "행사", "장학", "금", "신청", "2026", "Ａ", "b", "회의록", "ㅋㅋ"}
	sentence := func(t *rapid.T, name string, least, most int) string {
		out := ""
		for range rapid.IntRange(least, most).Draw(t, name+" length") {
			out += rapid.SampledFrom(syllables).Draw(t, name) + rapid.SampledFrom([]string{"", "", " ", "\u00a0", "\u200b", ", ", "~", "."}).Draw(t, "between")
		}
		return out
	}
	return rapid.Custom(func(t *rapid.T) scene {
		var s scene
		for range 8 {
			c := notice.Content{Title: "안내 " + sentence(t, "title", 0, 3), Body: sentence(t, "body", 0, 6), Times: notice.Times{PublishAt: pointer(noon)}}
			if tag := strings.TrimSpace(sentence(t, "tag", 0, 2)); !text.Blank(tag) {
				c.Tags = []string{tag}
			}
			s.contents = append(s.contents, c)
		}
		for i := range 30 {
			asked := sentence(t, "query", 1, 3)
			switch i % 3 {
			case 0:
				asked = text.Choseong(asked)
			case 1: // words of one character, wherever they stand
				asked = strings.Join(strings.Split(string(rapid.SliceOfN(rapid.SampledFrom([]rune("정기총회간식행사장학금록ㅋㅈㅎ26ab.~")), 1, 4).Draw(t, "letters")), ""), " ")
			}
			s.asked = append(s.asked, asked)
		}
		return s
	})
}

// What a search finds is what somebody finds who reads everything, and it says how many.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		for round := range 10 {
			s := scenes().Example(round)
			for _, table := range []string{"notice_tags", "notice_revisions", "thing_letters", "things", "notices"} {
				f.exec(`DELETE FROM ` + table)
			}
			heaps, some := []heap{}, 0
			for _, c := range s.contents {
				n := f.add(f.at(noon), c)
				heaps = append(heaps, heap{n.ID, append(append([]string{n.Title}, n.Tags...), n.Body), 1 + len(n.Tags)})
			}
			for _, asked := range s.asked {
				words := strings.FieldsFunc(text.Fold(asked), func(r rune) bool { return strings.ContainsRune(" \u00a0,~.", r) })
				words = slices.DeleteFunc(words, text.Blank)
				if len(words) == 0 { // nothing but signs is looked for as it is
					words = []string{asked}
				}
				want := []string{}
				for _, h := range heaps {
					if h.has(words) {
						want = append(want, h.id)
					}
				}
				slices.Sort(want)
				some += len(want)
				filter := notice.Filter{Words: asked}
				got := f.found(filter)
				count, err := f.store.Count(nobody(noon.Add(time.Hour)), filter, 1000)
				if !slices.Equal(got, want) || err != nil || count != len(want) {
					t.Fatalf("%q in %+v: found %v (%d, %v), want %v", asked, heaps, got, count, err, want)
				}
			}
			if some == 0 {
				t.Errorf("round %d finds nothing at all", round)
			}
		}
	})
}

func TestSearchWords(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		add := func(title, body string, publish *time.Time, tags ...string) {
			f.add(f.at(noon), notice.Content{Title: title, Body: body, Tags: tags, Times: notice.Times{PublishAt: publish}})
		}
		add("제3차 회의록", "1. 예산\n2. 간식 행사\n\n**중요**합니다", pointer(noon), "회의 자료")
		add("중간고사 간식 행사", "학생증을 가져오세요.", pointer(noon), "행사")
		add("예약된 간식", "", pointer(noon.Add(48*time.Hour)))
		add("간식 초안", "", nil)
		for q, want := range map[string]string{
			"간식": "제3차 회의록, 중간고사 간식 행사", "간 식": "제3차 회의록, 중간고사 간식 행사", "행사간식": "", "행사 간식": "제3차 회의록, 중간고사 간식 행사", "간식행사": "제3차 회의록, 중간고사 간식 행사",
			"ㅎㅇㄹ": "제3차 회의록", "ㄱㅅ ㅎㅅ": "중간고사 간식 행사", "ㅎㅇㅈㄹ": "제3차 회의록", "가져오세요": "중간고사 간식 행사", "중요합니다": "제3차 회의록", "식": "제3차 회의록, 중간고사 간식 행사",
			"‘간식’": "제3차 회의록, 중간고사 간식 행사", "없음": "", "%": "", "_": "", "간식 없음": "", "\u200b": "제3차 회의록, 중간고사 간식 행사", "1. 예산": "제3차 회의록",
		} {
			list, err := f.store.List(nobody(noon), notice.Filter{Words: q}, notice.Position{}, 10)
			names := []string{}
			for _, n := range list {
				names = append(names, n.Title)
			}
			slices.Sort(names)
			if got := strings.Join(names, ", "); err != nil || got != want {
				t.Errorf("%q finds %q, %v, want %q", q, got, err, want)
			}
		}
		managed := func(state notice.State) string {
			list, err := f.store.Managed(f.at(noon, auth.Grant{Role: auth.Admin}), notice.Filter{Words: "간식"}, state, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(len(list))
		}
		if got := managed("") + managed(notice.Draft) + managed(notice.Scheduled) + managed(notice.Deleted); got != "4110" {
			t.Errorf("the desk finds %s", got)
		}
		f.exec(`UPDATE notices SET deleted_at = $1 WHERE title = '간식 초안'`, clock.Millis(noon))
		if got := managed(notice.Deleted); got != "1" {
			t.Errorf("%s deleted ones are found", got)
		}
		// A tag is one however it is spaced.
		for _, tag := range []string{"회의 자료", "회의자료", "회의\u00a0자료", "\u200b회의자료"} {
			if list, err := f.store.List(nobody(noon), notice.Filter{Tag: tag}, notice.Position{}, 10); err != nil || titles(list) != "제3차 회의록" {
				t.Errorf("%q finds %v, %v", tag, titles(list), err)
			}
		}
	})
}
