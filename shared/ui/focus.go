package ui

import "strconv"

// focusStep is how finely a focus is shown, in per cent: pages have no inline styles, so that each
// step is a class of ui.css. Half a step of a picture that is cut by a third is under one per cent of it.
const focusStep = 5

// Focus are the classes by which a picture that is cropped keeps a point in sight, to half a step, at x per cent of its
// width from the left and y per cent of its height from the top.
func Focus(x, y int) string {
	step := func(percent int) string {
		return strconv.Itoa((min(max(percent, 0), 100) + focusStep/2) / focusStep * focusStep)
	}
	return "focus fx-" + step(x) + " fy-" + step(y)
}

// Cropped says whether a picture loses something that one sees where it fills a place of another shape, both
// in whatever unit.
func Cropped(width, height, placeWidth, placeHeight int) bool {
	const seen = 0.03 // what is lost of a side, below which nobody misses it
	picture, place := float64(width)*float64(placeHeight), float64(placeWidth)*float64(height)
	return width > 0 && height > 0 && 1-min(picture, place)/max(picture, place) > seen
}
