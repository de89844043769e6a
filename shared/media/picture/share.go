package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

// ShareWidth and ShareHeight are the size in pixels of the picture that chats show above a link: KakaoTalk crops what is
// not twice as wide as high.
const (
	ShareWidth  = 800
	ShareHeight = 400
)

// Share is v as chats show it above a link: a poster is seen whole, in the middle and not enlarged, on the colour of its own
// border.
func (v Variant) Share() (Variant, error) {
	size := image.Pt(min(v.Width, ShareWidth), min(v.Height, ShareHeight))
	if v.Width*size.Y > v.Height*size.X {
		size.Y = max(1, (v.Height*size.X+v.Width/2)/v.Width)
	} else {
		size.X = max(1, (v.Width*size.Y+v.Height/2)/v.Height)
	}
	whole := v.raster.smaller(size.X, size.Y).image()
	m := image.NewRGBA(image.Rect(0, 0, ShareWidth, ShareHeight))
	draw.Draw(m, m.Rect, image.NewUniform(border(whole, size.X < ShareWidth, size.Y < ShareHeight)), image.Point{}, draw.Src)
	at := image.Pt((ShareWidth-size.X)/2, (ShareHeight-size.Y)/2)
	draw.Draw(m, image.Rectangle{at, at.Add(size)}, whole, image.Point{}, draw.Src)
	var data bytes.Buffer
	if err := jpeg.Encode(&data, m, &jpeg.Options{Quality: quality}); err != nil {
		return Variant{}, fmt.Errorf("picture: encode for chats: %w", err)
	}
	return Variant{Width: ShareWidth, Height: ShareHeight, MIME: "image/jpeg", Ext: "jpg", Data: data.Bytes()}, nil
}

// border is the mean colour of those edges of a picture beside which there is room.
func border(m image.Image, sides, ends bool) color.Color {
	b := m.Bounds()
	var sum [3]int
	n := 0
	add := func(x, y int) {
		red, green, blue, _ := m.At(x, y).RGBA()
		sum[0], sum[1], sum[2] = sum[0]+int(red>>8), sum[1]+int(green>>8), sum[2]+int(blue>>8)
		n++
	}
	for y := b.Min.Y; sides && y < b.Max.Y; y++ {
		add(b.Min.X, y)
		add(b.Max.X-1, y)
	}
	for x := b.Min.X; ends && x < b.Max.X; x++ {
		add(x, b.Min.Y)
		add(x, b.Max.Y-1)
	}
	if n == 0 {
		return color.Black // no room is left
	}
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 0xff}
}
