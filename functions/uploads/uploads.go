// Package uploads is how files get into the product.
package uploads

import (
	"slices"
	"time"

	"github.com/madang-council/madang/functions/uploads/desk"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Function takes files: in parts straight to the storage, or small ones as a form.
var Function = function.Spec{
	Name:  "uploads",
	Doc:   "Files: start, presigned parts straight to storage, resume, complete, read, delete; verified from the stored bytes.",
	Needs: []function.Need{function.Database, function.Storage},
	// A completion reads the whole file once, and writes it; 200 MB of a busy storage take minutes.
	Scale: function.Scale{Timeout: 10 * time.Minute, Concurrency: 4, MemoryMiB: 128},
	Desk:  desk.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{cursors: cursor.New(d.Key.Derive("cursor")), files: upload.NewDepot(d.DB, d.Outbox, objects.Config(d.Storage), upload.Rules{Environment: d.Settings.Environment, OrphanAge: d.Settings.OrphanAge, Limits: upload.Limits(d.Settings.Uploads)})}
		const in, up = "/v1/uploads/{id}", function.Uploading
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "POST", Path: "/v1/uploads", Words: problem.Text{KO: "파일을 올리기 시작함", EN: "Began an upload"}, Access: function.SignedIn, Limit: up, Alone: true, Status: 201, Do: function.Do(h.start), Doc: "Starts an upload and answers where its parts go; an Idempotency-Key used before answers the upload that it began.",
				Refuses: function.Refusals{problem.Forbidden: {"not-allowed", "address-unconfirmed", "verification-required"}, problem.TooMany: {"too-many-proofs"}, problem.Conflict: {"too-many-unused-uploads"}, problem.Gone: {"upload-expired"}, problem.TooLarge: {"upload-too-large"}, problem.Invalid: append([]string{"idempotency-key-reused"}, upload.Refusals()...)}},
			{Method: "GET", Path: in + "/parts", Access: function.SignedIn, Limit: up, Do: function.Do(h.parts), Doc: "Which parts are stored, and addresses for those that are missing, to resume.",
				Refuses: function.Refusals{problem.Conflict: {"upload-lost"}, problem.Gone: {"upload-expired"}, problem.Invalid: upload.Refusals()}},
			{Method: "POST", Path: in + "/complete", Words: problem.Text{KO: "파일을 다 올림", EN: "Completed an upload"}, Access: function.SignedIn, Limit: up, Alone: true, Do: function.Do(h.complete), Doc: "Verifies the stored bytes and completes or refuses the upload for good; may be repeated.",
				Refuses: function.Refusals{problem.Conflict: {"parts-missing", "upload-lost"}, problem.Gone: {"upload-expired"}, problem.Invalid: upload.Refusals()}},
			{Method: "POST", Path: "/v1/uploads/form", Words: problem.Text{KO: "작은 파일을 올림", EN: "Uploaded a small file"}, Access: function.SignedIn, Limit: up, Alone: true, Status: 201, Do: function.Do(h.form), Doc: "Takes a small file as multipart/form-data: purpose, optionally sha256, and the file last.",
				Refuses: function.Refusals{problem.Malformed: {"body-incomplete", "malformed-form"}, problem.Forbidden: {"not-allowed", "address-unconfirmed", "verification-required"}, problem.TooMany: {"too-many-proofs"}, problem.Conflict: {"too-many-unused-uploads"}, problem.TooLarge: {"upload-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}, problem.Invalid: upload.Refusals()}},
			{Method: "GET", Path: "/v1/uploads", Words: problem.Text{KO: "회원이 올린 파일의 목록을 봄(API)", EN: "Looked through members' files (API)"}, Access: function.SignedIn, Personal: true, Do: function.Do(h.list), Doc: "The caller's own uploads, newest first; for the council with all=true everybody's that it may see.",
				Refuses: function.Refusals{problem.Forbidden: {"not-allowed"}}},
			{Method: "GET", Path: in, Words: problem.Text{KO: "회원이 올린 파일의 정보를 봄", EN: "Read about a member's file"}, Access: function.SignedIn, Personal: true, Do: function.Do(h.read), Doc: "What is known about an upload, for its owner and the council; about a proof, for its owner and who verifies students; about a record, for who reads an archive that uses it, and until then for its owner."},
			{Method: "PATCH", Path: in, Words: problem.Text{KO: "대체 텍스트를 씀", EN: "Described a picture"}, Access: function.SignedIn, Do: function.Do(h.describe), Doc: "Says what a picture shows, for those who do not see it: its owner, and who writes for every unit that shows it.",
				Refuses: function.Refusals{problem.Forbidden: {"not-allowed"}}},
			{Method: "GET", Path: in + "/file", Words: problem.Text{KO: "비공개 파일을 봄", EN: "Read a private file"}, Access: function.SignedIn, Personal: true, Do: function.Do(h.file), Doc: "Leads to the file: a link of 5 minutes for a private one, the public address for the others.",
				Refuses: function.Refusals{problem.Conflict: {"upload-incomplete"}}},
			{Method: "DELETE", Path: in, Words: problem.Text{KO: "파일을 지움", EN: "Deleted a file"}, Access: function.SignedIn, Do: function.Do(h.remove), Doc: "Deletes an upload that nothing uses, for its owner and admins of the whole council.",
				Refuses: function.Refusals{problem.Forbidden: {"not-allowed"}, problem.Conflict: {"upload-in-use"}}},
		}, desk.Routes(d))}
	},
}
