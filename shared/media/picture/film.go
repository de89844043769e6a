package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
)

// The limits of films that are shown moving. A telephone loads such a one in seconds over a mobile network; what is larger
// is a video, which its author shortens or puts elsewhere.
const (
	FilmBytes = 5 << 20 // of what Film returns
	FilmSide  = 1600    // pixels, as the largest variant
)

// ErrStill says that a picture moves and is not shown moving: it is larger than FilmBytes or FilmSide, its pictures do not
// lie within its canvas, or its EXIF asks for a turn.
var ErrStill = errors.New("picture: a film that stays still")

// Film is an animated GIF or WebP with nothing in it but its pictures, where they lie, how long each is shown and how often all
// are: without comments, EXIF, XMP, profiles of colours and whatever else programs write. It is nil for a picture that does
// not move. The errors are ErrStill, *Unreadable, and what r returned.
func Film(r io.ReadSeeker) ([]byte, error) {
	w := &watched{r: r}
	film, err := filmOf(w, r)
	if errors.Is(err, ErrStill) {
		return nil, err
	}
	return film, w.judge(err)
}

func filmOf(w io.Reader, r io.Seeker) ([]byte, error) {
	f := &film{in: bufio.NewReader(w)}
	head, err := f.in.Peek(12)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("GIF8")):
		err = f.gif()
	case bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:]) == "WEBP":
		err = f.webp()
	}
	if err != nil || f.pictures < 2 {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if f.still || orientation(w, "webp") > 1 { // of a GIF, which has no EXIF, it is 1
		return nil, ErrStill
	}
	return f.kept, nil
}

// film is a film as far as it was read.
type film struct {
	in       *bufio.Reader
	canvas   image.Point
	pictures int
	kept     []byte
	still    bool // it is more than is shown moving: nothing is kept any more
}

func (f *film) keep(b ...byte) {
	if f.still = f.still || len(f.kept)+len(b) > FilmBytes; f.still {
		f.kept = nil
		return
	}
	f.kept = append(f.kept, b...)
}

// sized remembers the canvas.
func (f *film) sized(w, h int) {
	f.canvas = image.Pt(w, h)
	f.still = f.still || w > FilmSide || h > FilmSide
}

// shows counts a picture at a place of the canvas.
func (f *film) shows(x, y, w, h int) {
	f.pictures++
	f.still = f.still || !image.Rect(x, y, x+w, y+h).In(image.Rectangle{Max: f.canvas})
}

func (f *film) next(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(f.in, b)
	return b, err
}

// gif walks the blocks of a GIF (GIF89a, 17 to 27) to the trailer.
func (f *film) gif() error {
	head, err := f.next(13)
	if err != nil {
		return err
	}
	f.sized(int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:])))
	f.keep([]byte("GIF89a")...)
	f.keep(head[6:]...)
	if err := f.colours(head[10]); err != nil {
		return err
	}
	var control []byte // of the next picture
	for {
		kind, err := f.in.ReadByte()
		if err != nil {
			return err
		}
		switch kind {
		case 0x21:
			control, err = f.extension(control)
		case 0x2c:
			f.keep(control...)
			control, err = nil, f.gifPicture()
		case 0x3b:
			f.keep(kind)
			return nil
		default:
			err = fmt.Errorf("a GIF with block 0x%02x", kind)
		}
		if err != nil {
			return err
		}
	}
}

// colours keeps the table of colours that flags announce.
func (f *film) colours(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	table, err := f.next(3 << (flags&7 + 1))
	f.keep(table...)
	return err
}

// extension reads an extension of a GIF. Two are of use: how the next picture is shown, which is returned, and how often all
// are. One that shows a text, which browsers do not, takes the place of a picture.
func (f *film) extension(control []byte) ([]byte, error) {
	label, err := f.in.ReadByte()
	if err != nil {
		return nil, err
	}
	blocks := [][]byte{} // the first two
	for {
		length, err := f.in.ReadByte()
		if err != nil {
			return nil, err
		}
		if length == 0 {
			break
		}
		block, err := f.next(int(length))
		if err != nil {
			return nil, err
		}
		if len(blocks) < 2 {
			blocks = append(blocks, block)
		}
	}
	switch {
	case label == 0xf9 && len(blocks) > 0 && len(blocks[0]) == 4:
		return slices.Concat([]byte{0x21, 0xf9, 4}, blocks[0], []byte{0}), nil
	case label == 0x01:
		return nil, nil
	case label == 0xff && len(blocks) == 2 && len(blocks[1]) == 3 && blocks[1][0] == 1 &&
		(string(blocks[0]) == "NETSCAPE2.0" || string(blocks[0]) == "ANIMEXTS1.0"):
		f.keep(0x21, 0xff, 11)
		f.keep([]byte("NETSCAPE2.0")...)
		f.keep(3, 1, blocks[1][1], blocks[1][2], 0)
	}
	return control, nil
}

func (f *film) gifPicture() error {
	head, err := f.next(9)
	if err != nil {
		return err
	}
	side := func(i int) int { return int(binary.LittleEndian.Uint16(head[i:])) }
	f.shows(side(0), side(2), side(4), side(6))
	f.keep(0x2c)
	f.keep(head...)
	if err := f.colours(head[8]); err != nil {
		return err
	}
	width, err := f.in.ReadByte() // of the first codes
	if err != nil {
		return err
	}
	f.keep(width)
	for {
		length, err := f.in.ReadByte()
		if err != nil {
			return err
		}
		f.keep(length)
		if length == 0 {
			return nil
		}
		block, err := f.next(int(length))
		if err != nil {
			return err
		}
		f.keep(block...)
	}
}

// What VP8X says of a file (RFC 9649, 2.7.1).
const (
	webpMoves = 0x02
	webpAlpha = 0x10
)

// webp walks the chunks of an animated WebP (RFC 9649, 2.7) to its end.
func (f *film) webp() error {
	head, err := f.next(12)
	if err != nil {
		return err
	}
	f.keep(head...)
	in := &io.LimitedReader{R: f.in, N: int64(binary.LittleEndian.Uint32(head[4:])) - 4}
	for in.N > 0 {
		name, length, err := riffChunk(in)
		if err != nil {
			return err
		}
		switch {
		case name == "VP8X" && length == 10, name == "ANIM" && length == 6:
			data := make([]byte, length)
			if _, err := io.ReadFull(in, data); err != nil {
				return err
			}
			if name == "VP8X" {
				if data[0]&webpMoves == 0 {
					return nil
				}
				copy(data, []byte{data[0] & (webpMoves | webpAlpha), 0, 0, 0}) // the rest is reserved
				f.sized(1+u24(data[4:]), 1+u24(data[7:]))
			}
			f.keep(chunk(name, data)...)
		case name == "ANMF":
			if err := f.webpPicture(io.LimitReader(in, length), length); err != nil {
				return err
			}
		default:
			if _, err := io.CopyN(io.Discard, in, length); err != nil {
				return err
			}
		}
		if length&1 == 1 && in.N > 0 { // some programs do not count the last byte of padding
			if _, err := io.CopyN(io.Discard, in, 1); err != nil {
				return err
			}
		}
	}
	if !f.still && len(f.kept) >= 8 {
		binary.LittleEndian.PutUint32(f.kept[4:], uint32(len(f.kept)-8))
	}
	return nil
}

// webpPicture keeps one picture: where it lies, its alpha and its samples.
func (f *film) webpPicture(r io.Reader, length int64) error {
	if f.still || length > FilmBytes {
		f.still = true
		f.pictures++
		_, err := io.CopyN(io.Discard, r, length)
		return err
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	if length < 24 {
		return fmt.Errorf("a frame of %d bytes", length)
	}
	f.shows(2*u24(data), 2*u24(data[3:]), 1+u24(data[6:]), 1+u24(data[9:]))
	shown := 0
	kept, in := slices.Clone(data[:16]), bytes.NewReader(data[16:])
	kept[15] &= 3 // how it is laid on those before; the rest is reserved
	for in.Len() > 0 {
		name, length, err := riffChunk(in)
		if err == nil && length > int64(in.Len()) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		samples := make([]byte, length)
		if _, err := io.ReadFull(in, samples); err != nil {
			return err
		}
		if name == "ALPH" || name == "VP8 " || name == "VP8L" {
			kept = append(kept, chunk(name, samples)...)
		}
		if name == "VP8 " || name == "VP8L" {
			shown++
		}
		if length&1 == 1 && in.Len() > 0 {
			_, _ = in.ReadByte()
		}
	}
	if shown != 1 {
		return fmt.Errorf("a frame of %d pictures", shown)
	}
	f.keep(chunk("ANMF", kept)...)
	return nil
}

func riffChunk(r io.Reader) (name string, length int64, err error) {
	var head [8]byte
	_, err = io.ReadFull(r, head[:])
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), err
}

func chunk(name string, data []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data))), data...)
	if len(data)&1 == 1 {
		b = append(b, 0)
	}
	return b
}
