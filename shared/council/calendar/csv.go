package calendar

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/text/charset"
)

// csvColumns are what the columns are called, each with its other names.
var csvColumns = map[string][]string{
	"title": {"제목", "일정", "title", "subject"}, "starts": {"시작", "시작일", "날짜", "starts", "startdate"}, "ends": {"끝", "종료", "종료일", "ends", "enddate"},
	"place": {"장소", "place", "location"}, "category": {"분류", "category"}, "text": {"내용", "설명", "text", "description"}, "url": {"링크", "주소", "url"}, "titleEn": {"영어제목", "titleen"},
}

// ReadCSV reads a table with a line that names its columns: 제목 and 시작, and perhaps 끝, 장소, 분류, 내용, 링크, 영어 제목. A day is
// all day; the last one counts. An event is known the next time by its unit, its title and its start. Site is the address of the site.
func ReadCSV(file []byte, site string) Reading {
	r := Reading{}
	decoded, _, ok := charset.Table(file)
	if !ok {
		r.refuse(1, "file", "not-a-text", "글자를 읽을 수 없는 파일입니다. UTF-8로 저장해 주세요.", "The file is no text. Save it as UTF-8.")
		return r
	}
	table := csv.NewReader(strings.NewReader(decoded))
	table.FieldsPerRecord, table.TrimLeadingSpace = -1, true
	var places map[string]int
	for !r.over() {
		record, err := table.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(r.Events) == 0 && len(r.Wrong) == 0 {
				r.refuse(1, "file", "empty", "가져올 일정이 없습니다.", "There is no event in it.")
			}
			return r
		case errors.As(err, &wrong):
			r.refuse(wrong.Line, "file", "malformed-csv", "CSV로 읽을 수 없는 줄입니다.", "The line is no CSV.")
			return r
		case err != nil:
			r.refuse(1, "file", "malformed-csv", "CSV로 읽을 수 없습니다.", "It is no CSV.")
			return r
		}
		line, _ := table.FieldPos(0)
		switch {
		case len(record) > mostColumns:
			r.refuse(line, "file", "too-many-columns", fmt.Sprintf("한 줄에 열이 %d개까지입니다.", mostColumns), fmt.Sprintf("A line has at most %d columns.", mostColumns))
			return r
		case !slices.ContainsFunc(record, func(s string) bool { return !text.Blank(s) }):
		case places == nil:
			if places, ok = r.columns(record); !ok {
				r.refuse(line, "file", "columns-missing", "첫 줄에 제목과 시작이 있어야 합니다.", "The first line must name 제목 (title) and 시작 (starts).")
				return r
			}
		case len(r.Events) == MostImported:
			r.refuse(line, "file", "too-many", fmt.Sprintf("한 번에 %d개까지 가져올 수 있습니다.", MostImported), fmt.Sprintf("At most %d events at once.", MostImported))
			return r
		default:
			r.row(record, places, line, hostOf(site))
		}
	}
	return r
}

// columns are where the columns are, by what they are.
func (r *Reading) columns(record []string) (map[string]int, bool) {
	places := map[string]int{}
	for i, head := range record {
		known := false
		for field, names := range csvColumns {
			if _, there := places[field]; !there && slices.Contains(names, text.Squeeze(head)) {
				places[field], known = i, true
			}
		}
		if !known && !text.Blank(head) {
			r.pass(shown(head))
		}
	}
	_, title := places["title"]
	_, starts := places["starts"]
	return places, title && starts
}

func (r *Reading) row(record []string, places map[string]int, line int, host string) {
	cell := func(field string) string {
		i, there := places[field]
		if !there || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	has := func(field string) bool { _, there := places[field]; return there }
	f := Found{Line: line, Said: Fields{Category: cell("category") != "", TitleEn: has("titleEn"), Text: has("text"), Place: has("place"), URL: has("url")}}
	f.Title, f.TitleEn, f.Place, f.Category, f.Text, f.URL = cell("title"), cell("titleEn"), cell("place"), cell("category"), cell("text"), cell("url")
	starts, day, ok := written(cell("starts"))
	if !ok {
		r.refuse(line, "starts", "not-a-time", "2026-05-20이나 2026-05-20 18:00처럼 적습니다.", "As 2026-05-20 or 2026-05-20 18:00.")
		return
	}
	ends := starts
	if said := cell("ends"); said != "" {
		var endDay, fine bool
		if ends, endDay, fine = written(said); !fine || endDay != day {
			r.refuse(line, "ends", "not-a-time", "시작과 같은 꼴로 적습니다.", "As the start is written.")
			return
		}
	}
	if f.Span = (Span{day, starts, ends}); day {
		f.Span.Ends = ends.AddDate(0, 0, 1)
	}
	sum := sha256.Sum256([]byte(text.Squeeze(f.Title) + "\n" + strconv.FormatInt(clock.Millis(starts), 10)))
	f.UID = "csv-" + hex.EncodeToString(sum[:12]) + "@" + host
	f.Origin, f.Table = f.UID, true
	r.Events = append(r.Events, f)
}

// tableUID is the UID of a line of a table in a unit.
func tableUID(uid, unit string) string {
	sum := sha256.Sum256([]byte(uid + "\n" + unit))
	_, host, _ := strings.Cut(uid, "@")
	return "csv-" + hex.EncodeToString(sum[:12]) + "@" + host
}

// day is what tables of Korean offices have: year, month, day, perhaps a day of the week and a time.
var day = regexp.MustCompile(`^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?\s*(?:\(?[월화수목금토일](?:요일)?\)?)?(?:[\sT]*(\d{1,2}):(\d{2}))?$`)

// written reads a day or a time of a table, in Seoul.
func written(s string) (t time.Time, allDay, ok bool) {
	m := day.FindStringSubmatch(s)
	if m == nil {
		return t, false, false
	}
	n := [5]int{}
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, or nothing
	}
	t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], 0, 0, clock.Seoul)
	same := t.Year() == n[0] && int(t.Month()) == n[1] && t.Day() == n[2] && t.Hour() == n[3] && t.Minute() == n[4]
	return t, m[4] == "", same && sane(t) // what there is not, as 30 February, becomes another day
}
