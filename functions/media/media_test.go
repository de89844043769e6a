package media_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
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
	before, err := w.Pages.Generations(t.Context(), []string{upload.Tag(id)})
	if err != nil {
		t.Fatal(err)
	}
	w.Deliver(told(id))
	after, err := w.Pages.Generations(t.Context(), []string{upload.Tag(id)})
	if err != nil || before[upload.Tag(id)] == after[upload.Tag(id)] {
		t.Errorf("not touched: %v %v %v", before, after, err)
	}
}
