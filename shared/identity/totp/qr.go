package totp

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the light margin that a QR code needs around it, in modules (ISO/IEC 18004).
const quiet = 4

// QR is a QR code as one path of an SVG image: filled on light ground, in a square of
// Size units, margin included.
type QR struct {
	Size int
	Path string
}

// Draw makes a QR code of a text, as the address of URI, that can be read although up to
// 15 percent of it cannot be seen.
func Draw(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return QR{}, fmt.Errorf("QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return QR{Size: code.Size + 2*quiet, Path: path.String()}, nil
}
