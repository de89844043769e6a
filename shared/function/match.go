package function

import (
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/problem"
)

// Tagged is a version as an ETag.
func Tagged(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// Match is the version that a change may start from by its If-Match (RFC 9110 13.1.1): the
// one that is named, of several the current one, and with "*" whichever is current, for who
// has not read what they change and says so. Only strong tags count: a weak one says that
// nobody knows whether it is the same. The current version is asked for only where more than
// one would do. It fails with problem.Unversioned without the header, and with problem.Stale
// where no version is meant that there is.
func Match(header string, current func() (int64, error)) (int64, error) {
	if header == "" {
		return 0, problem.Unversioned()
	}
	if strings.Trim(header, " \t") == "*" {
		return current()
	}
	tags := strongTags(header)
	switch len(tags) {
	case 0:
		return 0, problem.Stale()
	case 1:
		return versionOf(tags[0])
	}
	is, err := current()
	if err == nil && !slices.Contains(tags, Tagged(is)) {
		err = problem.Stale()
	}
	return is, err
}

// versionOf is the version of a tag as Tagged writes it.
func versionOf(tag string) (int64, error) {
	version, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(tag, `"v`), `"`), 10, 64)
	if err != nil || Tagged(version) != tag {
		return 0, problem.Stale()
	}
	return version, nil
}

// strongTags are the strong ones of a list of entity tags, none of what is no such list.
func strongTags(list string) []string {
	tags, rest := []string{}, list
	for {
		rest = strings.TrimLeft(rest, " \t,") // a list may have empty elements (RFC 9110 5.6.1)
		if rest == "" {
			return tags
		}
		opaque, weak := strings.CutPrefix(rest, "W/")
		end := 1 + strings.IndexByte(strings.TrimPrefix(opaque, `"`), '"')
		if !strings.HasPrefix(opaque, `"`) || end == 0 || strings.ContainsFunc(opaque[1:end], notInTag) {
			return nil
		}
		if !weak {
			tags = append(tags, opaque[:end+1])
		}
		rest = strings.TrimLeft(opaque[end+1:], " \t")
		if rest != "" && rest[0] != ',' {
			return nil
		}
	}
}

// notInTag says whether an entity tag cannot have a character (etagc, RFC 9110 8.8.3).
func notInTag(r rune) bool { return r <= ' ' || r == 0x7f }
