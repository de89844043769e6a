package function

import "time"

// Ground is what there is before a function is given what it starts with.
type Ground struct {
	Now      time.Time // the minute, in Seoul; where a body has it, it is the moment of its call
	Pictures []string  // ids of uploaded pictures: a festival, snacks, a welcome
}

// Seed is a call of a function's own API by an admin, for what a laptop and a
// development environment start with.
type Seed struct {
	Method string // "" for POST; what replaces something does so whatever its version
	Path   string
	Body   map[string]any // as JSON
}
