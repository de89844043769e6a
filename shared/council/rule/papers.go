package rule

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// Papers are what belongs to a version beside its text.
type Papers struct {
	Files   []string // ids of uploads, in their order
	Meeting string   // address of the minutes of the meeting that decided it; "" for none
}

// errStays refuses to take a file from what was promulgated.
func errStays() *problem.Error {
	return problem.New(problem.Conflict, "files-stay", "공포한 회칙의 파일은 뺄 수 없습니다. 더 붙일 수는 있습니다.", "A file of what was promulgated stays. More can be added.")
}

// Keep makes p the papers of a version, in the version of it that the caller read. The signed original and the minutes are
// often there only after the promulgation: its files stay then, and others are added.
func (s Writer) Keep(ctx context.Context, slug string, number, version int64, p Papers) (Version, error) {
	book, was, changes, err := s.writable(ctx, slug, number, version)
	if err != nil {
		return Version{}, err
	}
	if was.PromulgatedOn != "" {
		files, err := s.Files(ctx, was)
		if err != nil {
			return Version{}, err
		}
		if slices.ContainsFunc(files, func(f upload.File) bool { return !slices.Contains(p.Files, f.ID) }) {
			return Version{}, errStays()
		}
	}
	if p.Meeting, err = s.meeting(ctx, p.Meeting, was.Meeting); err != nil {
		return Version{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE rule_versions SET meeting = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND version = $4`, p.Meeting, clock.Millis(clock.Now(ctx)), was.ID, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Version{}, err
	}
	if err := s.uploads.Use(ctx, AmendmentKind, was.ID, append([]string{}, p.Files...), "files"); err != nil {
		return Version{}, err
	}
	if _, err := s.settle(ctx, book, was.ID, changes, was.AnnouncedAt != nil || was.PromulgatedOn != ""); err != nil {
		return Version{}, err
	}
	_, is, err := s.Version(ctx, slug, number)
	return is, err
}

// meeting is the path of minutes that the caller may read, of an address; what it was may stay.
func (s Writer) meeting(ctx context.Context, address, was string) (string, error) {
	var f check.Fields
	path := thing.PageOf(thing.Inside(s.site, f.OptionalLine("meeting", address, mostAddress)))
	if err := f.Err(); err != nil || address == "" || path == was && was != "" {
		return path, err
	}
	minutes, err := s.things.At(ctx, "minute", path)
	if err == nil && minutes == nil {
		err = problem.WrongField("meeting", "no-minutes", "그런 회의록이 없습니다. 회의록의 주소를 /minutes/…처럼 붙여 넣으세요.", "There are no such minutes. Paste the address of their page, as /minutes/….")
	}
	return path, err
}

// mostAddress is the longest address of minutes, in characters.
const mostAddress = 200
