package edge

import (
	"strconv"

	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// ProblemPage is what an edge answers a browser by itself.
type ProblemPage struct {
	Body   string            `json:"body"` // with ui.RequestID where the request's id belongs
	Header map[string]string `json:"header"`
}

// texts are those of edge.lua's documents.
var texts = map[int]problem.Text{
	400: {KO: "요청을 읽을 수 없습니다.", EN: "The request cannot be read."},
	404: problem.Absent().Text,
	405: {KO: "이 주소에서 쓸 수 없는 메서드입니다.", EN: "This address has no such method."},
	408: {KO: "요청이 너무 오래 걸렸습니다.", EN: "The request took too long."},
	413: {KO: "본문이 너무 큽니다.", EN: "The body is too large."},
	414: {KO: "주소가 너무 깁니다.", EN: "The address is too long."},
	429: {KO: "요청이 너무 많습니다. 잠시 후 다시 시도하세요.", EN: "Too many requests. Try again in a moment."},
	431: {KO: "헤더가 너무 큽니다.", EN: "The headers are too large."},
	503: {KO: "잠시 후 다시 시도하세요.", EN: "Try again in a moment."},
}

// ProblemPages are the pages by language and status, which Nginx reads as problems.json.
func ProblemPages() map[string]map[string]ProblemPage {
	pages := map[string]map[string]ProblemPage{}
	for _, language := range []string{"ko", "en"} {
		pages[language] = map[string]ProblemPage{}
		for status, text := range texts {
			body, header := ui.Alone(status, language, text)
			pages[language][strconv.Itoa(status)] = ProblemPage{Body: body, Header: header}
		}
	}
	return pages
}
