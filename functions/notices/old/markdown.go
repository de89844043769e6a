package old

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mostFront bounds a front matter, in bytes: a title, tags and an English text.
const mostFront = 512 << 10

// frontMatter is what stands between two lines of --- at the beginning.
var frontMatter = regexp.MustCompile(`(?s)^---[ \t]*\n(.*?\n?)(?:---|\.\.\.)[ \t]*(?:\n|$)`)

// lineOf finds the line that an error of YAML names.
var lineOf = regexp.MustCompile(`line (\d+)`)

// markdown reads a notice of Markdown with front matter in YAML. What stands in no front matter is
// the body.
func (r *reader) markdown(name, text string) error {
	m := frontMatter.FindStringSubmatch(text)
	if m == nil || len(m[1]) > mostFront {
		r.wrong(Place{File: name, Line: 1}, "file", "no-front-matter", "첫 줄부터 --- 사이에 제목(title)과 날짜(date)가 있어야 합니다.", "It must begin with a title and a date between lines of ---.")
		return nil
	}
	said, lines, tags, ok := r.front(name, m[1])
	if !ok {
		return nil
	}
	if _, given := said["body"]; !given {
		said["body"] = strings.TrimLeft(text[len(m[0]):], "\n")
		lines["body"] = strings.Count(m[0], "\n") + 1
	}
	f, ok := r.fill(Place{File: name, Line: 1}, lines, said, tags)
	if !ok {
		return nil
	}
	return r.add(f)
}

// front reads a front matter: texts and their lines by field, and tags where they are a list.
func (r *reader) front(name, text string) (said map[string]string, lines map[string]int, tags []string, ok bool) {
	said, lines = map[string]string{}, map[string]int{}
	malformed := func(line int) {
		r.wrong(Place{File: name, Line: line + 1}, "file", "malformed-front-matter", "--- 사이를 읽을 수 없습니다. ‘title: 제목’처럼 한 줄에 하나씩 쓰세요.", "What is between the lines of --- cannot be read: write one to a line, as “title: A title”.")
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		line := 1
		if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1]) // digits
		}
		malformed(line)
		return nil, nil, nil, false
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		malformed(1)
		return nil, nil, nil, false
	}
	pairs := document.Content[0].Content
	for i := 0; i+1 < len(pairs); i += 2 {
		key, value := pairs[i], pairs[i+1]
		field := column(key.Value)
		_, seen := lines[field]
		switch {
		case field == "":
			r.pass(name + ": " + key.Value)
			continue
		case seen:
			r.wrong(Place{File: name, Line: key.Line + 1}, field, "repeated-field", "두 번 쓰였습니다.", "It is given twice.")
			return nil, nil, nil, false
		case field == "tags" && value.Kind == yaml.SequenceNode && plainList(value):
			for _, tag := range value.Content {
				tags = append(tags, strings.TrimPrefix(strings.TrimSpace(tag.Value), "#"))
			}
		case value.Kind != yaml.ScalarNode:
			malformed(key.Line)
			return nil, nil, nil, false
		case value.Tag != "!!null":
			said[field] = value.Value // as it is written: a date stays what it looks like
		}
		lines[field] = key.Line + 1
	}
	return said, lines, tags, true
}

// plainList says whether a list has nothing but texts in it.
func plainList(list *yaml.Node) bool {
	for _, v := range list.Content {
		if v.Kind != yaml.ScalarNode {
			return false
		}
	}
	return true
}
