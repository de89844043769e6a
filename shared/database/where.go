package database

import (
	"fmt"
	"strconv"
	"strings"
)

// Where are the conditions of a statement that depend on what is asked for. What is not asked
// for is not in the text, so that an index fits each: PostgreSQL plans a prepared statement
// once for all arguments, and a condition that may also say nothing with none.
type Where struct {
	Args  []any
	parts []string
}

// Add adds a condition, whose ? are its arguments.
func (w *Where) Add(condition string, args ...any) {
	for _, a := range args {
		w.Args = append(w.Args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.Args)), 1)
	}
	w.parts = append(w.parts, condition)
}

// In adds that a column has one of some values; of none, nothing has one.
func (w *Where) In(column string, values ...string) {
	condition, args := In(column, values)
	w.Add(condition, args...)
}

// In is the condition for Where.Add that a column has one of some values, for what stands beside others in one.
func In[S ~string](column string, values []S) (condition string, args []any) {
	if len(values) == 0 {
		return `1 = 0`, nil
	}
	for _, v := range values {
		args = append(args, string(v))
	}
	return column + ` IN (?` + strings.Repeat(`, ?`, len(args)-1) + `)`, args
}

// String is " WHERE " and the conditions, or "" without any.
func (w *Where) String() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

// Part is the pattern of LIKE, with ESCAPE '\', for what has s in it.
func Part(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Chunk is how many placeholders a list gets at most: fewer than any engine's most, and enough for most lists at once.
const Chunk = 500

// Null is s, or NULL for what is empty.
func Null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Marks are n placeholders from $first on, for a list in parentheses.
func Marks(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(list, ", ")
}

// What deletes the rows that a subquery found says again why: another transaction may have taken
// that back, and only the outer condition is looked at again. Written as "until_at + 0 <= $1" no
// index fits it, so that the rows are those of the subquery and are not looked for twice.

// Limit is the end of a statement that reads or changes at most n rows. The number stands in
// the text: as an argument PostgreSQL would plan for a tenth of the table.
func Limit(n int) string { return " LIMIT " + strconv.Itoa(n) }
