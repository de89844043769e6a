package calendar

import (
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/problem"
)

// PolicyName is the domain of Policy.
const PolicyName = "calendar"

// The limits of what the council decides, in characters.
const (
	mostCategory   = 20
	mostCategories = 300 // of all categories in a line
)

// Policy are the kinds of events, as the council calls them.
type Policy struct {
	Categories string // with commas between them
	School     string // those that are the school's
	Due        string // those on which something ends
	Holidays   string // those on which nobody works
}

// Policies says what they are.
func (p *Policy) Policies() policy.Domain {
	line := func(name string, to *string, value, ko, en, helpKO, helpEN string) policy.Item {
		return policy.Item{Name: name, Value: policy.Line{To: to, Default: value, Limit: mostCategories}, Label: problem.Text{KO: ko, EN: en}, Help: problem.Text{KO: helpKO, EN: helpEN}}
	}
	return policy.Domain{
		Name: PolicyName, Label: problem.Text{KO: "일정", EN: "Calendar"}, Help: problem.Text{KO: "여기서 뺀 분류는 새 일정에 고를 수 없고, 이미 쓴 일정에는 그대로 남습니다.", EN: "A category that is taken out cannot be chosen any more; events that have it keep it."},
		Items: []policy.Item{
			line("categories", &p.Categories, "총학생회, 학사, 동아리, 마감, 공휴일", "일정의 분류", "Categories of events", "쉼표로 나누어 적습니다. 처음 것이 새 일정에 골라져 있습니다.", "With commas between them; the first is chosen in a new event."),
			line("school", &p.School, "학사", "학교 일정인 분류", "Categories of the school", "달력에서 학생회 일정과 다르게 그립니다.", "They look otherwise than the council's."),
			line("due", &p.Due, "마감", "마감인 분류", "Categories of deadlines", "달력에서 점선으로 그립니다.", "They have a dashed line."),
			line("holidays", &p.Holidays, "공휴일", "쉬는 날인 분류", "Categories of holidays", "그날의 날짜를 붉게 씁니다.", "The day is written in red."),
		},
	}
}

// Words are the categories in their order; at least one.
func (p Policy) Words() []string {
	if list := wordsOf(p.Categories); len(list) > 0 {
		return list
	}
	return []string{"일정"}
}

// Look is how events of a category look.
type Look string

// The looks.
const (
	Solid   Look = ""       // the council's
	School  Look = "school" // the school's
	Due     Look = "due"    // something ends
	Holiday Look = "holiday"
)

// Looks gives the look of each category; the lines are read once.
func (p Policy) Looks() func(category string) Look {
	looks := map[string]Look{}
	for _, line := range []struct {
		words string
		look  Look
	}{{p.School, School}, {p.Due, Due}, {p.Holidays, Holiday}} { // of several the last one
		for _, word := range wordsOf(line.words) {
			looks[word] = line.look
		}
	}
	return func(category string) Look { return looks[category] }
}
