package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/text"
)

// entry is a file of a bundle.
type entry struct {
	Name   string // path in the ZIP: NFC, with slashes
	Size   int64  // bytes
	SHA256 string // of its content

	key   string        // of its object; "" where it is no upload
	text  string        // of a short text
	table *settlementOf // a settlement is read when it is written: a year of them is long
	from  []source      // what its checksum is kept with
	crc   *uint32       // CRC-32; nil where nobody computed it yet
}

// settlementOf is a settlement that an archive has, or had before a correction.
type settlementOf struct {
	archive    string
	correction int64 // 0: that of today
}

// source is an upload in an archive.
type source struct{ archive, upload string }

// manifest is what a bundle holds, in its order.
type manifest struct {
	year    int
	entries []entry
}

// hash names what a bundle holds: bundles of one hash are the same bytes.
func (m manifest) hash() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "2 %d\n", m.year) // a hash takes everything; 2 is how bundles are made
	for _, e := range m.entries {
		_, _ = fmt.Fprintf(h, "%q %d %s\n", e.Name, e.Size, e.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// content is how many bytes are in the files.
func (m manifest) content() int64 {
	var n int64
	for _, e := range m.entries {
		n += e.Size
	}
	return n
}

// manifests are what a year's bundles hold now, by those who may read the archives in them; of sets
// of audiences that give nothing there is none.
func (s Reader) manifests(ctx context.Context, year int, sets ...[]Audience) ([]manifest, error) {
	plan, err := s.Plan(ctx, 0)
	if err != nil {
		return nil, err
	}
	f, behind := []folder{}, ""
	for {
		var w where
		w.Add(`year = ?`, year)
		w.published()
		w.Add(`id > ?`, behind)
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM archives`+w.String()+` ORDER BY id`+database.Limit(manifestStep), w.Args...)
		if err != nil {
			return nil, err
		}
		more, err := s.folders(ctx, plan, list)
		if err != nil {
			return nil, err
		}
		f = append(f, more...)
		if len(list) < manifestStep {
			break
		}
		behind = list[len(list)-1].ID
	}
	slices.SortStableFunc(f, func(a, b folder) int { // of ids in order
		return cmp.Or(cmp.Compare(a.path[0], b.path[0]), cmp.Compare(a.path[1], b.path[1]), cmp.Compare(a.path[2], b.path[2]))
	})
	made := []manifest{}
	for _, set := range sets {
		m := manifest{year: year}
		taken := names{}
		if list := corrections(f, set); len(list) > 0 {
			corrected := append([][]string{{"단위", "분류", "자료", "몇 번째 정정", "정정한 때", "사유", "정정 전 파일"}}, list...)
			e := written(sheet(corrected))
			e.Name = taken.free("", "정정 내역", ".csv")
			m.entries = append(m.entries, e)
		}
		for _, folder := range f {
			if slices.Contains(set, folder.audience) {
				m.entries = append(m.entries, folder.entries(taken)...)
			}
		}
		if len(m.entries) > 0 {
			made = append(made, m)
		}
	}
	return made, nil
}

// manifestStep is how many archives are read at once. Of all of a year their names, sizes and sums are kept, what is said of sums
// that do not fit, and their corrections; settlements are read when they are written.
const manifestStep = 50

// corrections are those of what a set of audiences reads, as rows of a sheet: the archives in their order, of each the first
// correction first.
func corrections(folders []folder, set []Audience) [][]string {
	rows := [][]string{}
	for _, f := range folders {
		if !slices.Contains(set, f.audience) {
			continue
		}
		for _, c := range f.corrected {
			rows = append(rows, append(slices.Clone(f.path), c...))
		}
	}
	return rows
}

// folder is an archive in a bundle.
type folder struct {
	audience  Audience
	path      []string
	files     []file
	corrected [][]string // of each correction: which one, when, why, the files before it
}

// file is one in a folder, or in a folder of it.
type file struct {
	below string // folder in the folder, or ""
	name  string
	entry entry
}

// folders are archives as folders, in their order.
func (s Reader) folders(ctx context.Context, plan Plan, list []Archive) ([]folder, error) {
	ids := []string{}
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	uses, err := s.uploads.Using(ctx, Kind, ids...)
	if err != nil {
		return nil, err
	}
	corrections, err := s.correctionsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	earlier := []string{}
	for id, cs := range corrections {
		for _, c := range cs {
			earlier = append(earlier, useOf(id, c.N))
		}
	}
	before, err := s.uploads.Using(ctx, Kind, earlier...)
	if err != nil {
		return nil, err
	}
	sums, err := s.sums(ctx, ids...)
	if err != nil {
		return nil, err
	}
	folders := []folder{}
	for _, v := range list {
		category, _ := plan.find(v.Category)
		f := folder{audience: v.Audience, path: []string{v.Unit, category.Name, v.Period.Name().KO + " " + v.Title}}
		add := func(below string, uploads []upload.Upload, correction int64, table Table, note string) {
			if len(table) > 0 {
				e := written(WriteTable(table))
				e.text, e.table = "", &settlementOf{v.ID, correction}
				f.files = append(f.files, file{below, "표.csv", e})
			}
			if note != "" {
				f.files = append(f.files, file{below, "합이 맞지 않는 이유.txt", written(note + "\r\n")})
			}
			for _, u := range uploads {
				at := source{v.ID, u.ID}
				f.files = append(f.files, file{below, u.Name, entry{Size: u.Size, SHA256: u.SHA256, key: u.Key(), from: []source{at}, crc: sums[at]}})
			}
		}
		if v.Summary != "" {
			f.files = append(f.files, file{"", "설명.txt", written(v.Title + "\r\n\r\n" + strings.ReplaceAll(v.Summary, "\n", "\r\n") + "\r\n")})
		}
		add("", uses[v.ID], 0, v.Table, v.Note)
		for _, c := range slices.Backward(corrections[v.ID]) {
			below := "정정 전 " + strconv.FormatInt(c.N, 10)
			files := []string{}
			for _, u := range before[useOf(v.ID, c.N)] {
				files = append(files, u.Name)
			}
			f.corrected = append(f.corrected, []string{strconv.FormatInt(c.N, 10), c.At.In(clock.Seoul).Format("2006-01-02 15:04"), c.Reason, strings.Join(files, "; ")})
			add(below, before[useOf(v.ID, c.N)], c.N, c.Table, c.Note)
			f.files = append(f.files, file{below, "정정 사유.txt", written(c.Reason + "\r\n")})
		}
		folders = append(folders, f)
	}
	return folders, nil
}

// settlement is the text of a settlement of a bundle. It fails with errOvertaken where it is no longer what the bundle holds:
// whoever changed it has outdated the bundle.
func (s Reader) settlement(ctx context.Context, e entry) (string, error) {
	query, args := `SELECT table_csv FROM archives WHERE id = $1`, []any{e.table.archive}
	if e.table.correction > 0 {
		query, args = `SELECT table_csv FROM archive_corrections WHERE archive_id = $1 AND n = $2`, append(args, e.table.correction)
	}
	list, err := database.All(ctx, s.db, database.Value[string], query, args...)
	if err != nil {
		return "", err
	}
	t, err := stored(strings.Join(list, ""))
	if err != nil {
		return "", err
	}
	is := written(WriteTable(t))
	if is.SHA256 != e.SHA256 {
		return "", errOvertaken
	}
	return is.text, nil
}

// written is a file of text.
func written(s string) entry {
	sum := sha256.Sum256([]byte(s))
	crc := crc32.ChecksumIEEE([]byte(s))
	return entry{Size: int64(len(s)), SHA256: hex.EncodeToString(sum[:]), text: s, crc: &crc}
}

// entries are the files of a folder under names that nobody has yet.
func (f folder) entries(taken names) []entry {
	path := ""
	for i, part := range f.path {
		if part = safe(part); i < len(f.path)-1 {
			path += part + "/"
			continue
		}
		path += taken.free(path, part, "") + "/"
	}
	list := []entry{}
	for _, file := range f.files {
		at := path
		if file.below != "" {
			at += safe(file.below) + "/"
		}
		name := safe(file.name)
		stem, extension := name, ""
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			stem, extension = name[:dot], name[dot:]
		}
		e := file.entry
		e.Name = at + taken.free(at, stem, extension)
		list = append(list, e)
	}
	return list
}

// names are those that are given, as systems compare them that do not tell upper from lower case.
type names map[string]bool

// free is a name in a folder that nobody has, with a number where it must.
func (n names) free(folder, stem, extension string) string {
	for i := 1; ; i++ {
		name := stem + extension
		if i > 1 {
			name = stem + " (" + strconv.Itoa(i) + ")" + extension
		}
		key := text.Fold(folder + name)
		if !n[key] {
			n[key] = true
			return name
		}
	}
}

// mostSegment is how long a part of a name is, in characters: three of them and a file fit the 260
// of Windows.
const mostSegment = 60

// safe is a part of a name as every system takes it: NFC, without what separates folders or means
// something to one, and without points at its end.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, text.NFC(s))
	stem, extension := s, ""
	if dot := strings.LastIndexByte(s, '.'); dot > 0 && len(s)-dot <= 6 {
		stem, extension = s[:dot], s[dot:]
	}
	if text.Count(stem) > mostSegment {
		runes := []rune(stem)
		stem = string(runes[:min(mostSegment, len(runes))])
	}
	// Windows drops dots and spaces at the end; hidden files begin with a dot.
	s = text.NFC(strings.TrimFunc(stem+extension, func(r rune) bool { return r == '.' || unicode.IsSpace(r) }))
	if s == "" {
		return "_"
	}
	return s
}

// sums are the CRC-32 of files that somebody computed.
func (s Reader) sums(ctx context.Context, ids ...string) (map[source]*uint32, error) {
	sums := map[source]*uint32{}
	for part := range slices.Chunk(ids, database.Chunk) {
		args := []any{}
		for _, id := range part {
			args = append(args, id)
		}
		_, err := database.All(ctx, s.db, func(r database.Row) (source, error) {
			var at source
			var crc int64
			err := r.Scan(&at.archive, &at.upload, &crc)
			sum := uint32(crc)
			sums[at] = &sum
			return at, err
		}, `SELECT archive_id, upload_id, crc32 FROM archive_files WHERE crc32 IS NOT NULL AND archive_id IN (`+database.Marks(1, len(args))+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// errShort says that an object has not as many bytes as its upload.
var errShort = errors.New("archive: a file of a bundle is not what was uploaded")

// copying is how much of a file is in memory beside a part, in bytes.
const copying = 64 << 10

// write writes the bundle from its beginning. Of the first done bytes only the length counts: what
// is in them of files is not read but given as zeros. Open reads a file from an offset. It holds
// the names of all files and a buffer, whatever the size. The CRC-32 of all files are known.
func (m manifest) write(w io.Writer, done int64, open func(e entry, offset int64) (io.ReadCloser, error)) error {
	out := &counted{w: w}
	z := zip.NewWriter(out)
	buffer := make([]byte, copying)
	for _, e := range m.entries {
		in, err := z.CreateRaw(m.header(e))
		if err == nil {
			err = z.Flush() // out knows now where the file begins
		}
		if err != nil {
			return fmt.Errorf("bundle: %s: %w", e.Name, err)
		}
		known := min(max(0, done-out.n), e.Size)
		clear(buffer)
		for left := known; left > 0; {
			n, err := in.Write(buffer[:min(left, copying)])
			if left -= int64(n); err != nil {
				return err //nolint:wrapcheck // it is that of w
			}
		}
		if err := e.copy(in, known, buffer, open); err != nil {
			return err
		}
		if err := z.Flush(); err != nil {
			return err //nolint:wrapcheck // it is that of w
		}
	}
	return z.Close() //nolint:wrapcheck // it is that of w
}

// copy writes what follows the first known bytes of a file.
func (e entry) copy(w io.Writer, known int64, buffer []byte, open func(e entry, offset int64) (io.ReadCloser, error)) error {
	if known == e.Size {
		return nil
	}
	if e.key == "" && e.table == nil {
		_, err := io.WriteString(w, e.text[known:])
		return err //nolint:wrapcheck // it is that of the caller's writer
	}
	body, err := open(e, known)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	sum := crc32.NewIEEE()
	for left := e.Size - known; left > 0; {
		n, err := io.ReadFull(body, buffer[:min(left, copying)])
		if err != nil {
			return fmt.Errorf("%s: %w", e.key, err)
		}
		left -= int64(n)
		_, _ = sum.Write(buffer[:n]) // a hash takes everything
		if left == 0 && known == 0 && sum.Sum32() != *e.crc {
			return fmt.Errorf("%s: %w", e.key, errShort)
		}
		if _, err := w.Write(buffer[:n]); err != nil {
			return err //nolint:wrapcheck // it is that of the caller's writer
		}
	}
	return nil
}

// header is that of a file: stored as it is, with a time that is the same whenever it is made, with
// sizes and sum before the content, so that it can be unpacked as it arrives.
func (m manifest) header(e entry) *zip.FileHeader {
	const utf8, version = 0x800, 20 // APPNOTE 4.4.4 and 4.4.3.2: the name is UTF-8; folders are known
	h := &zip.FileHeader{
		Name: e.Name, Method: zip.Store, Flags: utf8, CRC32: *e.crc, CompressedSize64: uint64(e.Size), UncompressedSize64: uint64(e.Size),
		CreatorVersion: version, ReaderVersion: version,
	}
	//lint:ignore SA1019 Modified would write an extra field with seconds.
	h.ModifiedDate = uint16(max(0, m.year-1980)<<9 | 1<<5 | 1) //nolint:staticcheck // Modified writes an extra field with the seconds of a zone; the 1st of January; 7 bits of years since 1980
	return h
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // it is that of w
}
