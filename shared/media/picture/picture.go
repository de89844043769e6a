// Package picture looks into uploaded pictures and makes the smaller ones that pages show: turned upright, without any
// of the metadata that a telephone writes (place, time, names), as JPEG.
//
// JPEG and not WebP: three WebP variants of a photograph took 270 to 510 ms to encode without cgo at libwebp's efforts 0
// to 2, three JPEGs take 75 ms (BenchmarkVariants has the rest), and WebP's encoder in Go is 3 MB of every image. The price is files of about three
// times the size. Transparent pictures lie on white.
//
// Memory is the decoded picture and little more, for the steps work on rows, and on the format's own planes where it has
// them: a photograph (baseline JPEG, 4:2:0) takes 1.5 bytes a pixel, a progressive one 7.5, PNG, GIF and WebP up to 8.
package picture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
)

// MaxPixels is the largest picture that is decoded: 40 megapixels.
const MaxPixels = 40_000_000

const (
	// maxDecoded bounds what a decoder may need for a picture within MaxPixels, in bytes: 40 megapixels of eight bytes.
	// Only a progressive JPEG with full chroma needs more.
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
}

// Variant is one smaller picture.
type Variant struct {
	Width, Height int    // pixels, upright
	MIME, Ext     string // image/jpeg, jpg
	Data          []byte // the callee may keep it
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
	info, perPixel := Info{}, int64(4)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		info.Format = "jpeg"
		config.Width, config.Height, perPixel, err = jpegHeader(in)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		info.Format = "png"
		config, err = png.DecodeConfig(in)
		if config.ColorModel == color.RGBA64Model || config.ColorModel == color.NRGBA64Model {
			perPixel = 8
		}
	case bytes.HasPrefix(head, []byte("GIF8")):
		info.Format = "gif"
		config, err = gif.DecodeConfig(in)
	case bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:12]) == "WEBP":
		info.Format = "webp"
		var p webpPicture
		p, err = webpHeader(in)
		config.Width, config.Height = p.canvas.X, p.canvas.Y
	default:
		return Info{}, errors.New("no known format")
	}
	if err != nil {
		return Info{}, err
	}
	info.Width, info.Height = config.Width, config.Height
	pixels := int64(info.Width) * int64(info.Height)
	if pixels <= 0 {
		return Info{}, fmt.Errorf("a picture of %d by %d", info.Width, info.Height)
	}
	if pixels > MaxPixels || pixels*perPixel > maxDecoded {
		return info, fmt.Errorf("%w: %d by %d", ErrTooManyPixels, info.Width, info.Height)
	}
	return info, nil
}

// Variants decodes a picture once and passes to put one variant for each width, the largest first. None is larger than
// the picture: instead of those that would be, there is one of its own size. put runs in this goroutine; its error ends
// the work and is returned as it is. The other errors are those of Inspect, and ctx's.
func Variants(ctx context.Context, r io.ReadSeeker, widths []int, put func(context.Context, Variant) error) error {
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
	if err := errors.Join(ctx.Err(), w.err); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	decoded, err := decode(w, info.Format)
	if err != nil {
		return w.judge(err)
	}
	var current *raster
	for _, size := range sizes(decoded.Bounds(), turned, widths) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
		if current == nil {
			stored := size
			if turned >= 5 {
				stored.X, stored.Y = size.Y, size.X
			}
			current = reduce(decoded, stored.X, stored.Y).turned(turned)
			decoded = nil
		} else {
			current = current.smaller(size.X, size.Y)
		}
		var data bytes.Buffer
		if err := jpeg.Encode(&data, current.image(), &jpeg.Options{Quality: quality}); err != nil {
			return fmt.Errorf("picture: encode %d by %d: %w", size.X, size.Y, err)
		}
		if err := put(ctx, Variant{Width: size.X, Height: size.Y, MIME: "image/jpeg", Ext: "jpg", Data: data.Bytes()}); err != nil {
			return err
		}
	}
	return nil
}

// sizes are the variants' sizes, upright, largest first, each once.
func sizes(b image.Rectangle, turned int, widths []int) []image.Point {
	own := b.Size()
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
