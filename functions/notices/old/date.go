package old

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

// date is what Korean boards write: year, month, day, and perhaps a day of the week and a time.
var date = regexp.MustCompile(`^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?\s*(?:\(?[월화수목금토일](?:요일)?\)?)?` +
	`(?:[\sT]*(오전|오후|AM|PM|am|pm)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(AM|PM|am|pm)?)?$`)

// Date reads a time in one of the forms that Korean boards use: 2024-03-02, 2024.03.02 13:00,
// 2024. 3. 2. 오후 1:00, 2024년 3월 2일 (토), or RFC 3339. Without a zone it is Seoul's; without a
// time of day it is midnight.
func Date(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	m := date.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // digits, or nothing
		return n
	}
	hour, half := number(5), strings.ToUpper(m[4]+m[8])
	if half != "" {
		if hour < 1 || hour > 12 || m[4] != "" && m[8] != "" {
			return time.Time{}, false
		}
		hour %= 12
		if half == "오후" || half == "PM" {
			hour += 12
		}
	}
	t := time.Date(number(1), time.Month(number(2)), number(3), hour, number(6), number(7), 0, clock.Seoul)
	// What there is not, as 30 February, becomes another day.
	same := t.Year() == number(1) && int(t.Month()) == number(2) && t.Day() == number(3) && t.Hour() == hour && t.Minute() == number(6) && t.Second() == number(7)
	return t, same
}
