// Package desk is where the council puts banners in order.
package desk

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	banners banner.Reader
	limits  upload.Limits
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "배너", EN: "Banners"}, Path: banner.DeskPath, Order: 20, Action: auth.Write, Group: function.News}}
}

// Routes are the console's pages of banners.
func Routes(d function.Deps) []function.Route {
	h := handlers{desk: desk.New(d), banners: banner.NewReader(d.DB), limits: upload.Limits(d.Settings.Uploads)}
	write, pictures := function.May(auth.Write), []string{"uploads"} // who writes drops some
	return h.desk.Pages(
		function.Route{Method: "GET", Path: banner.DeskPath, Access: write, Do: function.Do(h.list), Doc: "All banners, to be put in order."},
		function.Route{Method: "GET", Path: banner.DeskPath + "/new", Access: write, Wakes: pictures, Do: function.Do(h.compose), Doc: "An empty form for a banner."},
		function.Route{Method: "GET", Path: banner.DeskPath + "/{id}", Access: write, Wakes: pictures, Do: function.Do(h.edit), Doc: "A banner in its form, and how often it was followed."},
	)
}
