package host

import (
	"context"

	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// flagsIn are the council's switches, for the host and for the frame of pages: one query for a
// request, however many ask.
func flagsIn(db *database.DB) func(context.Context) (function.Flags, error) {
	return func(ctx context.Context) (function.Flags, error) {
		return function.RequestFrom(ctx).Flags(func() (function.Flags, error) { //nolint:wrapcheck // it says where it failed
			site, changes, err := policy.ReadUntil[policy.Site](ctx, db)
			return function.Flags{ReadOnly: site.ReadOnly, Off: site.Off, Banner: problem.Text{KO: site.Banner, EN: site.BannerEN}, Changes: changes}, err
		})
	}
}

// flags are the council's switches. Where they cannot be read nothing is switched: the database is
// away, and the handler says so.
func (h *Host) flags(ctx context.Context) function.Flags {
	flags, err := h.deps.FlagsOf(ctx)
	if err != nil {
		h.log.WarnContext(ctx, "the council's switches are not known", "error", err)
		return function.Flags{}
	}
	return flags
}

// off is problem.Absent for a route of a function that is switched off.
func (h *Host) off(ctx context.Context, route function.Route) error {
	if route.Switched && !h.flags(ctx).Runs(h.spec.Name) {
		return problem.Absent()
	}
	return nil
}

// readOnly is problem.ReadOnly for a write while the site is read-only.
func (h *Host) readOnly(ctx context.Context, route function.Route) error {
	if route.Writes() && h.flags(ctx).ReadOnly {
		return problem.ReadOnly()
	}
	return nil
}
