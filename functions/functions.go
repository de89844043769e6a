// Package functions is the list of what the product offers. The deployed processes, the
// local host, the edge's routes, the chart, the API document and the tests all follow
// from it.
package functions

import (
	"github.com/madang-council/madang/functions/about"
	"github.com/madang-council/madang/functions/archives"
	"github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/functions/banners"
	"github.com/madang-council/madang/functions/calendar"
	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/functions/deadletters"
	"github.com/madang-council/madang/functions/feeds"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/media"
	"github.com/madang-council/madang/functions/members"
	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/notify"
	"github.com/madang-council/madang/functions/operations"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/functions/rules"
	"github.com/madang-council/madang/functions/search"
	"github.com/madang-council/madang/functions/settings"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/function"
)

// All are all functions, by name.
func All() []function.Spec {
	return []function.Spec{
		about.Function,
		archives.Function,
		auth.Function,
		banners.Function,
		calendar.Function,
		console.Function,
		deadletters.Function,
		feeds.Function,
		home.Function,
		media.Function,
		members.Function,
		minutes.Function,
		notices.Function,
		notify.Function,
		operations.Function,
		policies.Function,
		rules.Function,
		search.Function,
		settings.Function,
		site.Function,
		sweep.Function,
		uploads.Function,
	}
}
