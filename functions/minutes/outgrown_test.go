package minutes_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

type unsealed struct {
	N    int64
	Text string
}

// enterOften is enter for histories: how often somebody asks is another test's.
func enterOften(t *testing.T) room {
	t.Helper()
	return enter(t, functiontest.WithSettings(func(s *function.Settings) {
		s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	}))
}

// anew is r an hour later, with others who work in it.
func (r room) anew() room {
	r.Wait(time.Hour)
	r.editor, r.admin = r.Holder(auth.Editor, "총학"), r.Holder(auth.Admin, "총학")
	return r
}

// blocks are those that are sealed.
func (r room) blocks(id string) []unsealed {
	r.t.Helper()
	return functiontest.JSON[struct{ Items []unsealed }](r.do("GET", "/v1/minutes/"+id+"/withheld", r.admin, nil, "").Want(200)).Items
}

// A block that is written while the form saves itself is sealed once in the end, however often it was saved on the way; what
// was saved by hand stays, and no number is given twice.
func TestBlocksOutgrown(t *testing.T) {
	r := enter(t)
	meeting := r.meeting(1, -time.Hour)
	m := r.begin(meeting)
	save := func(text string, draft bool) {
		t.Helper()
		meeting["text"], meeting["draft"] = text, draft
		r.Wait(time.Minute)
		r.do("PUT", "/v1/minutes/"+m.ID, r.editor, meeting, "*").Want(200)
	}
	for i := range 12 {
		save("[비공개: 신상]\n"+strings.Repeat("비밀 ", i+1)+"\n[비공개 끝]", true)
		save("[비공개: 신상]\n"+strings.Repeat("비밀 ", i+1)+"\n[비공개 끝]\n뒤에 쓴 글 "+fmt.Sprint(i), true) // nothing in it changed
	}
	if got := r.blocks(m.ID); len(got) != 1 || got[0].N != 12 || strings.Count(got[0].Text, "비밀") != 12 {
		t.Fatalf("%+v", got)
	}
	save("[비공개 봉인 12: 신상 (1줄)]", false)
	save("없앴다", false)
	if got := r.blocks(m.ID); len(got) != 1 {
		t.Fatalf("what was saved by hand is gone: %+v", got)
	}
	save("[비공개: 다른 일]\n또 비밀\n[비공개 끝]", true)
	save("다시 없앴다", true)
	save("[비공개: 세 번째]\n셋째 비밀\n[비공개 끝]", false)
	numbers := []int64{}
	for _, b := range r.blocks(m.ID) {
		numbers = append(numbers, b.N)
	}
	if !slices.Equal(numbers, []int64{12, 14}) {
		t.Error(numbers)
	}
}

// Whatever two secretaries save, by hand or by themselves: a block that a text or a revision names can be opened, and what
// was saved by hand stays.
func TestBlocksStay(t *testing.T) {
	r := enterOften(t)
	round := 1000
	rapid.Check(t, func(rt *rapid.T) {
		r = r.anew()
		round++
		meeting := r.meeting(round, -time.Hour)
		m := r.begin(meeting)
		path := "/v1/minutes/" + m.ID
		sealed, by := map[string]bool{}, []string{r.editor, r.admin} // texts that were saved by hand
		for range rapid.IntRange(1, 8).Draw(rt, "saves") {
			r.Wait(5 * time.Minute)
			secret := rapid.SampledFrom([]string{"하나", "둘", "셋"}).Draw(rt, "secret")
			text := functiontest.JSON[struct{ Text string }](r.do("GET", path, r.editor, nil, "").Want(200)).Text
			switch rapid.IntRange(0, 2).Draw(rt, "does") {
			case 0:
				text = "없음"
			case 1:
				text += "\n[비공개: 사유]\n" + secret + "\n[비공개 끝]"
			}
			draft := rapid.Bool().Draw(rt, "draft")
			meeting["text"], meeting["draft"] = text, draft
			answer := r.do("PUT", path, rapid.SampledFrom(by).Draw(rt, "by"), meeting, "*")
			if answer.Status != 200 {
				rt.Fatal(string(answer.Body))
			}
			blocks, is := r.blocks(m.ID), functiontest.JSON[struct{ Text string }](r.do("GET", path, r.editor, nil, "").Want(200)).Text
			for _, b := range blocks {
				if !draft && strings.Contains(is, fmt.Sprintf("[비공개 봉인 %d:", b.N)) {
					sealed[fmt.Sprint(b.N, b.Text)] = true
				}
			}
			if got := strings.Count(is, "[비공개 봉인"); got > 0 {
				for line := range strings.SplitSeq(is, "\n") {
					var n int64
					if _, err := fmt.Sscanf(line, "[비공개 봉인 %d:", &n); err == nil && !slices.ContainsFunc(blocks, func(b unsealed) bool { return b.N == n }) {
						rt.Fatalf("%s is named and gone: %+v", line, blocks)
					}
				}
			}
			for key := range sealed {
				if !slices.ContainsFunc(blocks, func(b unsealed) bool { return fmt.Sprint(b.N, b.Text) == key }) {
					rt.Fatalf("%s was saved by hand and is gone: %+v", key, blocks)
				}
			}
		}
		for n := int64(1); ; n++ {
			answer := r.do("GET", fmt.Sprintf("/v1/minutes/%s/revisions/%d", m.ID, n), r.editor, nil, "")
			if n > 20 {
				break
			}
			if answer.Status != 200 {
				continue
			}
			for line := range strings.SplitSeq(functiontest.JSON[struct{ Text string }](answer).Text, "\n") {
				var number int64
				if _, err := fmt.Sscanf(line, "[비공개 봉인 %d:", &number); err == nil && !slices.ContainsFunc(r.blocks(m.ID), func(b unsealed) bool { return b.N == number }) {
					rt.Fatalf("revision %d names %s, which is gone", n, line)
				}
			}
		}
	})
}

// Whatever is saved in which order, by hand or by itself: while something is withheld, no revision has it in clear, also where it
// was withheld before, stood open in between, and was withheld again, by its words or by the line of its seal.
func TestWithheldAgain(t *testing.T) {
	r := enterOften(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		r = r.anew()
		round++
		meeting := r.meeting(round, -time.Hour)
		m := r.begin(meeting)
		secret := fmt.Sprint("비밀스러운 ", round)
		for i := range rapid.IntRange(2, 7).Draw(rt, "saves") {
			text := fmt.Sprint("글 ", i)
			hides := false
			switch rapid.IntRange(0, 3).Draw(rt, "text") {
			case 0:
				text += "\n" + secret
			case 1:
				text, hides = text+"\n[비공개: 신상]\n"+secret+"\n[비공개 끝]", true
			case 2:
				if blocks := r.blocks(m.ID); len(blocks) > 0 {
					text, hides = text+fmt.Sprintf("\n[비공개 봉인 %d: 신상 (1줄)]", blocks[0].N), true
				}
			}
			meeting["text"], meeting["draft"] = text, rapid.Bool().Draw(rt, "by itself")
			r.Wait(time.Minute)
			r.do("PUT", "/v1/minutes/"+m.ID, r.editor, meeting, "*").Want(200)
			if !hides {
				continue
			}
			n, err := database.One(r.Context(), r.DB, database.Value[int64], `SELECT COUNT(*) FROM minute_revisions WHERE minute_id = $1 AND content LIKE $2`, m.ID, "%"+secret+"%")
			if err != nil || n > 0 {
				rt.Fatalf("%d revisions have what is withheld, %v", n, err)
			}
		}
	})
}
