package notices_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

// What stands in the text as a picture belongs to the notice, whether the list of attachments
// names it or not, and readers get it in the sizes that there are.
func TestPicturesInTheText(t *testing.T) {
	each := func(t *testing.T, options ...functiontest.Option) {
		d := open(t, options...)
		inText := d.Upload(functiontest.Upload{Name: "천막.jpg", Type: "jpg", Width: 1600, Height: 900, Variants: []int{320, 960}})
		beside := d.Upload(functiontest.Upload{Name: "포스터.png", Type: "png", Width: 1600, Height: 900, Variants: []int{320, 960}})
		document := d.Upload(functiontest.Upload{Name: "계획.pdf", Type: "pdf"})
		n := d.write("축제", map[string]any{"body": "앞\n\n![천막 세 채](upload:" + inText + ")\n\n뒤", "titleEn": "Festival", "bodyEn": "![Tents](upload:" + inText + ")", "attachments": []string{beside}, "publishAt": d.Now()})
		if len(n.Attachments) != 2 {
			t.Errorf("%d attachments", len(n.Attachments))
		}
		for _, c := range []struct{ as, path, says string }{
			{"", "/v1/notices/" + n.ID, `alt=\"천막 세 채\"`}, {"", "/v1/notices/" + n.ID, `alt=\"Tents\"`}, {"", "/notices/" + n.ID, `alt="천막 세 채"`}, {"", "/en/notices/" + n.ID, `alt="Tents"`},
			{d.editor, "/v1/notices/" + n.ID + "/revisions/1", `alt=\"천막 세 채\"`},
		} {
			body := strings.ReplaceAll(string(d.call(c.as, "GET", c.path, nil).Want(200).Body), `\u003c`, "<")
			if !strings.Contains(body, c.says) || !strings.Contains(body, "960w") || strings.Contains(body, "/by-id/") {
				t.Errorf("%s does not show the picture:\n%s", c.path, body)
			}
		}
		page := string(d.call("", "GET", "/notices/"+n.ID, nil).Want(200).Body)
		if strings.Count(page, `alt="천막`) != 1 || strings.Count(page, `alt="포스터"`) != 1 {
			t.Error("a picture that stands in the text stands below it, too, or one that does not is nowhere")
		}
		n = d.edit(n, map[string]any{"body": "글", "publishAt": d.Now()})
		if len(n.Attachments) != 0 {
			t.Errorf("%d attachments when none is named and none is in the text", len(n.Attachments))
		}

		for text, code := range map[string]string{"![x](upload:" + document + ")": "not-a-picture", "![x](upload:0197a000-0000-7000-8000-000000000001)": "upload-unknown"} {
			if r := d.call(d.editor, "POST", "/v1/notices", content("글", map[string]any{"body": text})); r.Status != 422 || !strings.Contains(string(r.Body), code) {
				t.Errorf("%s: %d %s", text, r.Status, r.Body)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t) })
	t.Run("postgres", func(t *testing.T) { each(t, functiontest.OnPostgres) })
}

// A preview shows what its writer may see, and nothing of others.
func TestPicturesInAPreview(t *testing.T) {
	d := open(t)
	picture := d.Upload(functiontest.Upload{Name: "천막.jpg", Type: "jpg", Width: 1600, Height: 900, Variants: []int{320}})
	proof := d.Upload(functiontest.Upload{Name: "학생증.jpg", Type: "jpg", Purpose: "proof", Width: 1600, Height: 900, Variants: []int{320}})
	for id, shown := range map[string]bool{picture: true, proof: false} {
		body := string(d.call(d.editor, "POST", "/v1/admin/notices/render", map[string]any{"body": "![그림](upload:" + id + ")"}).Want(200).Body)
		if strings.Contains(body, "320w") != shown || !strings.Contains(body, "그림") || strings.Contains(body, "학생증") {
			t.Errorf("%t: %s", shown, body)
		}
	}
}

// A film moves in the text and below it, and stands still for who asks for less motion, in lists, and where it is opened.
func TestFilms(t *testing.T) {
	each := func(t *testing.T, options ...functiontest.Option) {
		d := open(t, options...)
		moving := functiontest.Upload{Name: "축제.gif", Type: "gif", Width: 960, Height: 540, Variants: []int{320, 960}, Film: upload.Moving}
		inText, beside := d.Upload(moving), d.Upload(moving)
		moving.Film = upload.Still
		large := d.Upload(moving)
		n := d.write("축제", map[string]any{"body": "![불꽃](upload:" + inText + ")", "attachments": []string{beside, large}, "publishAt": d.Now()})
		read := functiontest.JSON[struct{ Attachments []upload.File }](d.call("", "GET", "/v1/notices/"+n.ID, nil).Want(200))
		for i, want := range []string{"/" + beside + "/moving.gif", "", "/" + inText + "/moving.gif"} {
			if f := read.Attachments[i]; !strings.HasSuffix(f.Moving, want) || want == "" && f.Moving != "" || !strings.HasSuffix(f.URL, "/1600.jpg") {
				t.Errorf("%d: %+v", i, f)
			}
		}
		page := string(d.call("", "GET", "/notices/"+n.ID, nil).Want(200).Body)
		for _, id := range []string{inText, beside} {
			if got := regexp.MustCompile(`<a class="enlarge" href="[^"]+/`+id+`/1600\.jpg"><picture><source media="\(prefers-reduced-motion: reduce\)" srcset="[^"]+320\.jpg 320w, [^"]+960\.jpg 960w" sizes="[^"]+"><img src="[^"]+/`+id+`/moving\.gif" width="960" height="540"`).FindAllString(page, -1); len(got) != 1 {
				t.Errorf("%d films %s on:\n%s", len(got), id, page)
			}
		}
		if strings.Contains(page, large+"/moving") || strings.Contains(string(d.call("", "GET", "/notices", nil).Want(200).Body), "/moving.") {
			t.Error("what is too large, or in the list, moves")
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t) })
	t.Run("postgres", func(t *testing.T) { each(t, functiontest.OnPostgres) })
}
