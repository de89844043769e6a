// Package media makes pictures fit for the public.
package media

import (
	"time"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Function makes the variants of uploaded images: upright, without EXIF and GPS; and of what
// moves a copy of its pictures alone. Only they are public; the original is not.
var Function = function.Spec{
	Name:  "media",
	Label: problem.Text{KO: "사진 다듬기", EN: "Pictures"},
	Doc:   "Variants of uploaded images: 320, 960 and 1600 px, and 800 by 400 for chats, upright, without EXIF and GPS; films without metadata.",
	Needs: []function.Need{function.Database, function.Storage},
	// One picture at a time: 40 megapixels with alpha take 320 MB decoded.
	Scale: function.Scale{Concurrency: 1, Timeout: 5 * time.Minute, MemoryMiB: 512},
	New: func(d function.Deps) function.Parts {
		h := handlers{files: upload.NewDepot(d.DB, d.Outbox, objects.Config(d.Storage), upload.Rules{Environment: d.Settings.Environment, OrphanAge: d.Settings.OrphanAge})}
		return function.Parts{Consumes: cloudevent.Consume(
			function.Subscription{Type: upload.CompletedType, Doc: "Makes the variants of an image.", Do: h.process},
		)}
	},
}
