package filetype

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/text/charset"
)

// programs are the extensions of files that run when they are opened, on Windows, macOS or Android, and of disks that show
// such files as their own: of those that Outlook blocks (Microsoft, "Blocked attachments in Outlook") the ones that are
// nothing else too. What only developers run (.py, .sh) is text to everybody else.
const programs = " ade adp apk aab app appinstaller application appref-ms appx appxbundle bat cab chm cmd com command cpl crx deb diagcab dll " +
	"dmg docm dotm drv exe gadget hta inf ins ipa iqy iso isp jar jnlp job js jse library-ms lnk mpkg msc msh msi msix msixbundle msp mst msu " +
	"ocx osd paf pif pkg potm ppam ppsm pptm ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 rdp reg rpm scf scpt scr sct search-ms " +
	"settingcontent-ms shb shs sldm slk sys themepack url vb vbe vbs vhd vhdx vxd webpnp website wim workflow ws wsc wsf wsh xbap xla xlam xll xlm " +
	"xlsm xltm xnk "

// runs says whether a file of this name runs when it is opened. Windows drops spaces and dots at a name's end, and what
// follows a colon.
func runs(name string) bool {
	name, _, _ = strings.Cut(path.Base(strings.ReplaceAll(name, `\`, "/")), ":")
	name = strings.ToLower(strings.TrimRight(name, ". \u00a0\u3000"))
	extension := strings.TrimPrefix(path.Ext(name), ".")
	return extension != "" && !strings.Contains(extension, " ") && strings.Contains(programs, " "+extension+" ")
}

// disguised says whether a name holds what makes it read in another order than it is: "gpj.exe" looks like "exe.jpg".
func disguised(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 })
}

// isProgram says whether a file begins as what Windows, Linux, macOS, Java or Android runs, or as a Windows shortcut.
// Text may begin with "MZ", as "MZ세대"; a program's header has bytes of zero.
func isProgram(head []byte) bool {
	if bytes.HasPrefix(head, []byte("MZ")) {
		return bytes.IndexByte(head[:min(len(head), 64)], 0) >= 0
	}
	for _, magic := range []string{"\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "dex\n03", "L\x00\x00\x00\x01\x14\x02\x00"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// hwpxScripts is the folder of a HWPX document's own scripts, of which each has some that do nothing. Hancom Office asks
// before it runs them.
const hwpxScripts = "scripts/"

// maxNested is how many bytes, unpacked, of the archives in an archive are looked through in all.
const maxNested = 512 << 20

// folder says whether an entry's name is one of a folder.
func folder(name string) bool { return strings.HasSuffix(name, "/") || strings.HasSuffix(name, `\`) }

// harmless refuses an archive with a program in it, by name and by content, also where it lies in another ZIP in it by
// name, and one that cannot be looked into. offsets are where the entries begin.
func harmless(files []*zip.File, offsets []int64, hwpx bool) error {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) }) // storage is read forward
	nested := int64(maxNested)
	for _, i := range order {
		z := files[i]
		switch {
		case folder(z.Name):
			continue
		case disguised(z.Name):
			return refuse(ArchiveUnsafe, "%q reads as another name", z.Name)
		case runs(z.Name) && !(hwpx && strings.HasPrefix(folded(pathOf(z)), hwpxScripts)):
			return refuse(Program, "%q", charset.Shown(z.Name))
		case z.Flags&1 != 0:
			return refuse(Encrypted, "%q", charset.Shown(z.Name))
		}
		if err := inside(z, &nested); err != nil {
			return err
		}
	}
	return nil
}

// inside judges the content of one entry. One that is packed by a method of which nothing is known here stays unread: a
// file with a harmless name does not run.
func inside(z *zip.File, nested *int64) error {
	r, err := z.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil
	}
	if err != nil {
		return refuse(Truncated, "%q: %v", charset.Shown(z.Name), err)
	}
	defer func() { _ = r.Close() }()
	head, err := headOf(z, r, 64)
	if err != nil {
		return err
	}
	if isProgram(head) {
		return refuse(Program, "%q is one by its content", charset.Shown(z.Name))
	}
	if bytes.HasPrefix(head, []byte("PK")) {
		return namesIn(z.Name, io.MultiReader(bytes.NewReader(head), r), nested)
	}
	return nil
}

// headOf is the first n bytes of an entry, or all that it has.
func headOf(z *zip.File, r io.Reader, n int) ([]byte, error) {
	head := make([]byte, n)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && (!errors.Is(err, io.ErrUnexpectedEOF) || uint64(n) != z.UncompressedSize64) {
		return nil, refuse(Truncated, "%q cannot be unpacked: %v", charset.Shown(z.Name), err)
	}
	return head[:n], nil
}

// beginning is the first n bytes of an entry.
func beginning(z *zip.File, n int) ([]byte, error) {
	r, err := z.Open()
	if err != nil {
		return nil, refuse(Truncated, "%q: %v", charset.Shown(z.Name), err)
	}
	defer func() { _ = r.Close() }()
	return headOf(z, r, n)
}

// namesIn reads the names of a ZIP that lies in another one, from its directory, as a stream.
func namesIn(outer string, r io.Reader, left *int64) error {
	const row = 46 // bytes of a directory's row before its name
	window := make([]byte, 0, 64<<10)
	for *left > 0 {
		n, err := io.ReadFull(r, window[len(window):cap(window)])
		*left -= int64(n)
		window = window[:len(window)+n]
		var keep int
		for at := 0; ; at += 4 {
			next := bytes.Index(window[at:], []byte("PK\x01\x02"))
			if next < 0 {
				keep = max(at, len(window)-3)
				break
			}
			if at += next; len(window)-at < row {
				keep = at
				break
			}
			length := int(window[at+28]) | int(window[at+29])<<8
			if length > 1024 {
				continue // the bytes of something else
			}
			if len(window)-at < row+length {
				keep = at
				break
			}
			name := string(window[at+row : at+row+length])
			if runs(name) || disguised(name) {
				return refuse(Program, "%q in %q", charset.Shown(name), charset.Shown(outer))
			}
		}
		if err != nil {
			return nil //nolint:nilerr // its end, or where it breaks off
		}
		window = window[:copy(window[:cap(window)], window[keep:])]
	}
	return refuse(ArchiveBomb, "archives in the archive of more than %d bytes", maxNested)
}
