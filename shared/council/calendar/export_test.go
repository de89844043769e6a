package calendar

import (
	"time"

	"github.com/teambition/rrule-go"
)

// Dates are those of a rule up to its end, and at how many days was looked.
func Dates(o rrule.ROption) (dates []time.Time, looked int) {
	left := mostLooked
	newRule(o).dates(&left, func(t time.Time) bool {
		dates = append(dates, t)
		return true
	})
	return dates, mostLooked - left
}
