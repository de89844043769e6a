package filetype

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/text/charset"
)

// Limits of an archive. A 100 MB archive of photographs, documents or source code stays far below each.
const (
	maxEntries   = 10_000
	maxDirectory = 2 << 20 // bytes of the central directory that are read into memory
	maxUnpacked  = 2 << 30 // bytes, in all
	maxRatio     = 100     // unpacked to packed, in all, above freely
	freely       = 16 << 20
	maxEntry     = 1 << 30 // bytes of one entry
	// maxGap is what may lie between two entries: the descriptor of the first, at most 24 bytes, and the extra field of
	// the second; Office pads its own with some hundred bytes.
	maxGap = 4096
)

// archive reads a ZIP's central directory, the beginning of its entries, and those that say what a document is.
func (f *file) archive() (string, error) {
	offsets, directory, err := f.directory()
	if err != nil {
		return "", err
	}
	z, err := zip.NewReader(f.r, f.size)
	if z == nil || len(z.File) != len(offsets) {
		return "", refuse(Truncated, "a ZIP that cannot be read: %v", err)
	}
	if err := sound(z.File); err != nil {
		return "", err
	}
	if err := laidOut(z.File, offsets, directory); err != nil {
		return "", err
	}
	if err := f.packed(z.File, offsets); err != nil {
		return "", err
	}
	return meaning(z.File, offsets)
}

// packed remembers that what the first entries hold is data: a stored page is no page, since an archive is never shown.
func (f *file) packed(files []*zip.File, offsets []int64) error {
	for i, z := range files {
		if offsets[i] >= sniffed {
			continue
		}
		head, err := f.at(offsets[i], 30)
		if err != nil {
			return err
		}
		begin := offsets[i] + 30 + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
		f.isData(begin, begin+int64(z.CompressedSize64))
	}
	return nil
}

// directory checks the end record, so that the file has exactly one reading and reading it is cheap, and returns where
// the entries begin, in the directory's order, and where the directory does.
func (f *file) directory() (offsets []int64, begin int64, err error) {
	tail, err := f.at(max(0, f.size-endDistance), min(f.size, endDistance))
	if err != nil {
		return nil, 0, err
	}
	at := bytes.LastIndex(tail, []byte(endRecord))
	if at < 0 || len(tail)-at < endSize {
		return nil, 0, refuse(Truncated, "a ZIP without its end record")
	}
	end := tail[at:]
	le := binary.LittleEndian
	if int(le.Uint16(end[20:])) != len(end)-endSize {
		return nil, 0, refuse(Polyglot, "bytes behind the ZIP's end record")
	}
	entries, length, offset := int(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	begins := f.size - int64(len(end))
	switch {
	case le.Uint32(end[4:]) != 0 || le.Uint16(end[8:]) != le.Uint16(end[10:]):
		return nil, 0, refuse(ArchiveUnsafe, "a ZIP in several volumes")
	case entries == 0:
		return nil, 0, refuse(ArchiveUnsafe, "a ZIP without entries")
	case entries > maxEntries:
		return nil, 0, refuse(ArchiveBomb, "%d entries, more than %d", entries, maxEntries)
	case length > maxDirectory:
		return nil, 0, refuse(ArchiveBomb, "a directory of %d bytes, more than %d", length, maxDirectory)
	case offset+length > begins:
		return nil, 0, refuse(Truncated, "a ZIP whose directory is not there")
	case offset+length < begins:
		return nil, 0, refuse(Polyglot, "%d bytes that belong to no entry", begins-offset-length)
	}
	// A second end record, in the comment or before, is another archive to another program.
	if bytes.Contains(end[endSize:], []byte("PK")) {
		return nil, 0, refuse(Polyglot, "an archive in the ZIP's comment")
	}
	rows, err := f.at(offset, length)
	if err != nil {
		return nil, 0, err
	}
	for range entries {
		if len(rows) < 46 || string(rows[:4]) != "PK\x01\x02" {
			return nil, 0, refuse(Polyglot, "a ZIP whose directory is not where its end record says")
		}
		if le.Uint32(rows[20:]) == 1<<32-1 || le.Uint32(rows[24:]) == 1<<32-1 || le.Uint32(rows[42:]) == 1<<32-1 {
			return nil, 0, refuse(ArchiveBomb, "an entry beyond 4 GiB")
		}
		offsets = append(offsets, int64(le.Uint32(rows[42:])))
		next := 46 + int(le.Uint16(rows[28:])) + int(le.Uint16(rows[30:])) + int(le.Uint16(rows[32:]))
		rows = rows[min(next, len(rows)):]
	}
	if len(rows) > 0 {
		return nil, 0, refuse(Polyglot, "%d bytes in the directory that belong to no entry", len(rows))
	}
	return offsets, offset, nil
}

// sound judges each entry by what the directory says of it.
func sound(files []*zip.File) error {
	var unpacked, packed uint64
	seen := make(map[string]bool, len(files))
	for _, z := range files {
		own, err := soundName(z.Name)
		if err != nil {
			return err
		}
		name := folded(own)
		if seen[name] {
			return refuse(ArchiveUnsafe, "two entries named %q", charset.Shown(z.Name))
		}
		seen[name] = true
		if kind := z.Mode().Type(); kind != 0 && kind != fs.ModeDir {
			return refuse(ArchiveUnsafe, "%q is a link or a device", charset.Shown(z.Name))
		}
		if z.UncompressedSize64 > maxEntry {
			return refuse(ArchiveBomb, "%q unpacks to %d bytes", charset.Shown(z.Name), z.UncompressedSize64)
		}
		if z.Method == zip.Store && z.Flags&1 == 0 && z.UncompressedSize64 != z.CompressedSize64 {
			return refuse(ArchiveUnsafe, "%q is stored with two sizes", charset.Shown(z.Name))
		}
		unpacked += z.UncompressedSize64
		packed += z.CompressedSize64
	}
	if unpacked > maxUnpacked || unpacked > freely && unpacked/maxRatio > packed {
		return refuse(ArchiveBomb, "%d bytes unpack to %d", packed, unpacked)
	}
	return nil
}

// soundName is the path that an entry's name stands for, "" for the folder itself: some programs separate folders by
// backslashes, and some say that all begins here ("./"). It refuses what escapes from the folder that somebody unpacks
// into, or is a file in its place. A name need not be UTF-8: Korean Windows still writes CP949, whose second bytes are never a slash, a backslash or
// a dot.
func soundName(name string) (string, error) {
	if name == "" || len(name) > 1024 {
		return "", refuse(ArchiveUnsafe, "an entry's name has %d bytes", len(name))
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return "", refuse(ArchiveUnsafe, "%q holds a control character", charset.Shown(name))
	}
	slashes := strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(slashes, "/") || len(name) > 1 && name[1] == ':' {
		return "", refuse(ArchiveUnsafe, "%q is absolute", charset.Shown(name))
	}
	parts := strings.Split(slashes, "/")
	if slices.Contains(parts, "..") {
		return "", refuse(ArchiveUnsafe, "%q leaves its folder", charset.Shown(name))
	}
	own := strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" || part == "." }), "/")
	if own == "" && !strings.HasSuffix(slashes, "/") {
		return "", refuse(ArchiveUnsafe, "%q is a file in the place of its folder", charset.Shown(name))
	}
	return own, nil
}

// laidOut checks that the entries follow each other from byte 0 to the directory without overlap, which is how bombs
// give one kernel to thousands of entries, and without room in which another file would fit.
func laidOut(files []*zip.File, offsets []int64, directory int64) error {
	extents := make([]extent, len(files), len(files)+1)
	for i, z := range files {
		// The least that an entry takes: a local header of 30 bytes, the name again, the data.
		extents[i] = extent{offsets[i], offsets[i] + 30 + int64(len(z.Name)) + int64(z.CompressedSize64)}
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.begin, b.begin) })
	if extents[0].begin != 0 {
		return refuse(Polyglot, "the first entry begins at byte %d", extents[0].begin)
	}
	end := int64(0)
	for _, e := range append(extents, extent{directory, directory}) {
		switch {
		case e.begin < end:
			return refuse(ArchiveBomb, "entries that overlap")
		case e.begin > end+maxGap:
			return refuse(Polyglot, "%d bytes that belong to no entry", e.begin-end)
		}
		end = e.end
	}
	return nil
}

// meaning tells the types apart that are ZIPs, and refuses what runs in each.
func meaning(files []*zip.File, offsets []int64) (string, error) {
	has := map[string]*zip.File{}
	for _, z := range files {
		has[folded(pathOf(z))] = z
		if name := strings.ToLower(path.Base(pathOf(z))); strings.HasPrefix(name, "vbaproject") {
			return "", refuse(ActiveContent, "macros: %q", charset.Shown(z.Name))
		}
	}
	if has["[content_types].xml"] != nil {
		return office(has)
	}
	kind := "zip"
	if own := has["mimetype"]; own != nil {
		text, err := content(own, 128)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(string(text)) != "application/hwp+zip" {
			return "", refuse(NotAllowed, "a ZIP of type %q", text)
		}
		kind = "hwpx"
	}
	for _, name := range []string{"meta-inf/manifest.mf", "androidmanifest.xml", "classes.dex", "extension.vsixmanifest"} {
		if kind == "zip" && has[name] != nil {
			return "", refuse(Program, "a program: %q", name)
		}
	}
	return kind, harmless(files, offsets, kind == "hwpx")
}

// folded is a path as it is compared: as UTF-8 without case, and by its bytes where it is no UTF-8. What programs unpack
// names of another encoding to differs; as bytes they are what they are.
func folded(name string) string {
	if utf8.ValidString(name) {
		return strings.ToLower(name)
	}
	return name
}

// pathOf is the path of an entry that is sound.
func pathOf(z *zip.File) string {
	own, err := soundName(z.Name)
	if err != nil {
		return z.Name
	}
	return own
}

// content unpacks one entry of at most limit bytes.
func content(z *zip.File, limit int64) ([]byte, error) {
	if z.UncompressedSize64 > uint64(limit) || z.Flags&1 != 0 {
		return nil, refuse(ArchiveUnsafe, "%q is encrypted or larger than %d bytes", charset.Shown(z.Name), limit)
	}
	r, err := z.Open()
	if err != nil {
		return nil, refuse(Truncated, "%q: %v", charset.Shown(z.Name), err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || int64(len(text)) > limit {
		return nil, refuse(Truncated, "%q cannot be unpacked: %v", charset.Shown(z.Name), err)
	}
	return text, nil
}
