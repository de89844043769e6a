// Package person is what a store says about the members whom it keeps something of: what
// they are shown of it, and what goes when they leave. The store that owns the columns says
// it; shared/council/persons lists all, and its test demands that no column is forgotten.
package person

import (
	"context"

	"github.com/madang-council/madang/shared/problem"
)

// Fate is what becomes of a column.
type Fate string

// The fates. What is exported may go or stay at the end as well.
const (
	Exported  Fate = "exported"  // shown to the member, and taken away when they have left
	Shown     Fate = "shown"     // shown to the member, and kept, for the reason given
	Forgotten Fate = "forgotten" // taken away when they have left: a secret, or of no meaning to them
	Kept      Fate = "kept"      // neither, for the reason given
)

// Column is a column of text that names a member or says something of one.
type Column struct {
	Name string // as "sessions.device"
	Fate Fate
	Why  string // it is kept
}

// Notice is what people are told of something that is kept of them, as a line of the privacy
// policy (개인정보 보호법 30조): items, purpose, period, and who gets it beside the council; Whom is empty where nobody does. In Until {leave}, {unused}, {log} and {requests}
// stand for the times of the settings, and in Whom {mail} for who gets what is sent by email: a processor where the settings name any.
type Notice struct{ What, Why, Until, Whom problem.Text }

// Data is something that one store keeps of members.
type Data struct {
	Name    string // in the export, which callers know: it never changes; "" without Export
	Notices []Notice
	Columns []Column
	// Export is what a member is shown, encoded as JSON; nil where there is nothing.
	Export func(ctx context.Context, memberID string) (any, error)
	// Forget takes away what is about a member who has left, and lets what they made for
	// others stay without them. It may run twice. Nil where all of it is kept.
	Forget func(ctx context.Context, memberID string) error
}
