// Package functions is the list of what the product offers. The deployed processes, the
// local host, the edge's routes, the chart, the API document and the tests all follow
// from it.
package functions

import (
	"github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/functions/banners"
	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/functions/deadletters"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/media"
	"github.com/madang-council/madang/functions/members"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/operations"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/function"
)

// All are all functions, by name.
func All() []function.Spec {
	return []function.Spec{
		auth.Function,
		banners.Function,
		console.Function,
		deadletters.Function,
		home.Function,
		media.Function,
		members.Function,
		notices.Function,
		operations.Function,
		site.Function,
		sweep.Function,
		uploads.Function,
	}
}
