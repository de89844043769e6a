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

// Offers are those of purposes by name, in this order: the first that a file fits is
// taken. Raised is as for Purpose.Raised.
func Offers(raised int, imagesOnly bool, names ...string) []Offer {
	return OffersTo(auth.Principal{}, Rules{LimitMiB: raised}, imagesOnly, names...)
}

// OffersTo are Offers to somebody, by an operator's rules.
func OffersTo(who auth.Principal, rules Rules, imagesOnly bool, names ...string) []Offer {
	list := []Offer{}
	for _, name := range names {
		if p, known := PurposeOf(name); known {
			p = p.Raised(rules.LimitMiB).For(who, rules.ArchiveMiB)
			images := imagesOnly || p.Images
			list = append(list, Offer{Name: p.Name, Limit: p.Limit, Images: images, Types: filetype.Names(images)})
		}
	}
	return list
}
