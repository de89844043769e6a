package rules

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	Slug string `path:"slug"`
	At   string `query:"at" description:"A day in Seoul, as 2026-03-01; today without it."`
}

// day is the day that was asked for.
func (r *readRequest) day(ctx context.Context) (string, error) {
	if r.At == "" {
		return rule.Today(ctx), nil
	}
	if _, ok := rule.Day(r.At); !ok {
		var f check.Fields
		f.Add("at", "not-a-day", "날짜는 2026-03-01처럼 씁니다.", "A day, as 2026-03-01.")
		return "", f.Err()
	}
	return r.At, nil
}

// heading is a heading of a text.
type heading struct {
	Level  string `json:"level" description:"편, 장, 절 or 관."`
	Number string `json:"number"`
	Name   string `json:"name"`
}

type item struct {
	Rank string `json:"rank" description:"조 (of a 부칙), 항, 호 or 목."`
	Mark string `json:"mark" description:"As ①, 1. or 가."`
	Text string `json:"text"`
}

// article is an article as it reads.
type article struct {
	Number      string   `json:"number" description:"As 12의2; 전문 of the preamble, 부칙20260301 of a 부칙."`
	Title       string   `json:"title" description:"Number and name, as 제12조의2(회의의 공개)."`
	Path        []string `json:"path" description:"The headings that it stands under."`
	Text        string   `json:"text" description:"Before its items; paragraphs are lines."`
	Items       []item   `json:"items" description:"In their order; what belongs below one follows it."`
	EffectiveOn string   `json:"effectiveOn" description:"From when on it reads so."`
	Changed     int      `json:"changed" description:"How many versions wrote it so far."`
	Address     string   `json:"address" description:"Of its page as it reads then, for good."`
}

var levels = map[rule.Level]string{rule.Part: "편", rule.Chapter: "장", rule.Section: "절", rule.Subsection: "관"}

var ranks = map[rule.Rank]string{rule.Rule: "조", rule.Paragraph: "항", rule.Clause: "호", rule.Point: "목"}

func articleOf(slug string, r rule.Reading, a rule.Article, changed map[string]int) article {
	e := article{Number: a.Number, Title: a.Title(), Path: []string{}, Text: a.Text, Items: []item{}, EffectiveOn: r.Began(a.Key), Changed: changed[a.Key]}
	e.Address = rule.ArticlePath(slug, a.Number, e.EffectiveOn)
	for _, h := range a.Path {
		e.Path = append(e.Path, h.String())
	}
	for _, i := range a.Items {
		e.Items = append(e.Items, item{ranks[i.Rank], i.Mark, i.Text})
	}
	return e
}

// node is a heading or an article.
type node struct {
	Heading *heading `json:"heading,omitempty"`
	Article *article `json:"article,omitempty"`
}

type readResponse struct {
	entry

	At    string `json:"at"`
	Nodes []node `json:"nodes" description:"The text: headings and articles in their order."`

	kept
}

// kept is what a page of a text says of itself.
type kept struct {
	changes []*time.Time
	passing bool // of days there is no end: those on which something began are kept
}

// PageChanges are when the text changes, and what is said of the versions.
func (k kept) PageChanges() []*time.Time { return k.changes }

// PageUnkept says that the address is one of very many.
func (k kept) PageUnkept() bool { return k.passing }

// ETag is the version of the rulebook, for If-Match.
func (r *readResponse) ETag() int64 { return r.entry.Version }

// keeping says how a page of a day is kept.
func keeping(ctx context.Context, shelf rule.Shelved, at string, changes []*time.Time) kept {
	k := kept{changes: changes}
	if at == "" {
		k.changes = append(slices.Clone(changes), new(clock.Tomorrow(ctx))) // it says which day it is of
	}
	k.passing = at != "" && !slices.ContainsFunc(shelf.Versions, func(v rule.Version) bool { return v.PromulgatedOn != "" && v.EffectiveOn == at })
	return k
}

func (h handlers) read(ctx context.Context, r *readRequest) (*readResponse, error) {
	shelf, changes, err := h.rules.Shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx)
	if err != nil {
		return nil, err
	}
	text, err := h.rules.At(ctx, shelf, day)
	if err != nil {
		return nil, err
	}
	answer := &readResponse{entry: h.show(ctx, shelf), At: day, Nodes: []node{}, kept: keeping(ctx, shelf, r.At, changes)}
	changed := text.Changed()
	for _, n := range text.Nodes {
		if n.Heading != nil {
			answer.Nodes = append(answer.Nodes, node{Heading: &heading{levels[n.Heading.Level], n.Heading.Number, n.Heading.Name}})
			continue
		}
		a := articleOf(shelf.Slug, text, *n.Article, changed)
		answer.Nodes = append(answer.Nodes, node{Article: &a})
	}
	return answer, nil
}

type articleRequest struct {
	readRequest

	Number string `path:"number"`
}

type step struct {
	Number      string `json:"number" description:"The article's number then."`
	EffectiveOn string `json:"effectiveOn"`
	Ends        bool   `json:"ends,omitempty" description:"The article is there no longer from then on."`
	By          head   `json:"by" description:"The version that wrote it."`
}

type articleResponse struct {
	article

	History []step `json:"history" description:"How it changed, the last first, with what is still to come."`

	kept
}

func (h handlers) article(ctx context.Context, r *articleRequest) (*articleResponse, error) {
	number, ok := rule.NumberOf(r.Number)
	if !ok || strings.TrimSpace(r.Number) != r.Number {
		return nil, problem.Absent()
	}
	shelf, changes, err := h.rules.Shelf(ctx, r.Slug)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx)
	if err != nil {
		return nil, err
	}
	text, err := h.rules.At(ctx, shelf, day)
	if err != nil {
		return nil, err
	}
	a, there := text.Article(number)
	if !there {
		return nil, problem.Absent()
	}
	answer := &articleResponse{article: articleOf(shelf.Slug, text, a, text.Changed()), History: []step{}, kept: keeping(ctx, shelf, r.At, changes)}
	answer.passing = answer.passing || r.Number != number
	for _, s := range text.History(shelf, a.Key) {
		answer.History = append(answer.History, step{s.Number, s.Day, s.Ends, headOf(ctx, s.Version)})
	}
	return answer, nil
}
