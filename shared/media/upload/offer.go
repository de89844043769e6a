package upload

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/media/filetype"
)

// Offer is what a page tells its scripts of a purpose.
type Offer struct {
	Name   string              `json:"name"`
	Limit  int64               `json:"limit"` // bytes
	Images bool                `json:"images"`
	Types  map[string][]string `json:"types"`
}

// Offers are those of purposes by name to somebody, in this order: the first that a file fits is
// taken.
func Offers(who auth.Principal, limits Limits, imagesOnly bool, names ...string) []Offer {
	list := []Offer{}
	for _, name := range names {
		if p, known := PurposeOf(name); known {
			p = p.Raised(limits.LimitMiB).For(who, limits.ArchiveMiB)
			images := imagesOnly || p.Images
			list = append(list, Offer{Name: p.Name, Limit: p.Limit, Images: images, Types: filetype.Names(images)})
		}
	}
	return list
}
