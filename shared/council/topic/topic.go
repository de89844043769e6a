// Package topic is the list of what people can be told of, and what each member wants to hear.
//
// A topic is a value: what functions consume, the settings and what channels choose from follow
// from the list. A message says nothing but what the thing's row in the index says at the moment of
// sending, to whom may read it then.
package topic

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

// Topic is something that people can be told of.
type Topic struct {
	Name  string       // in settings, links and channels, which hold it: it must not change
	Event string       // the type of its events, which are this topic's alone
	Kind  string       // of the things that they are about
	Label problem.Text // in settings
	Hint  problem.Text // half a line about what is told
	Said  problem.Text // what happened, in a message: as 새 공지
	// Scheduled says that things come out by themselves, and that their events are made by whoever
	// looks next: what came out long before is no news.
	Scheduled bool
	// Tomorrow says that its events are made once a day, at the hour of digests, about what begins on the day after: a member gets
	// them as one letter, whether they chose at once or daily, and on that day or not at all.
	Tomorrow bool
	// Desk is set where it is about the council's work: what stands behind the address of a thing's desk, where it leads to. Its
	// events name the members who are told (To), of a thing that they may work with, whether readers see it or not, and at once
	// until they choose otherwise. No channel and nobody else hears of it.
	Desk string
	// Outcomes are what its events can say happened, in their data (outcome), where Said alone would leave the reader to look.
	Outcomes []Outcome
}

// Outcome is one of several things that a topic's event can say.
type Outcome struct {
	Name string // in events and in rows of messages, which hold it: it must not change
	Said problem.Text
}

// All are all topics, in the order of the settings.
func All() []Topic {
	return []Topic{
		{
			Name: "notices", Event: "kr.madang.notice.published.v1", Kind: "notice", Scheduled: true,
			Label: problem.Text{KO: "공지", EN: "Notices"}, Hint: problem.Text{KO: "새 공지가 올라왔을 때", EN: "When a notice is published"}, Said: problem.Text{KO: "새 공지", EN: "New notice"},
		},
		{
			Name: "minutes", Event: "kr.madang.minute.published.v1", Kind: "minute",
			Label: problem.Text{KO: "회의록", EN: "Minutes"}, Hint: problem.Text{KO: "회의가 열린다는 알림, 의결사항, 회의록이 공개됐을 때", EN: "When a meeting is announced, its decisions or its minutes are published"}, Said: problem.Text{KO: "회의록", EN: "Minutes"},
		},
		{
			Name: "rules", Event: "kr.madang.rule.promulgated.v1", Kind: "amendment",
			Label: problem.Text{KO: "회칙", EN: "Rules"}, Hint: problem.Text{KO: "회칙이 새로 공포됐을 때", EN: "When a rule is promulgated"}, Said: problem.Text{KO: "회칙 공포", EN: "Promulgated"},
		},
		{
			Name: "events", Event: "kr.madang.event.neared.v1", Kind: "event", Tomorrow: true,
			Label: problem.Text{KO: "일정", EN: "Calendar"}, Hint: problem.Text{KO: "다음 날 일정이 있을 때, 모아서 보내는 시각에", EN: "On the day before an event, when daily mails are sent"}, Said: problem.Text{KO: "내일 일정", EN: "Tomorrow"},
		},
		{
			Name: "archives", Event: "kr.madang.archive.published.v1", Kind: "archive",
			Label: problem.Text{KO: "자료집", EN: "Archives"}, Hint: problem.Text{KO: "예산, 결산 같은 자료가 공개됐을 때", EN: "When a budget, a settlement or another document is published"}, Said: problem.Text{KO: "새 자료", EN: "New document"},
		},
		{
			Name: "reviews", Event: "kr.madang.review.asked.v1", Kind: "notice", Desk: "/review",
			Label: problem.Text{KO: "검토 요청", EN: "Requests for review"}, Hint: problem.Text{KO: "동료가 공지의 검토를 요청했을 때", EN: "When a colleague asks for a review of a notice"}, Said: problem.Text{KO: "검토 요청", EN: "Review requested"},
		},
		{
			Name: "answers", Event: "kr.madang.review.answered.v1", Kind: "notice", Desk: "/review",
			Label: problem.Text{KO: "검토 답변", EN: "Answers to reviews"}, Hint: problem.Text{KO: "내가 요청하거나 의견을 쓴 검토에 의견, 승인, 수정 요청이 있을 때", EN: "When a review that you asked for or took part in gets a comment, an approval or a request for changes"}, Said: problem.Text{KO: "검토 답변", EN: "Review answered"},
			Outcomes: []Outcome{
				{"approved", problem.Text{KO: "검토 승인", EN: "Approved"}},
				{"changes", problem.Text{KO: "수정 요청", EN: "Changes requested"}},
				{"comment", problem.Text{KO: "검토 의견", EN: "Comment on a review"}},
			},
		},
	}
}

// Followed is the name of what a member hears of the things that they follow, whatever their topic.
const Followed = "followed"

// Digest is the name of all that a member gets once a day, in links that end it: what they chose to hear of daily, and what begins on the
// next day (Topic.Tomorrow), however they chose it.
const Digest = "digest"

// Of is the topic of a name.
func Of(name string) (Topic, bool) {
	return find(func(t Topic) bool { return t.Name == name })
}

// Label is what is called so that a member sets, or the name where there is none such.
func Label(name string) problem.Text {
	if name == Followed {
		return problem.Text{KO: "알림을 받기로 한 글", EN: "Pages that you follow"}
	}
	if t, known := Of(name); known {
		return t.Label
	}
	return problem.Text{KO: name, EN: name}
}

// OfEvent is the topic of a type of events.
func OfEvent(kind string) (Topic, bool) {
	return find(func(t Topic) bool { return t.Event == kind })
}

// OfKind is the first topic about things of a kind: what who follows one hears of.
func OfKind(kind string) (Topic, bool) {
	return find(func(t Topic) bool { return t.Kind == kind })
}

// Row is what a row of a message keeps of t and an event: its name and, behind a slash, the outcome of the event if it has one.
func (t Topic) Row(e event.Event) (string, error) {
	var data struct {
		Outcome string `json:"outcome"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return "", problem.Unreadable("malformed-event", "이벤트를 읽을 수 없습니다.", "The event cannot be read.").Because(err)
	}
	if !slices.ContainsFunc(t.Outcomes, func(o Outcome) bool { return o.Name == data.Outcome }) {
		return t.Name, nil
	}
	return t.Name + "/" + data.Outcome, nil
}

// OfRow is the topic of what a row keeps; what it says is what the row's event said.
func OfRow(row string) (Topic, bool) {
	name, outcome, _ := strings.Cut(row, "/")
	t, known := Of(name)
	for _, o := range t.Outcomes {
		if o.Name == outcome {
			t.Said = o.Said
		}
	}
	return t, known
}

func find(is func(Topic) bool) (Topic, bool) {
	i := slices.IndexFunc(All(), is)
	if i < 0 {
		return Topic{}, false
	}
	return All()[i], true
}

// About is the thing that an event of t is about: that of its subject, or of what its data calls
// thingId where the subject is what the thing belongs to. It says, too, whether the event is news:
// what was brought along from elsewhere is none.
func (t Topic) About(e event.Event) (ref thing.Ref, news bool, err error) {
	var data struct {
		ThingID  string `json:"thingId"`
		Imported bool   `json:"imported"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return thing.Ref{}, false, problem.Unreadable("malformed-event", "이벤트를 읽을 수 없습니다.", "The event cannot be read.").Because(err)
	}
	if data.ThingID == "" {
		data.ThingID = e.Subject
	}
	return thing.Ref{Kind: t.Kind, ID: data.ThingID}, !data.Imported, nil
}

// To are the members whom an event of a topic with a Desk names.
func (t Topic) To(e event.Event) ([]string, error) {
	var data struct {
		To []string `json:"to"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return nil, problem.Unreadable("malformed-event", "이벤트를 읽을 수 없습니다.", "The event cannot be read.").Because(err)
	}
	return data.To, nil
}

// Place is where the topic of a name, or of a row, leads about a thing whose page for readers is at a path.
func Place(name string, ref thing.Ref, path string) string {
	if t, known := OfRow(name); known && t.Desk != "" {
		return ref.Desk() + t.Desk
	}
	return path
}

// Shows says whether an entry or a message of the topic of a name, or of a row, may lead its reader, who asks, to a thing that they may read:
// readers see it, or for what is the council's work they do that work.
func Shows(ctx context.Context, name string, t thing.Thing) bool {
	if of, known := OfRow(name); known && of.Desk != "" {
		return t.Writes(ctx)
	}
	return t.Visible(clock.Now(ctx))
}

// How is how a member hears of a topic.
type How string

// The ways. What is now comes at once but for quiet hours; a digest comes once a day.
const (
	Now   How = "now"
	Daily How = "digest"
	Off   How = "off"
)

// Ways are all ways in the order of the settings.
func Ways() []How { return []How{Now, Daily, Off} }

// Label is what people call a way.
func (h How) Label() problem.Text {
	switch h {
	case Now:
		return problem.Text{KO: "바로", EN: "At once"}
	case Daily:
		return problem.Text{KO: "모아서", EN: "Daily"}
	default:
		return problem.Text{KO: "끔", EN: "Off"}
	}
}

// sooner is the way of two by which somebody hears first.
func sooner(a, b How) How {
	if slices.Index(Ways(), a) <= slices.Index(Ways(), b) {
		return a
	}
	return b
}

// Setting is how a member hears of something.
type Setting struct {
	Topic string
	How   How
}

// usual is how a member hears of something until they choose: of what they follow, and of what colleagues want of them, at once,
// of boards not.
func usual(name string) How {
	if t, known := Of(name); name == Followed || known && t.Desk != "" {
		return Now
	}
	return Off
}

// names are all that a member sets, in the order of the settings.
func names() []string {
	list := []string{Followed}
	for _, t := range All() {
		list = append(list, t.Name)
	}
	return list
}
