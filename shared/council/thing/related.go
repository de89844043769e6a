package thing

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// PageOf is the path of a page of this site, one for all addresses of the page that somebody may have written: in Korean,
// percent-encoded, without a place in the page and without what was asked for, unless that tells pages apart (Kind.Asked). It is
// "" for what is no such path.
func PageOf(address string) string {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	where := norm.NFC.String(u.Path)
	if where == "/en" || strings.HasPrefix(where, "/en/") {
		where = strings.TrimPrefix(where, "/en")
	}
	where = strings.TrimSuffix(where, "/")
	for _, k := range Kinds() {
		if asked, _ := path.Match(k.Asked, where); asked && k.By != "" && u.Query().Get(k.By) != "" {
			return (&url.URL{Path: where, RawQuery: url.Values{k.By: u.Query()[k.By][:1]}.Encode()}).String()
		}
	}
	return (&url.URL{Path: where}).EscapedPath()
}

// Inside is an address of the site that begins with an origin as a path of it, whoever wrote it out; another one is as it is.
func Inside(site, address string) string {
	own, err := url.Parse(site)
	u, wrong := url.Parse(strings.TrimSpace(address))
	if err != nil || wrong != nil || own.Host == "" || strings.HasPrefix(u.Path, "//") || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !strings.EqualFold(strings.TrimSuffix(u.Host, ":443"), own.Host) {
		return address
	}
	u.Scheme, u.Host = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// named are pages by addresses, each once and in one order.
func named(addresses []string) []string {
	list := []string{}
	for _, a := range addresses {
		if page := PageOf(a); page != "" {
			list = append(list, page)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s Store) saveLinks(ctx context.Context, r row) error {
	if err := s.removeLinks(ctx, r.number()); err != nil {
		return err
	}
	also := named(r.Also)
	for _, page := range named(r.Links) {
		if page == r.Path || slices.Contains(also, page) {
			continue
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO thing_links (path, number) VALUES ($1, $2)`, page, r.number()); err != nil {
			return err
		}
	}
	for _, page := range also {
		if _, err := s.DB.Exec(ctx, `INSERT INTO thing_pages (path, number) VALUES ($1, $2)`, page, r.number()); err != nil {
			return err
		}
	}
	return nil
}

func (s Store) removeLinks(ctx context.Context, number int64) error {
	for _, table := range []string{"thing_links", "thing_pages"} {
		if _, err := s.DB.Exec(ctx, `DELETE FROM `+table+` WHERE number = $1`, number); err != nil {
			return err
		}
	}
	return nil
}

// related are the things that one of number $1 names, and those that name it.
const related = `SELECT a.number FROM thing_links l JOIN things a ON a.path = l.path WHERE l.number = $1
	UNION SELECT a.number FROM thing_links l JOIN thing_pages a ON a.path = l.path WHERE l.number = $1
	UNION SELECT l.number FROM things b JOIN thing_links l ON l.path = b.path WHERE b.number = $1 AND b.path <> ''
	UNION SELECT l.number FROM thing_pages b JOIN thing_links l ON l.path = b.path WHERE b.number = $1`

// relatedTags are the tags of what shows things that are related to one.
func (s Store) relatedTags(ctx context.Context, ref Ref) ([]string, error) {
	refs, err := database.All(ctx, s.DB, func(r database.Row) (Ref, error) {
		var ref Ref
		err := r.Scan(&ref.Kind, &ref.ID)
		return ref, err
	}, `SELECT kind, id FROM things WHERE number IN (`+related+`) ORDER BY number`, ref.number())
	list := []string{}
	for _, r := range refs {
		list = append(list, r.Tag())
	}
	return list, err
}

// Related are things of a kind that a thing names by the paths of their pages (Thing.Links) or that name it, as far as their
// readers, of whom the caller is one, see them now: the newest first. With them comes the next time at which that changes by
// itself, nil for never. Put, Drop and Hide of either touch the tag of the other.
func (s Store) Related(ctx context.Context, of Ref, kind string) ([]Thing, *time.Time, error) {
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things WHERE kind = $2 AND number IN (`+related+`) ORDER BY at DESC, number DESC`, of.number(), kind)
	if err != nil {
		return nil, nil, err
	}
	now, things := clock.Now(ctx), []Thing{}
	var next *time.Time
	for _, r := range list {
		if r.Visible(now) && r.Readable(ctx) {
			things = append(things, r.Thing)
		}
		for _, at := range []*time.Time{r.From, r.Until} {
			if at != nil && at.After(now) && (next == nil || at.Before(*next)) {
				next = at
			}
		}
	}
	return things, next, nil
}

// At is a thing of a kind whose page has an address, as far as the caller may read it now; nil for none.
func (s Store) At(ctx context.Context, kind, address string) (*Thing, error) {
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things WHERE number IN (
		SELECT number FROM things WHERE path = $1 AND path <> '' UNION ALL SELECT number FROM thing_pages WHERE path = $1) AND kind = $2 ORDER BY number`, PageOf(address), kind)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(r row) bool { return r.Readable(ctx) })
	if i < 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return &list[i].Thing, nil
}
