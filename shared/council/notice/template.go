package notice

import (
	"context"
	"slices"
	"strconv"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// The limits of templates. A name is a choice on the page of a new notice.
const (
	MostTemplates    = 20
	MostTemplateName = 20
)

// TemplatesPath is where the council writes its templates.
const TemplatesPath = DeskPath + "/templates"

// Template is a text that a notice begins with.
type Template struct {
	Name    string   `json:"name" description:"At most 20 characters; no two have the same."`
	Title   string   `json:"title,omitempty" description:"As that of a notice, or empty."`
	Body    string   `json:"body,omitempty" description:"Markdown."`
	TitleEn string   `json:"titleEn,omitempty"`
	BodyEn  string   `json:"bodyEn,omitempty" description:"Needs titleEn."`
	Tags    []string `json:"tags" description:"At most 10 of at most 20 characters."`
}

// Templates are those of the council, in its order, with their version: FirstTemplates before any were written.
type Templates struct {
	List    []Template
	Version int64
}

// FirstTemplates is the version of the templates that a council begins with.
const FirstTemplates = database.FirstVersion

// BegunTemplates are those that a council begins with.
func BegunTemplates() []Template {
	return []Template{
		{
			Name: "모집", Title: "[모집] ", Tags: []string{"모집"},
			Body: "## 누구를 찾나요\n\n- 대상: \n- 인원: \n\n## 하는 일\n\n- 기간: \n- 하는 일: \n\n## 신청\n\n- 기한:  월  일 18:00까지\n- 방법: \n- 결과:  월  일에 개별 연락\n\n## 문의\n\n- ",
		},
		{
			Name: "행사 안내", Title: "[행사] ", Tags: []string{"행사"},
			Body: "## 언제, 어디서\n\n- 일시:  월  일 \n- 장소: \n\n## 누가, 어떻게\n\n- 대상: \n- 참가비: 없음\n- 신청: \n\n## 순서\n\n| 시간 | 내용 |\n| --- | --- |\n|  |  |\n\n## 문의\n\n- ",
		},
		{
			Name: "결과 공고", Title: "[결과] ", Tags: []string{"결과"},
			Body: "총학생회는  월  일 에 대한 결과를 다음과 같이 공고합니다.\n\n## 결과\n\n| 구분 | 내용 |\n| --- | --- |\n|  |  |\n\n## 이의 제기\n\n- 기한:  월  일 18:00까지\n- 방법: \n\n## 문의\n\n- ",
		},
	}
}

// CheckTemplates tidies templates and refuses what breaks a rule. It fails with problem.Invalid by field.
func CheckTemplates(list []Template) ([]Template, error) {
	var f check.Fields
	if len(list) > MostTemplates {
		f.Add("templates", "too-many", strconv.Itoa(MostTemplates)+"개까지 쓸 수 있습니다.", "There can be "+strconv.Itoa(MostTemplates)+".")
		return nil, f.Err()
	}
	list, names := append([]Template{}, list...), []string{} // none is no null
	for i, t := range list {
		at := "templates[" + strconv.Itoa(i) + "]."
		t.Name = f.Line(at+"name", t.Name, MostTemplateName)
		if t.Name != "" && slices.Contains(names, text.Squeeze(t.Name)) {
			f.Add(at+"name", "repeated", "같은 이름의 틀이 이미 있습니다.", "There is one of this name.")
		}
		names = append(names, text.Squeeze(t.Name))
		t.Title, t.Body = f.OptionalLine(at+"title", t.Title, MostTitle), f.OptionalText(at+"body", t.Body, MostBody)
		t.TitleEn, t.BodyEn = f.OptionalLine(at+"titleEn", t.TitleEn, MostTitle), f.OptionalText(at+"bodyEn", t.BodyEn, MostBody)
		if t.BodyEn != "" && t.TitleEn == "" {
			f.Add(at+"titleEn", "required", "영어 내용이 있으면 영어 제목도 필요합니다.", "An English text needs an English title.")
		}
		var tags check.Fields
		t.Tags = checkTags(&tags, t.Tags)
		if err := tags.Err(); err != nil {
			f.Add(at+"tags", "malformed", strconv.Itoa(MostTags)+"개까지, 저마다 "+strconv.Itoa(MostTag)+"자까지, 서로 다르게 적어 주세요.", "At most "+strconv.Itoa(MostTags)+", each different and of at most "+strconv.Itoa(MostTag)+" characters.")
		}
		list[i] = t
	}
	return list, f.Err()
}

// Templates are those in force.
func (s Reader) Templates(ctx context.Context) (Templates, error) {
	var v Templates
	var err error
	if v.Version, _, err = s.templates().Newest(ctx, &v.List); err != nil {
		return Templates{}, err
	}
	if v.Version == FirstTemplates {
		v.List = BegunTemplates()
	}
	return v, nil
}

func (s Reader) templates() database.Versions {
	return database.Versions{DB: s.db, Table: "notice_templates"}
}

// SetTemplates makes a list the successor of a version. Of several successors of one version the first wins; the others fail
// with problem.Stale.
func (s Writer) SetTemplates(ctx context.Context, version int64, list []Template) (Templates, error) {
	if !auth.From(ctx).May(auth.Arrange, "") {
		return Templates{}, problem.NotAllowed()
	}
	list, err := CheckTemplates(list)
	if err != nil {
		return Templates{}, err
	}
	return Templates{List: list, Version: version + 1}, s.templates().Succeed(ctx, version, list, clock.Now(ctx))
}
