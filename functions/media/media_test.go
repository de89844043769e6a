package media_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/functions/media"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// photo is a JPEG from a telephone held upright: stored lying, to be turned, and saying
// where it was taken.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), 128, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	e := binary.BigEndian
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08")
	tiff = e.AppendUint16(tiff, 2)
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0)      // Orientation: 6, turn right
	tiff = append(tiff, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38)     // GPS IFD at 38
	tiff = append(tiff, 0, 0, 0, 0)                                    // no other IFD
	tiff = append(tiff, 0, 1, 0, 1, 0, 2, 0, 0, 0, 2, 'N', 0, 0, 0)    // GPSLatitudeRef
	tiff = append(tiff, 0, 0, 0, 0)                                    // no other IFD
	tiff = append(tiff, []byte("37.5665N 126.9780E GPS-TEST-MARK")...) // what must not get out
	app1 := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, e.AppendUint16(nil, uint16(len(app1)+2))...)
	return append(append(out, app1...), b.Bytes()[2:]...)
}

type world struct {
	*functiontest.App
	t     *testing.T
	store upload.Store
}

func newWorld(t *testing.T, options ...functiontest.Option) world {
	app := functiontest.New(t, media.Function, options...)
	return world{app, t, upload.Store{DB: app.DB}}
}

// completed is an upload as a completion leaves it.
func (w world) completed(kind string, content []byte, width, height int) string {
	w.t.Helper()
	id, err := check.NewID()
	if err != nil {
		w.t.Fatal(err)
	}
	now := clock.Millis(w.Now())
	folder := upload.Folder("test", "post", id, w.Now())
	if _, err := w.DB.Exec(w.Context(), `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, 'post', '사진.jpg', $3, $4, '', $5, '', 0, $6, $7, 0, $8, $8, $8, $8, '')`,
		id, w.Member(functiontest.Member{}).ID, kind, len(content), folder, width, height, now); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Objects().Put(w.Context(), folder+"/original."+kind, bytes.NewReader(content), int64(len(content)), objects.Meta{}); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func told(id string) event.Event {
	return event.Event{ID: upload.CompletedType + "/" + id + "/1", Type: upload.CompletedType, Subject: id, Time: functiontest.Start, Data: json.RawMessage(`{}`)}
}

func (w world) read(key string) []byte {
	w.t.Helper()
	r, err := w.Objects().Open(w.t.Context(), key, 0, -1)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func TestVariants(t *testing.T) {
	for name, option := range map[string]functiontest.Option{"embedded": func(*functiontest.App) {}, "swift": functiontest.OnSwift, "postgres": functiontest.OnPostgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, option)
			id := w.completed("jpg", photo(t, 1200, 1700), 1200, 1700)
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if got := w.Deliver(told(id)); got != 204 {
						t.Errorf("delivered: %d", got)
					}
				})
			}
			wg.Wait()
			if got := w.Events.Types(); !slices.Equal(got, []string{upload.ProcessedType}) {
				t.Errorf("events: %v", got)
			}
			files, err := w.store.Files(w.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			f := files[id]
			if f.Width != 1700 || f.Height != 1200 || len(f.Variants) != 3 {
				t.Fatalf("%+v", f)
			}
			for i, want := range []struct {
				w, h int
				name string
			}{{320, 226, "/320.jpg"}, {960, 678, "/960.jpg"}, {1600, 1129, "/1600.jpg"}} {
				v := f.Variants[i]
				content := w.read(strings.TrimPrefix(v.URL, "/files/"))
				config, err := jpeg.DecodeConfig(bytes.NewReader(content))
				if err != nil || config.Width != want.w || config.Height != want.h || v.Width != want.w || !strings.HasSuffix(v.URL, want.name) || !upload.IsPublic(v.URL) {
					t.Errorf("%+v: %+v %v", v, config, err)
				}
				for _, mark := range []string{"GPS-TEST-MARK", "Exif", "EXIF", "XMP "} {
					if bytes.Contains(content, []byte(mark)) {
						t.Errorf("%s has %s", v.URL, mark)
					}
				}
			}
			if f.URL != f.Variants[2].URL {
				t.Errorf("the public address is %s", f.URL)
			}
			share := f.Preview()
			content := w.read(strings.TrimPrefix(share, "/files/"))
			if config, err := jpeg.DecodeConfig(bytes.NewReader(content)); err != nil || config.Width != 800 || config.Height != 400 || !strings.HasSuffix(share, "/share.jpg") || !upload.IsPublic(share) || bytes.Contains(content, []byte("GPS-TEST-MARK")) {
				t.Errorf("for chats: %s %+v %v", share, config, err)
			}
			if original := "/files/" + upload.Folder("test", "post", id, w.Now()) + "/original.jpg"; upload.IsPublic(original) {
				t.Errorf("the edge serves %s, with GPS", original)
			}
		})
	}
}

// The address of an image is known before its variants are, so the largest is always
// made under the same name.
func TestSmallPictureHasTheLargestName(t *testing.T) {
	for _, c := range []struct {
		w, h  int
		names []string
	}{{100, 100, []string{"1600"}}, {500, 300, []string{"320", "1600"}}, {1000, 300, []string{"320", "960", "1600"}}, {40, 17000, []string{"1600"}}} {
		w := newWorld(t)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, c.w, c.h)), nil); err != nil {
			t.Fatal(err)
		}
		id := w.completed("jpg", b.Bytes(), c.w, c.h)
		if got := w.Deliver(told(id)); got != 204 {
			t.Fatalf("%d", got)
		}
		files, _ := w.store.Files(w.Context(), id)
		names := []string{}
		for _, v := range files[id].Variants {
			names = append(names, strings.TrimSuffix(v.URL[strings.LastIndexByte(v.URL, '/')+1:], ".jpg"))
			w.read(strings.TrimPrefix(v.URL, "/files/"))
		}
		if !slices.Equal(names, c.names) {
			t.Errorf("%dx%d: %v, want %v", c.w, c.h, names, c.names)
		}
	}
}

func TestWhatIsNotProcessed(t *testing.T) {
	w := newWorld(t)
	whole := photo(t, 400, 300)
	broken := w.completed("jpg", whole[:len(whole)/3], 400, 300)
	if got := w.Deliver(told(broken)); got != 204 {
		t.Errorf("a broken picture: %d", got)
	}
	if u, err := w.store.Read(w.Context(), broken); err != nil || u.RefusedCode != "picture-unreadable" || u.ProcessedAt == nil {
		t.Errorf("%+v %v", u, err)
	}
	w.Events.Take()
	gone := w.completed("jpg", whole, 400, 300)
	if _, err := w.store.Delete(w.Context(), gone); err != nil {
		t.Fatal(err)
	}
	nobody, _ := check.NewID()
	for id, want := range map[string]int{gone: 204, nobody: 202, "x": 202} {
		if got := w.Deliver(told(id)); got != want {
			t.Errorf("%s: %d, want %d", id, got, want)
		}
	}
	if got := w.Events.Types(); len(got) != 0 {
		t.Errorf("events: %v", got)
	}
	late := w.completed("jpg", whole, 400, 300)
	there := w.Deps.Storage
	w.Deps.Storage.Endpoint = "http://127.0.0.1:1"
	if got := w.Deliver(told(late)); got < 500 {
		t.Errorf("with the storage away: %d", got)
	}
	w.Deps.Storage = there
	if got := w.Deliver(told(late)); got != 204 {
		t.Errorf("with the storage back: %d", got)
	}
}

// A page that shows the image is rendered again.
func TestTouches(t *testing.T) {
	w := newWorld(t)
	id := w.completed("jpg", photo(t, 40, 30), 40, 30)
	generation := func() string {
		t.Helper()
		g, err := w.Pages.Begin(t.Context(), "none", []string{upload.Tag(id)})
		if err != nil {
			t.Fatal(err)
		}
		return g.Of[upload.Tag(id)]
	}
	before := generation()
	w.Deliver(told(id))
	if generation() == before {
		t.Error("not touched")
	}
}

// What a page is owed because Redis did not answer, the repeated event gives it, although it
// finds the image processed.
func TestOwedTouches(t *testing.T) {
	w := newWorld(t)
	id := w.completed("jpg", photo(t, 40, 30), 40, 30)
	g, err := w.Pages.Begin(t.Context(), "ko:/x", []string{upload.Tag(id)})
	if err != nil {
		t.Fatal(err)
	}
	w.Server.SetError("LOADING")
	if got := w.Deliver(told(id)); got != http.StatusServiceUnavailable {
		t.Errorf("with Redis away: %d", got)
	}
	w.Server.SetError("")
	if got := w.Deliver(told(id)); got != http.StatusNoContent {
		t.Errorf("again: %d", got)
	}
	again, err := w.Pages.Begin(t.Context(), "ko:/x", []string{upload.Tag(id)})
	if err != nil || again.Of[upload.Tag(id)] == g.Of[upload.Tag(id)] {
		t.Errorf("not touched: %v", err)
	}
}

// film is an animated GIF that says in a comment where it was taken.
func film(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	palette := color.Palette{color.Black, color.White}
	all := []*image.Paletted{image.NewPaletted(image.Rect(0, 0, w, h), palette), image.NewPaletted(image.Rect(0, 0, w/2, h/2), palette)}
	if err := gif.EncodeAll(&b, &gif.GIF{Image: all, Delay: []int{20, 20}}); err != nil {
		t.Fatal(err)
	}
	const comment = "37.5665N 126.9780E GPS-TEST-MARK"
	return slices.Concat(b.Bytes()[:b.Len()-1], []byte{0x21, 0xfe, byte(len(comment))}, []byte(comment), []byte{0, 0x3b})
}

// What moves is shown moving, as a copy with nothing in it but its pictures, where it is no larger than a page can bear; its
// variants stand still. Its original has no address.
func TestFilms(t *testing.T) {
	webp, err := os.ReadFile("../uploads/testdata/ordinary/libwebp-animated.webp")
	if err != nil {
		t.Fatal(err)
	}
	var still bytes.Buffer
	if err := gif.Encode(&still, image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	exif := "EXIF" + "\x20\x00\x00\x00" + "37.5665N 126.9780E GPS-TEST-MARK"
	tagged := append(bytes.Clone(webp), exif...)
	binary.LittleEndian.PutUint32(tagged[4:], uint32(len(tagged)-8))
	for name, option := range map[string]functiontest.Option{"embedded": func(*functiontest.App) {}, "swift": functiontest.OnSwift, "postgres": functiontest.OnPostgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, option)
			for name, c := range map[string]struct {
				kind    string
				content []byte
				film    upload.Film
			}{
				"still GIF":           {"gif", still.Bytes(), ""},
				"animated GIF":        {"gif", film(t, 400, 300), upload.Moving},
				"animated WebP":       {"webp", webp, upload.Moving},
				"WebP with EXIF":      {"webp", tagged, upload.Moving},
				"too large":           {"gif", film(t, 1700, 300), upload.Still},
				"a photograph's":      {"jpg", photo(t, 40, 30), ""},
				"a GIF by its suffix": {"gif", photo(t, 40, 30), ""},
			} {
				id := w.completed(c.kind, c.content, 40, 30)
				if got := w.Deliver(told(id)); got != 204 {
					t.Fatalf("%s: %d", name, got)
				}
				u, err := w.store.Read(w.Context(), id)
				if err != nil || u.Film != c.film || u.RefusedCode != "" {
					t.Errorf("%s: %q %q %v", name, u.Film, u.RefusedCode, err)
				}
				files, err := w.store.Files(w.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				f := files[id]
				if len(f.Variants) == 0 || !strings.HasSuffix(f.URL, "/1600.jpg") || (f.Moving != "") != (c.film == upload.Moving) || upload.IsPublic("/files/"+u.Key()) {
					t.Errorf("%s: %+v", name, f)
				}
				if c.film != upload.Moving {
					continue
				}
				key := strings.TrimPrefix(f.Moving, "/files/")
				if !upload.IsPublic(f.Moving) || !slices.Contains(u.Keys(), key) {
					t.Errorf("%s: %s is not served, or stays when the rest goes", name, f.Moving)
				}
				info, err := w.Objects().Stat(w.Context(), key)
				if err != nil || info.ContentType != f.Type || info.Disposition != "inline" {
					t.Errorf("%s: %+v %v", name, info, err)
				}
				if shown := w.read(key); bytes.Contains(shown, []byte("GPS")) || bytes.Contains(shown, []byte("EXIF")) || len(shown) < 100 {
					t.Errorf("%s: %d bytes:\n%q", name, len(shown), shown)
				}
			}
		})
	}
}
