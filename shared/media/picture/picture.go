// Package picture looks into uploaded pictures and makes the smaller ones that pages show: turned upright, without any
// of the metadata that a telephone writes (place, time, names), as JPEG in sRGB: what lies in other colours, as Display P3,
// Adobe RGB or the inks of a press, is turned into it by the profile that the picture carries.
//
// JPEG and not WebP: three WebP variants of a photograph took 270 to 510 ms to encode without cgo at libwebp's efforts 0
// to 2, three JPEGs take 75 ms (BenchmarkVariants has the rest), and WebP's encoder in Go is 3 MB of every image. The price is files of about three
// times the size. Transparent pictures lie on white.
//
// Memory is the decoded picture and little more, for the steps work on rows, and on the format's own planes where it has
// them: a photograph (baseline JPEG, 4:2:0) takes 1.5 bytes a pixel, others up to 19. What a picture will take is asked
// from its header (Info.Decoded) before anything is decoded; what would take too much is refused, and a Decoder lets
// pictures wait for each other, so that all together take no more than its budget.
package picture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/semaphore"
)

// MaxPixels is the largest picture that is decoded: 40 megapixels.
const MaxPixels = 40_000_000

const (
	// maxDecoded bounds what a decoder may need for a picture within MaxPixels, in bytes: 40 megapixels of eight bytes,
	// as PNG's of 16 bits. What needs more a pixel, as an interlaced one of those, must have fewer.
	maxDecoded = 320_000_000
	// maxHeader is how far into a file the size and the EXIF block are looked for, in bytes.
	maxHeader = 8 << 20
	// maxSide is the longest side of a variant, in pixels. JPEG stores 65535; browsers decode this much everywhere.
	maxSide = 16383
	// quality is image/jpeg's and libjpeg's own default for photographs.
	quality = 75
)

// ErrTooManyPixels says that a picture has more than MaxPixels, or would take more than 320 MB to decode.
var ErrTooManyPixels = errors.New("picture: too many pixels")

// Unreadable says that the bytes are no picture that can be decoded: another format, cut off, or damaged.
type Unreadable struct{ Err error }

// Error names the reason.
func (u *Unreadable) Error() string { return "picture: unreadable: " + u.Err.Error() }

// Unwrap is the decoder's own error.
func (u *Unreadable) Unwrap() error { return u.Err }

// Info is what a picture's header says.
type Info struct {
	Format        string // jpeg, png, gif or webp
	Width, Height int    // pixels, as stored: before the turn that EXIF may ask for
	Decoded       int64  // what decoding takes at most, in bytes
}

// Decoder decodes pictures within a budget: those for which there is no room wait.
type Decoder struct {
	budget int64
	room   *semaphore.Weighted
}

// NewDecoder makes a decoder with a budget in bytes; 0 means 320 MB, which the largest picture takes alone.
func NewDecoder(budget int64) *Decoder {
	if budget == 0 {
		budget = maxDecoded
	}
	return &Decoder{budget, semaphore.NewWeighted(budget)}
}

// Variant is one smaller picture.
type Variant struct {
	Width, Height int    // pixels, upright
	MIME, Ext     string // image/jpeg, jpg
	Data          []byte // the callee may keep it

	raster *raster
}

// Inspect reads the header of a picture, at most 8 MiB of r. It fails with ErrTooManyPixels, with *Unreadable, or with
// what r returned.
func Inspect(r io.Reader) (Info, error) {
	w := &watched{r: r}
	info, err := inspect(w)
	return info, w.judge(err)
}

func inspect(r io.Reader) (Info, error) {
	in := bufio.NewReader(io.LimitReader(r, maxHeader))
	head, err := in.Peek(16)
	if err != nil && len(head) < 12 {
		return Info{}, fmt.Errorf("%d bytes: %w", len(head), err)
	}
	var config image.Config
	var info Info
	var perPixel int64
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		info.Format = "jpeg"
		config.Width, config.Height, perPixel, err = jpegHeader(in)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		info.Format = "png"
		perPixel = pngPerPixel(in)
		config, err = png.DecodeConfig(in)
	case bytes.HasPrefix(head, []byte("GIF8")):
		info.Format = "gif"
		perPixel = 2 // an index, and once more where the rows are interlaced
		config, err = gif.DecodeConfig(in)
	case bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:12]) == "WEBP":
		info.Format = "webp"
		var p webpPicture
		p, err = webpHeader(in)
		config.Width, config.Height, perPixel = p.canvas.X, p.canvas.Y, p.perPixel()
	default:
		return Info{}, errors.New("no known format")
	}
	if err != nil {
		return Info{}, err
	}
	info.Width, info.Height = config.Width, config.Height
	pixels := int64(info.Width) * int64(info.Height)
	if pixels <= 0 || perPixel <= 0 {
		return Info{}, fmt.Errorf("a picture of %d by %d, of %d bytes each", info.Width, info.Height, perPixel)
	}
	info.Decoded = pixels * perPixel
	if pixels > MaxPixels || info.Decoded > maxDecoded {
		return info, fmt.Errorf("%w: %d by %d, of %d bytes each", ErrTooManyPixels, info.Width, info.Height, perPixel)
	}
	return info, nil
}

// Variants decodes a picture once and passes to put one variant for each width, the largest first. None is larger than
// the picture: instead of those that would be, there is one of its own size. put runs in this goroutine, and may ask for
// Share of what it is passed; its error ends the work and is returned as it is. The other errors are those of Inspect, and ctx's.
func (d *Decoder) Variants(ctx context.Context, r io.ReadSeeker, widths []int, put func(context.Context, Variant) error) error {
	w := &watched{r: r}
	info, err := inspect(w)
	if err != nil {
		return w.judge(err)
	}
	rewind := func() error {
		_, err := r.Seek(0, io.SeekStart)
		return err
	}
	if err := rewind(); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	turned := orientation(w, info.Format)
	if err := rewind(); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	colours := newLattice(profileOf(w, info.Format))
	if err := rewind(); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	if err := errors.Join(ctx.Err(), w.err); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	release, err := d.acquire(ctx, info, turned, colours != nil, widths)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	defer release()
	decoded, err := decode(w, info.Format)
	if err != nil {
		return w.judge(err)
	}
	var current *raster
	for _, size := range sizes(decoded.Bounds().Size(), turned, widths) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
		if current == nil {
			stored := size
			if turned >= 5 {
				stored.X, stored.Y = size.Y, size.X
			}
			current = reduce(decoded, stored.X, stored.Y).inColours(colours).turned(turned)
			decoded = nil
		} else {
			current = current.smaller(size.X, size.Y)
		}
		var data bytes.Buffer
		if err := jpeg.Encode(&data, current.image(), &jpeg.Options{Quality: quality}); err != nil {
			return fmt.Errorf("picture: encode %d by %d: %w", size.X, size.Y, err)
		}
		if err := put(ctx, Variant{Width: size.X, Height: size.Y, MIME: "image/jpeg", Ext: "jpg", Data: data.Bytes(), raster: current}); err != nil {
			return err
		}
	}
	return nil
}

// collected is how much decoding takes that is worth a collection of what it left, in bytes.
const collected = 16 << 20

// acquire waits until there is room for a picture: for what its decoder takes, and the largest variant, of four bytes a
// pixel, once more where it is turned or in other colours. What is given back has been collected, since Go would let as much again become
// garbage first; so little is alive then that it takes a millisecond.
func (d *Decoder) acquire(ctx context.Context, info Info, turned int, coloured bool, widths []int) (release func(), err error) {
	n := info.Decoded
	if all := sizes(image.Pt(info.Width, info.Height), turned, widths); len(all) > 0 {
		raster := 4 * int64(all[0].X) * int64(all[0].Y)
		if n += raster; turned > 1 || coloured {
			n += raster
		}
	}
	room := min(n, d.budget) // what takes more than all others together may is decoded alone
	if err := d.room.Acquire(ctx, room); err != nil {
		return nil, err //nolint:wrapcheck // it is ctx's
	}
	return func() {
		if n >= collected {
			runtime.GC()
		}
		d.room.Release(room)
	}, nil
}

// pngPerPixel is how many bytes a pixel of a PNG takes, by its header (PNG 11.2.1): image/png makes samples of one or two
// bytes, four of them wherever there may be alpha, which a later chunk can say of grey and of colours. Of an interlaced
// picture it also makes one for each of the seven passes, which together are as large.
func pngPerPixel(in *bufio.Reader) int64 {
	head, err := in.Peek(29)
	if err != nil {
		return 8 // the decoder tells that it is cut off
	}
	depth, colour, interlace := head[24], head[25], head[28]
	perPixel := int64(4)
	switch {
	case depth == 16:
		perPixel = 8
	case colour == 3:
		perPixel = 1
	}
	if interlace != 0 {
		perPixel *= 2
	}
	return perPixel
}

// sizes are the variants' sizes, upright, largest first, each once.
func sizes(own image.Point, turned int, widths []int) []image.Point {
	if turned >= 5 {
		own.X, own.Y = own.Y, own.X
	}
	var out []image.Point
	for _, width := range widths {
		if width < 1 {
			continue
		}
		width = min(width, own.X)
		size := image.Pt(width, max(1, (own.Y*width+own.X/2)/own.X))
		if size.Y > maxSide {
			size = image.Pt(max(1, own.X*maxSide/own.Y), maxSide)
		}
		out = append(out, size)
	}
	slices.SortFunc(out, func(a, b image.Point) int { return b.X*b.Y - a.X*a.Y })
	return slices.Compact(out)
}

func decode(r io.Reader, format string) (image.Image, error) {
	switch format {
	case "jpeg":
		return jpeg.Decode(r)
	case "png":
		return png.Decode(r)
	case "gif":
		return gif.Decode(r) // the first picture of a film
	}
	return decodeWebP(r)
}

// watched tells a reader that broke from bytes that are broken.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

func (w *watched) judge(err error) error {
	switch {
	case err == nil:
		return nil
	case w.err != nil:
		return fmt.Errorf("picture: %w", w.err)
	case errors.Is(err, ErrTooManyPixels):
		return err
	}
	return &Unreadable{err}
}
