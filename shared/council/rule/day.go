package rule

import (
	"cmp"
	"slices"
	"strings"
)

// act is what a version does to an article: from a day on it reads so, or is there no longer.
type act struct {
	ID      string
	Key     string
	Version string // id of its version
	Number  string // the article's then, or last
	Ends    bool
	Day     string
	Rank    int64 // 0; of a correction its place in the order of promulgation, since it begins on a day that has an act already; negative: overtaken
}

// overtaken says whether another version that was promulgated later says something of the article from an earlier day on. It was
// written as a change of what this act would have made, so this one never begins.
func (a act) overtaken() bool { return a.Rank < 0 }

// after says whether a counts rather than b, where both have begun.
func (a act) after(b act) bool {
	return cmp.Or(strings.Compare(a.Day, b.Day), cmp.Compare(a.Rank, b.Rank)) > 0
}

// inForce are the acts that count on a day, by the keys of their articles: of each the newest of those that are not overtaken.
// Those by which an article ended are among them.
func inForce(acts []act, day string) map[string]act {
	found := map[string]act{}
	for _, a := range acts {
		if is, there := found[a.Key]; a.Day <= day && (!there || a.after(is)) {
			found[a.Key] = a
		}
	}
	return found
}

// actsOf are the acts by which a version makes its text, b, of the text that it changes, a. A full
// revision writes every article anew.
func actsOf(v Version, a, b Text) []act {
	day := map[string]string{}
	for _, o := range v.Overrides {
		day[o.Article] = o.EffectiveOn
	}
	on := func(number string) string { return cmp.Or(day[number], v.EffectiveOn) }
	rank := int64(0)
	if Act(v.Kind) == Correction {
		rank = v.Order
	}
	was, list, there := map[string]Article{}, []act{}, map[string]bool{}
	for _, article := range a.Articles() {
		was[article.Key] = article
	}
	for _, article := range b.Articles() {
		there[article.Key] = true
		if before, known := was[article.Key]; known && before.Same(article) && Act(v.Kind) != Revision {
			continue
		}
		list = append(list, act{Key: article.Key, Version: v.ID, Number: article.Number, Day: on(article.Number), Rank: rank})
	}
	for _, article := range a.Articles() {
		if !there[article.Key] {
			list = append(list, act{Key: article.Key, Version: v.ID, Number: article.Number, Ends: true, Day: on(article.Number), Rank: rank})
		}
	}
	return list
}

// keyed gives the articles of b the keys of those of a that they continue: by the moves, else by
// their numbers. Others get new ones.
func keyed(a, b Text, moves []Move, fresh func() (string, error)) (Text, error) {
	keys := map[string]string{}
	for _, article := range a.Articles() {
		keys[article.Number] = article.Key
	}
	from, to := map[string]bool{}, map[string]string{}
	for _, m := range moves {
		if _, there := keys[m.From]; there {
			from[m.From], to[m.To] = true, m.From
		}
	}
	text := Text{Nodes: slices.Clone(b.Nodes)}
	for i, n := range text.Nodes {
		if n.Article == nil {
			continue
		}
		article := *n.Article
		number, moved := to[article.Number]
		key, there := keys[cmp.Or(number, article.Number)]
		if !there || !moved && from[article.Number] {
			var err error
			if key, err = fresh(); err != nil {
				return Text{}, err
			}
		}
		article.Key = key
		text.Nodes[i].Article = &article
	}
	return text, nil
}

// assembled is the text of a day: the articles in force, in the order and under the headings of
// a skeleton, which is the newest version begun. What that does not have, since it ends later or
// another version brought it, stands behind the article with the next lower number.
func assembled(skeleton Text, current map[string]Article) Text {
	text, placed := Text{}, map[string]bool{}
	for _, n := range skeleton.Nodes {
		if n.Article == nil {
			text.Nodes = append(text.Nodes, n)
			continue
		}
		if a, there := current[n.Article.Key]; there {
			placed[a.Key] = true
			text.Nodes = append(text.Nodes, Node{Article: &a})
		}
	}
	rest := []Article{}
	for key, a := range current {
		if !placed[key] {
			rest = append(rest, a)
		}
	}
	slices.SortFunc(rest, func(a, b Article) int { return byNumber(a.Number, b.Number) })
	for _, a := range rest {
		text.Nodes = slices.Insert(text.Nodes, behind(text.Nodes, a), Node{Article: &a})
	}
	return text.pathed()
}

// behind is the place of an article that the skeleton does not have.
func behind(nodes []Node, a Article) int {
	at := 0
	for i, n := range nodes {
		b := n.Article
		if b == nil {
			continue
		}
		if byNumber(b.Number, a.Number) < 0 {
			at = i + 1
		}
	}
	return at
}

// twice is a number that two articles have on a day, "" for none.
func twice(acts []act, day string) string {
	seen := map[string]bool{}
	for _, a := range inForce(acts, day) {
		if !a.Ends {
			if seen[a.Number] {
				return a.Number
			}
			seen[a.Number] = true
		}
	}
	return ""
}
