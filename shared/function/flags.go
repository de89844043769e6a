package function

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/problem"
)

// FlagsTag is the tag of what flags change: every page but those that are the same for all
// (Page.ForAll). The council's policies touch it (policy.SiteTag).
const FlagsTag = "policies:site"

// Flags are what the council has switched for the whole site.
type Flags struct {
	ReadOnly bool
	Off      []string     // names of functions that are switched off
	Banner   problem.Text // a line above every page, in English where there is English; empty for none
	Changes  *time.Time   // when they change by themselves; nil for never
}

// Runs says whether a function is not switched off.
func (f Flags) Runs(name string) bool { return !slices.Contains(f.Off, name) }

// Running are the entries of functions that are not switched off.
func (f Flags) Running(entries []Entry) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !f.Runs(e.Function) })
}

// Closes says whether a page belongs to a function that is switched off: to that of the nearest
// entry above it.
func (f Flags) Closes(entries []Entry, path string) bool {
	nearest, owner := -1, ""
	for _, e := range entries {
		if (path == e.Path || strings.HasPrefix(path, e.Path+"/")) && len(e.Path) > nearest {
			nearest, owner = len(e.Path), e.Function
		}
	}
	return !f.Runs(owner)
}

// flags are those of a request, or why they are not known.
type flags struct {
	is  Flags
	err error
}

// Flags are those of the request: read is called for the first who asks.
func (r *Request) Flags(read func() (Flags, error)) (Flags, error) {
	if r.flags == nil {
		is, err := read()
		r.flags = &flags{is, err}
	}
	return r.flags.is, r.flags.err
}

// Writable is problem.ReadOnly while the site is read-only: for what is written where something
// is read, as an account when somebody comes back from an issuer.
func (d Deps) Writable(ctx context.Context) error {
	if f, err := d.FlagsOf(ctx); err == nil && f.ReadOnly {
		return problem.ReadOnly()
	}
	return nil // else the write itself fails
}

// Off are the functions that are switched off. Where the switches are not known none is: the database is away, and who
// reads it says so.
func (d Deps) Off(ctx context.Context) []string {
	flags, err := d.FlagsOf(ctx)
	if err != nil {
		d.Log.WarnContext(ctx, "the council's switches are not known", "error", err)
	}
	return flags.Off
}

// FlagsOf are the flags of the request under way; none where there is no database.
func (d Deps) FlagsOf(ctx context.Context) (Flags, error) {
	if d.Flags == nil {
		return Flags{}, nil
	}
	return d.Flags(ctx)
}
