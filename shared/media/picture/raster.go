package picture

import (
	"image"
	"image/draw"
)

// raster is a small picture as the encoder takes it: either planes of luma and halved chroma, straight from a JPEG's or
// WebP's own, or interleaved RGBA, opaque.
type raster struct {
	w, h   int
	planes [3][]byte // Y, Cb, Cr; the last two are (w+1)/2 by (h+1)/2
	rgba   []byte
	cmyk   bool // rgba are inks, as long as inColours was not asked
}

func half(n int) int { return (n + 1) / 2 }

// reduce makes a raster of w by h of any picture.
func reduce(m image.Image, w, h int) *raster {
	switch m := m.(type) {
	case *image.YCbCr:
		return reducePlanes(m, w, h)
	case *image.Gray:
		b := m.Rect
		return reducePlanes(&image.YCbCr{Y: m.Pix, YStride: m.Stride, Rect: b}, w, h)
	case *image.CMYK:
		s := newShrinker(m.Rect.Dx(), m.Rect.Dy(), w, h, 4)
		for y := range m.Rect.Dy() {
			s.add(m.Pix[y*m.Stride : y*m.Stride+4*m.Rect.Dx()])
		}
		return &raster{w: w, h: h, rgba: s.out, cmyk: true}
	}
	b := m.Bounds()
	s := newShrinker(b.Dx(), b.Dy(), w, h, 4)
	line := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		draw.Draw(line, line.Rect, m, image.Pt(b.Min.X, y), draw.Src)
		s.add(line.Pix)
	}
	onWhite(s.out)
	return &raster{w: w, h: h, rgba: s.out}
}

// onWhite lays premultiplied RGBA over white: JPEG has no alpha.
func onWhite(rgba []byte) {
	for i := 0; i < len(rgba); i += 4 {
		if a := rgba[i+3]; a != 0xff {
			for k := range 3 {
				rgba[i+k] = byte(min(int(rgba[i+k])+int(0xff-a), 0xff))
			}
			rgba[i+3] = 0xff
		}
	}
}

func reducePlanes(m *image.YCbCr, w, h int) *raster {
	b := m.Rect
	out := &raster{w: w, h: h}
	first := m.YOffset(b.Min.X, b.Min.Y)
	out.planes[0] = reducePlane(m.Y[first:], m.YStride, b.Dx(), b.Dy(), w, h)
	for i, chroma := range [][]byte{m.Cb, m.Cr} {
		if chroma == nil {
			out.planes[i+1] = make([]byte, half(w)*half(h))
			for j := range out.planes[i+1] {
				out.planes[i+1][j] = 128
			}
			continue
		}
		// A chroma plane covers the picture with samples of 1, 2 or 4 pixels.
		last := m.COffset(b.Max.X-1, b.Max.Y-1)
		first := m.COffset(b.Min.X, b.Min.Y)
		cw, ch := (last-first)%m.CStride+1, (last-first)/m.CStride+1
		out.planes[i+1] = reducePlane(chroma[first:], m.CStride, cw, ch, half(w), half(h))
	}
	return out
}

func reducePlane(pix []byte, stride, sw, sh, w, h int) []byte {
	s := newShrinker(sw, sh, w, h, 1)
	for y := range sh {
		s.add(pix[y*stride : y*stride+sw])
	}
	return s.out
}

// smaller makes a raster of w by h of a larger one.
func (r *raster) smaller(w, h int) *raster {
	if w == r.w && h == r.h {
		return r
	}
	out := &raster{w: w, h: h}
	if r.rgba != nil {
		s := newShrinker(r.w, r.h, w, h, 4)
		for y := range r.h {
			s.add(r.rgba[y*r.w*4 : (y+1)*r.w*4])
		}
		out.rgba = s.out
		return out
	}
	out.planes[0] = reducePlane(r.planes[0], r.w, r.w, r.h, w, h)
	for i := 1; i < 3; i++ {
		out.planes[i] = reducePlane(r.planes[i], half(r.w), half(r.w), half(r.h), half(w), half(h))
	}
	return out
}

// turned applies an EXIF orientation, 1 to 8.
func (r *raster) turned(orientation int) *raster {
	if orientation <= 1 || orientation > 8 {
		return r
	}
	out := &raster{w: r.w, h: r.h, cmyk: r.cmyk}
	if orientation >= 5 {
		out.w, out.h = r.h, r.w
	}
	if r.rgba != nil {
		out.rgba = turn(r.rgba, r.w, r.h, 4, orientation)
		return out
	}
	out.planes[0] = turn(r.planes[0], r.w, r.h, 1, orientation)
	for i := 1; i < 3; i++ {
		out.planes[i] = turn(r.planes[i], half(r.w), half(r.h), 1, orientation)
	}
	return out
}

// turn moves samples of n bytes: what is stored at (x, y) is seen at the place that the orientation names (EXIF 2.32,
// 4.6.4, tag 0x0112).
func turn(pix []byte, w, h, n, orientation int) []byte {
	out := make([]byte, len(pix))
	wide := w
	if orientation >= 5 {
		wide = h
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out[(ty*wide+tx)*n:], pix[(y*w+x)*n:(y*w+x+1)*n])
		}
	}
	return out
}

// image is the raster as the encoder knows it.
func (r *raster) image() image.Image {
	rect := image.Rect(0, 0, r.w, r.h)
	if r.rgba != nil {
		return &image.RGBA{Pix: r.rgba, Stride: 4 * r.w, Rect: rect}
	}
	return &image.YCbCr{
		Y: r.planes[0], Cb: r.planes[1], Cr: r.planes[2], YStride: r.w, CStride: half(r.w),
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: rect,
	}
}
