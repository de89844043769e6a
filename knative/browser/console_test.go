package browser

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/totp"
	"github.com/madang-council/madang/shared/media/filetype/filetypetest"
)

// signsIn signs the admin in on the page that asks for it.
func (p *person) signsIn() {
	p.t.Helper()
	p.fill("이메일", p.host.email)
	p.fill("비밀번호", p.host.password)
	p.leave(enter())
}

// does presses a button that leads nowhere else.
func (p *person) does(label string) {
	p.t.Helper()
	p.do(chromedp.Click(p.find("button "+label, "button", `words(e.innerText) === `+strconv.Quote(label))))
}

// answers presses a button of the dialog that is open, and waits until it is closed.
func (p *person) answers(label string) {
	p.t.Helper()
	p.do(chromedp.Click(p.find("answer "+label, "dialog button", `words(e.innerText) === `+strconv.Quote(label))))
	p.until("the dialog closes", `!document.querySelector('dialog[open]')`)
}

// chooses gives files to the page's own input.
func (p *person) chooses(files ...string) {
	p.t.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#files"), files))
}

// until waits for something that a person would see but cannot be read as text.
func (p *person) until(what, expression string) {
	p.t.Helper()
	for range 4800 {
		if ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("not seen: %s on %s:\n%s", what, p.address(), p.text())
}

// sets gives a value to a box that a person would not type letter by letter: a time.
func (p *person) sets(label, value string) {
	p.t.Helper()
	selector := p.find("box "+label, "input, textarea, select", `[...(e.labels || [])].some(l => words(l.innerText).replace(/ ?(선택|optional)$/, '') === `+strconv.Quote(label)+`)`)
	p.do(chromedp.SetValue(selector, value))
	eval[bool](p, `document.querySelector('[data-found]').dispatchEvent(new Event('input', { bubbles: true }))`)
}

// selects chooses an option of a list by its words, or how they begin.
func (p *person) selects(label, option string) {
	p.t.Helper()
	p.find("list "+label, "select", `[...(e.labels || [])].some(l => words(l.innerText).replace(/ ?(선택|optional)$/, '') === `+strconv.Quote(label)+`)`)
	if !eval[bool](p, `(() => {
		const list = document.querySelector('[data-found]');
		const option = [...list.options].find(o => o.text.startsWith(`+strconv.Quote(option)+`));
		if (option) { list.value = option.value; list.dispatchEvent(new Event('change', { bubbles: true })); }
		return Boolean(option);
	})()`) {
		p.t.Fatalf("%s has no %s", label, option)
	}
}

// value is what a box says.
func (p *person) value(selector string) string {
	p.t.Helper()
	return eval[string](p, `document.querySelector(`+strconv.Quote(selector)+`).value`)
}

// photo is a picture in a file.
func photo(t *testing.T, name string, tint uint8) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	for y := range 800 {
		for x := range 1200 {
			m.Set(x, y, color.RGBA{tint, uint8(x / 5), uint8(y / 4), 255})
		}
	}
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := jpeg.Encode(f, m, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// An editor writes a notice with three photographs and a Hangul document, schedules it, and
// a visitor with a telephone sees it at its minute.
func TestEditor(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/new")
	p.signsIn()
	p.at("/console/notices/new")
	hwp := filepath.Join(t.TempDir(), "참가 신청서.hwp")
	if err := os.WriteFile(hwp, filetypetest.HWP(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.fill("제목", "한 글자씩 봄")
	p.do(chromedp.SendKeys(chromedp.CSS("#field-body"), "**곧** 보입니다.\n\n- 하나\n- 둘"))
	p.until("the preview", `document.querySelector('#preview-body strong')?.innerText === '곧' && document.querySelectorAll('#preview-body li').length === 2`)
	p.fill("태그", "행사, 봄")
	p.chooses(photo(t, "봄 사진.jpg", 40), photo(t, "여름 사진.jpg", 120), photo(t, "가을 사진.jpg", 220), hwp)
	p.until("four attachments", `document.querySelectorAll('#attachments > li').length === 4 && document.querySelectorAll('#transfers > li').length === 0`)
	p.chooses(filepath.Join(t.TempDir(), "없는 것.exe"), hwp) // nothing is sent of what is not taken
	p.sees("올릴 수 없는 형식입니다.")
	fake := filepath.Join(t.TempDir(), "포스터.hwp")
	if err := os.WriteFile(fake, []byte("한글 문서가 아닌 글"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.chooses(fake) // what the server refuses cannot be sent again
	p.until("it is refused", `document.querySelector('.transfer[data-state=refused] .transfer-status')?.innerText !== undefined`)
	if got := eval[string](p, `[...document.querySelectorAll('.transfer[data-state=refused] button')].filter(b => b.checkVisibility()).map(b => b.innerText).join(', ')`); got != "빼기" {
		t.Errorf("a refused file offers %s", got)
	}
	p.do(chromedp.Click(chromedp.CSS(".transfer[data-state=refused] button:not([hidden])")))
	p.until("it is taken out", `!document.querySelector('.transfer[data-state=refused]')`)
	p.until("the same file twice is two files", `document.querySelectorAll('#attachments > li').length === 5`)
	p.do(chromedp.Click(chromedp.CSS(`#attachments > li:last-child button[aria-label$="빼기"]`)))
	p.do(chromedp.Click(p.find("up", "button", `e.getAttribute('aria-label') === '가을 사진.jpg 위로'`)))
	p.do(chromedp.Click(p.find("up", "button", `e.getAttribute('aria-label') === '가을 사진.jpg 위로'`)))
	p.until("autumn first", `document.querySelector('#attachments > li').innerText.includes('가을 사진.jpg')`)
	p.do(chromedp.SendKeys(p.find("alt", "input", `e.getAttribute('aria-label') === '가을 사진.jpg 대체 텍스트'`), "단풍이 든 본관\t"))
	described, cookies := false, h.signIn()
	for range 200 { // it is saved behind the page
		if body, _ := h.read("/v1/uploads", cookies); strings.Contains(body, "단풍이 든 본관") {
			described = true
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if !described {
		t.Fatal("what a picture shows is not saved")
	}
	p.sees("이 기기에는")

	// A crash: the page is opened anew, and what was typed is still there.
	p.open("/console/notices/new")
	p.sees("저장하지 않은 글이 이 기기에 있습니다.")
	p.shot("console-recover")
	p.does("그 글 불러오기")
	if got := p.value("#field-title"); got != "한 글자씩 봄" {
		t.Fatalf("recovered %q", got)
	}
	at := time.Now().Add(30 * time.Second).Truncate(time.Minute).Add(time.Minute) // a whole minute, and time to save before it
	p.do(chromedp.Click(p.find("at a time", "input[type=radio]", `e.parentElement.innerText.includes('시각을 정해 게시')`)))
	p.sets("게시할 때", at.In(clock.Seoul).Format("2006-01-02T15:04"))
	p.does("저장")
	p.sees("저장했습니다. 예약됨")
	p.shot("console-editor")
	id := strings.TrimPrefix(p.address(), "/console/notices/")
	if len(id) != 36 {
		t.Fatalf("saved at %s", p.address())
	}

	reader := newPerson(t, h, phone)
	reader.open("/")
	if strings.Contains(reader.text(), "한 글자씩 봄") {
		t.Fatal("it is published before its time")
	}
	for time.Now().Before(at) {
		time.Sleep(100 * time.Millisecond)
	}
	for range 50 { // the edge keeps a copy of a page for a second
		if body, _ := h.read("/", ""); strings.Contains(body, "한 글자씩 봄") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	reader.open("/")
	reader.sees("한 글자씩 봄")
	reader.shot("console-home")
	reader.open("/notices/" + id)
	reader.sees("곧 보입니다.")
	reader.sees("참가 신청서.hwp")
	if alts := eval[[]string](reader, `[...document.querySelectorAll('main figure img')].map(i => i.alt)`); !slices.Equal(alts, []string{"단풍이 든 본관", "봄 사진", "여름 사진"}) {
		t.Errorf("pictures say %q", alts)
	}
	reader.shot("console-notice")
}

// Two editors change one notice; the second sees what differs and decides. Then an old
// version comes back, and the notice is deleted and restored.
func TestVersions(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p, other := newPerson(t, h, desk), newPerson(t, h, phone)
	for _, one := range []*person{p, other} {
		one.open("/console/notices")
		one.signsIn()
		one.press("중간고사 간식 행사")
	}
	first := p.value("#field-body")
	other.fill("제목", "중간고사 간식 행사 (정정)")
	other.does("저장")
	other.sees("저장했습니다.")
	p.fill("내용", first+"\n\n한 사람에 하나씩입니다.")
	p.does("저장")
	p.sees("그사이 내가 다른 창이나 기기에서 이 공지를 고쳤습니다") // both are the same admin
	if got := eval[string](p, `[...document.querySelectorAll('dialog del')].map(e => e.innerText).join('|')`); !strings.Contains(got, "정정") {
		t.Errorf("the differences: %q", got)
	}
	p.shot("console-conflict")
	p.answers("내 글로 저장")
	p.sees("저장했습니다.")

	p.press("고친 기록")
	p.sees("2번째 버전과 3번째 버전")
	p.shot("console-revisions")
	other.open(p.address())
	other.shot("console-revisions")
	restore := p.find("restore the first", "button", `words(e.innerText) === '이 버전으로 되돌리기' && e.closest('li').innerText.includes('1번째 버전')`)
	p.do(chromedp.Click(restore))
	p.sees("1번째 버전의 제목, 내용, 태그로 되돌릴까요?")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '이 버전으로 되돌리기'`)))
	p.sees("1번째 버전으로 되돌렸습니다.")
	if title, body := p.value("#field-title"), p.value("#field-body"); title != "중간고사 간식 행사" || body != first {
		t.Errorf("restored %q %q", title, body)
	}

	p.does("지우기")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '지우기'`)))
	p.at("/console/notices")
	p.sees("공지를 지웠습니다.")
	p.open("/console/notices?state=deleted")
	p.sees("중간고사 간식 행사")
	p.press("되살리기")
	p.sees("공지를 되살렸습니다.")
	p.open("/console/notices?q=" + url.QueryEscape("간식"))
	p.sees("게시 중")
}

// Banners are put in order by keys alone, and by dragging, and visitors see that order.
func TestBanners(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/banners")
	p.signsIn()
	order := func() string {
		return eval[string](p, `[...document.querySelectorAll('#banners .row-title')].map(e => e.innerText).join('|')`)
	}
	before := strings.Split(order(), "|")
	public := func() string {
		body, _ := h.read("/v1/banners", "")
		var list struct{ Items []struct{ Alt string } }
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		alts := []string{}
		for _, b := range list.Items {
			alts = append(alts, b.Alt)
		}
		return strings.Join(alts, "|")
	}
	sees := func(want string) {
		t.Helper()
		got := ""
		for range 50 { // the edge keeps a copy of a page for a second
			if got = public(); got == want {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("visitors see %s, want %s", got, want)
	}
	for range 60 { // the skip link, the menus and what can be done come first
		p.keys("\t")
		if eval[bool](p, `document.activeElement.matches('[data-handle]')`) {
			break
		}
	}
	p.keys(kb.ArrowDown)
	p.sees("순서를 저장했습니다.")
	want := before[1] + "|" + before[0]
	if got := order(); got != want {
		t.Errorf("by keys: %s, want %s", got, want)
	}
	sees(want)
	if got := eval[string](p, `document.activeElement.getAttribute('aria-label')`); !strings.HasPrefix(got, before[0]) {
		t.Errorf("the focus went to %q", got)
	}
	p.shot("console-banners")
	eval[bool](p, `(document.querySelector('#order-state').textContent = '') === ''`)
	handles := eval[[][]float64](p, `[...document.querySelectorAll('[data-handle]')].map(e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })`)
	from, to := handles[0], handles[1]
	p.do(chromedp.MouseEvent("mousePressed", from[0], from[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.do(chromedp.MouseEvent("mouseMoved", from[0], (from[1]+to[1])/2, chromedp.ButtonLeft))
	p.do(chromedp.MouseEvent("mouseMoved", to[0], to[1]+40, chromedp.ButtonLeft))
	p.do(chromedp.MouseEvent("mouseReleased", to[0], to[1]+40, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.sees("순서를 저장했습니다.")
	if got := order(); got != strings.Join(before, "|") {
		t.Errorf("by dragging: %s", got)
	}
	sees(strings.Join(before, "|"))

	p.press("새 배너")
	p.does("저장")
	p.until("what is wrong", `document.querySelectorAll('[aria-invalid]').length >= 2 && document.activeElement.matches('[aria-invalid]')`)
	p.shot("console-banner-refused")
	if got := eval[string](p, `(() => {
		const of = (e) => getComputedStyle(e).borderTopWidth + ' ' + getComputedStyle(e).borderTopColor;
		const said = [...document.querySelectorAll('.field [aria-invalid]')].filter(e => e.checkVisibility()), plain = document.querySelector('.field input[type=text]:not([aria-invalid])');
		return said.filter(e => !of(e).startsWith('2px') || plain && of(e) === of(plain)).map(e => e.name).join();
	})()`); got != "" {
		t.Errorf("the edge of %s does not say that something is wrong", got)
	}
	said := eval[int](p, `document.querySelectorAll('[data-refused]').length`)
	p.chooses(photo(t, "새 배너.jpg", 90))
	p.until("the picture", `document.querySelector('#picture img')?.naturalWidth > 0`)
	if left := eval[int](p, `document.querySelectorAll('[data-refused]').length`); left != said-1 {
		t.Errorf("%d of %d refusals are left once there is a picture", left, said)
	}
	p.fill("대체 텍스트", "가을 축제")
	p.fill("누르면 갈 곳", "/notices")
	// What must be seen is chosen by a click on the picture, and by numbers.
	eval[bool](p, `(() => {
		const picture = document.querySelector('#picture img'), b = picture.getBoundingClientRect();
		return picture.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: b.x + b.width / 4, clientY: b.y + b.height / 2 }));
	})()`)
	p.until("the point that was clicked", `Math.abs(document.querySelector('#field-focus\\.x').value - 25) <= 1 && Math.abs(document.querySelector('#field-focus\\.y').value - 50) <= 1`)
	eval[bool](p, `(() => {
		const box = document.querySelector('#field-focus\\.y');
		box.value = '80';
		return box.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	p.until("the crop follows", `document.querySelector('#crop-shown img').style.objectPosition.endsWith(' 80%')`)
	p.shot("console-banner")
	p.press("저장")
	p.sees("배너를 저장했습니다.")
	sees(strings.Join(append(before, "가을 축제"), "|"))
	reels(t, h)
}

// reels turns the row of three banners in each way that there is.
func reels(t *testing.T, h *localHost) {
	p := newPerson(t, h, desk)
	p.open("/")
	p.until("the third banner is cropped as was chosen", `Boolean(document.querySelector('#banner-3 img.fx-25.fy-80'))`)
	shown := func(n string) {
		t.Helper()
		p.until("banner "+n, `(() => { const row = document.querySelector('.reel ul').getBoundingClientRect(), one = document.querySelector('#banner-`+n+`').getBoundingClientRect(); return one.left >= row.left - 2 && one.right <= row.right + 2; })()`)
		p.until("its dot", `[...document.querySelectorAll('.reel nav a')].findIndex(a => a.getAttribute('aria-current') === 'true') === `+n+` - 1`)
	}
	shown("1")
	arrow := func(banner, says string) {
		t.Helper()
		if !eval[bool](p, `(() => { const a = [...document.querySelectorAll('#banner-`+banner+` .turn-one')].find(a => a.textContent === '`+says+`'); a?.click(); return Boolean(a); })()`) {
			t.Fatalf("banner %s has no arrow that says %s", banner, says)
		}
	}
	arrow("1", "다음 배너")
	shown("2")
	if got := eval[string](p, `document.activeElement.closest('li')?.id + ' ' + document.activeElement.textContent`); got != "banner-2 다음 배너" {
		t.Errorf("the focus went to %s", got)
	}
	arrow("2", "다음 배너")
	shown("3")
	arrow("3", "이전 배너")
	shown("2")
	p.do(chromedp.Focus(chromedp.CSS(".reel ul")))
	p.keys(kb.ArrowRight)
	shown("3")
	p.keys(kb.Home)
	shown("1")
	if eval[float64](p, `scrollY`) != 0 || strings.Contains(p.address(), "#") {
		t.Errorf("turning the row moved the page: %s", p.address())
	}
	p.keys(kb.End)
	shown("3")
	p.do(chromedp.Click(p.find("the whole picture", "#banner-3 a.enlarge", "true")))
	p.until("the whole picture", `document.querySelector('dialog[open] img')?.naturalWidth > 0`)
	p.answers("닫기")
	p.shot("main-three-banners")

	plain := newPerson(t, h, phone)
	plain.withoutScripts()
	plain.open("/")
	plain.shot("main-three-banners")
	plain.do(chromedp.Click(chromedp.CSS("#banner-1 .turn-one")))
	plain.until("the second banner, without scripts", `location.hash === '#banner-2' && document.querySelector('.reel ul').scrollLeft > 50`)
}

// large writes a ZIP of this many MiB that does not compress, and returns its sum.
func large(t *testing.T, path string, mib int) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	z := zip.NewWriter(buffered)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "자료.bin", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	source := rand.NewChaCha8([32]byte{1})
	if _, err := io.CopyN(w, source, int64(mib)<<20); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func() error{z.Close, buffered.Flush, f.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// A file of 200 MB is sent over a line that is cut twice; it goes on after a pause and after
// the page was opened anew, and arrives as it was.
func TestLargeUpload(t *testing.T) {
	t.Parallel()
	cable := newLine(t)
	h := startHost(t, "UPLOAD_LIMIT_MIB=300", "S3_PUBLIC_ENDPOINT="+cable.address())
	host := strings.TrimPrefix(h.address, "http://")
	cable.join(host, 60<<20)
	path := filepath.Join(t.TempDir(), "총회 자료.zip")
	want := large(t, path, 200)
	p := newPerson(t, h, desk)
	p.open("/console/uploads")
	p.signsIn()
	p.selects("쓰임", "자료")
	p.chooses(path)
	p.until("the first cut", `document.querySelector('.transfer')?.dataset.state === 'offline'`)
	if !cable.isCut() {
		t.Fatal("it is offline although the line is not cut")
	}
	p.sees("연결이 끊겨 다시 시도합니다")
	p.shot("console-upload-cut")
	cable.join(host, 60<<20)
	p.until("the second cut", `document.querySelector('.transfer')?.dataset.state === 'offline'`)
	stored := eval[float64](p, `document.querySelector('.transfer progress').value`)
	if stored < 40<<20 {
		t.Errorf("only %.0f bytes were kept of what was sent", stored)
	}
	p.open("/console/uploads") // as after a crash; nobody chooses the file again
	cable.join(host, -1)
	p.until("going on by itself", `document.querySelector('.transfer')?.dataset.state === 'sending'`)
	p.until("the end", `document.querySelector('.transfer')?.dataset.state === 'done'`)
	p.shot("console-upload-done")

	p.open("/console/media")
	p.sees("총회 자료.zip")
	p.shot("console-media")
	address := eval[string](p, `[...document.querySelectorAll('a.card-name')].find(a => a.innerText === '총회 자료.zip').href`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, response.Body); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("what arrived has the sum %s, what was sent %s", got, want)
	}
	if left := eval[int](p, `indexedDB.databases().then(all => Promise.all(all.map(d => new Promise(done => { const o = indexedDB.open(d.name); o.onsuccess = () => { const q = o.result.transaction('uploads').objectStore('uploads').count(); q.onsuccess = () => done(q.result); }; })))).then(counts => counts.reduce((a, b) => a + b, 0))`, awaited); left != 0 {
		t.Errorf("%d files are still kept in the browser", left)
	}
}

// Several files at once; one is paused and gone on with, one is taken out.
func TestUploads(t *testing.T) {
	t.Parallel()
	cable := newLine(t)
	h := startHost(t, "S3_PUBLIC_ENDPOINT="+cable.address())
	p := newPerson(t, h, phone)
	p.open("/console/uploads")
	p.signsIn()
	p.selects("쓰임", "자료")
	names := []string{}
	for _, name := range []string{"하나.zip", "둘.zip", "셋.zip"} {
		path := filepath.Join(t.TempDir(), name)
		large(t, path, 9)
		names = append(names, path)
	}
	p.chooses(names...)
	p.until("two under way, one waiting", `[...document.querySelectorAll('.transfer')].map(e => e.dataset.state).join() === 'offline,offline,waiting'`)
	p.shot("console-uploads")
	p.do(chromedp.Click(p.find("pause", "button", `e.getAttribute('aria-label') === '멈춤: 하나.zip'`)))
	p.do(chromedp.Click(p.find("remove", "button", `e.getAttribute('aria-label') === '빼기: 둘.zip'`)))
	cable.join(strings.TrimPrefix(h.address, "http://"), -1)
	p.until("the third is there, the first waits", `[...document.querySelectorAll('.transfer')].map(e => e.dataset.state).join() === 'paused,done'`)
	p.do(chromedp.Click(p.find("resume", "button", `e.getAttribute('aria-label') === '이어 올리기: 하나.zip'`)))
	p.until("all", `[...document.querySelectorAll('.transfer')].every(e => e.dataset.state === 'done')`)
}

// An admin turns on the second factor, gives a role with a term, takes it away, and finds
// all of it in the log.
func TestAdmin(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	student := newPerson(t, h, phone)
	student.joins("sori@example.com", "이소리")

	p := newPerson(t, h, desk)
	p.open("/my/second-factor")
	p.signsIn()
	p.press("켜기")
	p.shot("second-factor")
	secret := strings.ReplaceAll(eval[string](p, `document.querySelector('.secret code').innerText`), " ", "")
	code, err := totp.Code(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.fill("인증번호", code)
	p.press("켜기")
	p.sees("2단계 인증을 켰습니다.")

	p.open("/console/members")
	p.fill("이름이나 이메일", "이소")
	p.leave(enter())
	p.press("이소리")
	p.sees("재학생 인증을 마친 회원에게만 역할을 줄 수 있습니다.")
	p.does("재학생으로 인증")
	p.do(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '재학생으로 인증'`)))
	p.sees("꼭 입력해 주세요.")
	p.fill("학번", "20261234")
	p.does("재학생으로 인증")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '재학생으로 인증'`)))
	p.sees("재학생으로 인증했습니다.")
	p.shot("console-member")
	p.selects("역할", "편집자")
	p.selects("단위", "학과")
	p.does("역할 주기")
	p.sees("역할이 끝나는 때를 정하거나 ‘끝나는 날 없음’을 고르세요.")
	p.do(chromedp.Click(chromedp.CSS("#field-endless")))
	p.does("역할 주기")
	p.sees("이소리 님에게 학과의 편집자 역할을 끝나는 날 없이 줄까요?")
	p.answers("취소")
	p.do(chromedp.Click(chromedp.CSS("#field-endless")))
	p.sets("임기 끝", "2020-01-01T00:00")
	p.does("역할 주기")
	p.answers("역할 주기")
	p.sees("이미 지난 시각입니다.")
	p.sets("임기 끝", "2099-02-28T18:00")
	p.does("역할 주기")
	p.sees("이소리 님에게 학과의 편집자 역할을 2099. 2. 28.")
	p.shot("console-role-question")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '역할 주기'`)))
	p.sees("역할을 주었습니다.")
	p.sees("편집자 · 학과")
	p.sees("2099. 2. 28. 18:00")
	p.shot("console-role")

	p.does("정지하기")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '정지하기'`)))
	p.sees("정지했습니다.")
	student.open("/sign-in")
	student.fill("이메일", "sori@example.com")
	student.fill("비밀번호", secretWord)
	student.press("로그인")
	student.sees("정지")

	p.open("/console/audit")
	for _, done := range []string{"총학생회 관리자 님이 역할을 줬습니다: 이소리.", "회원을 정지했습니다: 이소리.", "회원을 찾았습니다"} {
		p.sees(done)
	}
	p.shot("console-audit")
	p.selects("무엇을", "역할을 줌")
	p.press("찾기")
	p.do(chromedp.Click(p.find("the details", "summary", `words(e.innerText) === '자세히'`)))
	p.until("the details in words", `[...document.querySelectorAll('.log details[open] dt')].map(e => e.innerText).join() === '역할,단위,임기 끝' && document.querySelector('.log details[open] dl').innerText.includes('편집자')`)
	p.fill("누가(이름의 한 부분이나 이메일)", "관리자")
	p.press("찾기")
	p.sees("총학생회 관리자 님이 역할을 줬습니다: 이소리.")
	p.fill("누가(이름의 한 부분이나 이메일)", "소리")
	p.press("찾기")
	p.sees("조건에 맞는 기록이 없습니다.")
}

// An admin sees what needs somebody and what the month costs, and deals with what was not
// delivered.
func TestOperations(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/operations")
	p.signsIn()
	p.sees("지금 조치할 일이 없습니다.")
	h.watched()
	p.open("/console/operations")
	for _, text := range []string{"지금 조치할 일이 있습니다.", "조치할 일 3건", "Redis가 답하지 않습니다", "전하지 못한 일이 2건 있습니다.", "매달 내는 돈", "m2.c2m4 2대 135,873원"} {
		p.sees(text)
	}
	p.shot("console-operations")
	for _, part := range []string{"상태 자세히", "기능마다 자세히"} {
		p.do(chromedp.Click(p.find(part, "summary", "words(e.innerText) === '"+part+"'")))
	}
	for _, text := range []string{"ContainerMissing", "전하지 못함 2건", "그 가운데 기능들이 쓴 몫은", "그대로 두세요", "회원 members"} {
		p.sees(text)
	}
	p.shot("console-operations-open")
	p.press("전하지 못한 일 보기")
	p.sees("파일 올리기 완료 → 사진 다듬기")
	p.shot("console-dead-letters")
	p.do(chromedp.Click(p.find("dismiss", "button", `e.getAttribute('aria-label') === '지우기: event-of-a-notice'`)))
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '지우기'`)))
	p.sees("지웠습니다.")
	p.does("모두 다시 전하기")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '모두 다시 전하기'`)))
	p.sees("전하지 못한 일이 없습니다")

	small := newPerson(t, h, phone)
	small.open("/console/operations")
	small.signsIn()
	small.fits()
	small.shot("console-operations")
}

// An admin looks at old notices, is told what to mend, and brings them along with their dates.
func TestImport(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/import")
	p.signsIn()
	p.at("/console/notices/import")
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	choose := func(files ...string) {
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#field-file"), files))
		p.does("미리보기")
	}
	choose(file("나쁨.csv", "제목,날짜,단위\n개강총회,어제,총학\n"))
	p.sees("나쁨.csv 2번째 줄 날짜: 날짜를 읽을 수 없습니다.")
	choose(file("옛.csv", "제목,날짜,단위,조회수\n오래된 개강총회,2024.03.02 13:00,총학,7\n"), file("축제.md", "---\ntitle: 오래된 축제\ndate: 2022-05-20\nunit: 동연\n---\n봄이었습니다.\n"))
	p.sees("새로 옮길 공지 2개, 이미 있는 공지 0개")
	p.sees("옛.csv: 조회수")
	p.shot("console-import")
	p.does("모두 옮겨 오기")
	p.sees("공지 2개를 옮겨 왔습니다. 이미 있던 공지는 0개입니다.")
	choose(file("옛.csv", "제목,날짜,단위,조회수\n오래된 개강총회,2024.03.02 13:00,총학,8\n"))
	p.sees("새로 옮길 공지 0개, 이미 있는 공지 1개")
	if body, _ := h.read("/notices", ""); !strings.Contains(body, "오래된 개강총회") || !strings.Contains(body, "2024. 3. 2.") || !strings.Contains(body, "옮겨 온 공지") {
		t.Error("readers do not see it as it was")
	}
}

// Who writes by a clock that is wrong is told so, in another zone as in Seoul, and what is
// published now is published by the server's. English is written beside the Korean.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/new")
	p.signsIn()
	p.at("/console/notices/new")
	if eval[bool](p, `document.querySelector('#skew').hidden`) != true {
		t.Errorf("a right clock is told to be wrong: %s", p.text())
	}
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		const off = 5 * 60 * 1000, now = Date.now, origin = performance.timeOrigin;
		Date.now = () => now() + off;
		Object.defineProperty(performance, 'timeOrigin', { get: () => origin + off });
	}`}); err != nil {
		t.Fatal(err)
	}
	p.open("/console/notices/new")
	p.sees("이 컴퓨터의 시계가 5분 빠릅니다.")
	p.fill("제목", "바로 나오는 글")
	p.do(chromedp.Click(chromedp.CSS("#english > summary")))
	p.do(chromedp.SendKeys(chromedp.CSS("#field-titleEn"), "Out at once"))
	p.do(chromedp.SendKeys(chromedp.CSS("#field-bodyEn"), "Bold"))
	for _, step := range [][2]string{{"ai", "*Bold*"}, {"b", "***Bold***"}, {"i", "**Bold**"}, {"b", "Bold"}, {"k", "[Bold](https://)"}, {"zb", "**Bold**"}} { // each toggles what is selected
		if p.ctrl(step[0]); p.value("#field-bodyEn") != step[1] {
			t.Errorf("Ctrl+%s makes %q of the text, not %q", step[0], p.value("#field-bodyEn"), step[1])
		}
	}
	if keys := eval[string](p, `[...document.querySelectorAll('#writing-en [aria-keyshortcuts]')].map(b => b.innerText + ' ' + b.title + ' ' + b.getAttribute('aria-keyshortcuts')).join(', ')`); keys != "굵게 Ctrl+B Control+B, 기울임 Ctrl+I Control+I, 링크 Ctrl+K Control+K" {
		t.Errorf("the buttons say %q", keys)
	}
	p.until("the English preview", `document.querySelector('#preview-body-en strong')?.innerText === 'Bold' && document.querySelector('#preview-title-en').innerText === 'Out at once'`)
	p.do(chromedp.Click(p.find("now", "input[type=radio]", `e.parentElement.innerText.includes('저장하면 바로 게시')`)))
	p.ctrl("s")
	p.sees("게시했습니다.")
	if body, _ := h.read("/en/notices", ""); !strings.Contains(body, "Out at once") {
		t.Error("it is not published")
	}
}

// An editor pastes what a word processor has: text with dates and a table, and three pictures, and
// readers get what was pasted, the pictures large at a click without leaving the page.
func TestPastedPictures(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/new")
	p.signsIn()
	p.at("/console/notices/new")
	p.fill("제목", "붙여 넣은 공지")
	pictures := []string{}
	for _, hue := range []uint8{40, 120, 220} {
		content, err := os.ReadFile(photo(t, fmt.Sprintf("사진 %d.jpg", hue), hue))
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, base64.StdEncoding.EncodeToString(content))
	}
	list, err := json.Marshal(pictures)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal("3. 2.(월) 개강\n3. 9.(월) 수강 정정 마감\n\n| 구분 | 금액 |\n|---|---|\n| 재학생 | 10,000원 |\n")
	if err != nil {
		t.Fatal(err)
	}
	eval[bool](p, `(() => {
		const box = document.querySelector('#field-body');
		box.focus();
		const data = new DataTransfer();
		data.setData('text/plain', `+string(text)+`);
		`+string(list)+`.forEach((one, i) => data.items.add(new File([Uint8Array.from(atob(one), c => c.charCodeAt(0))], '사진 ' + (i + 1) + '.jpg', { type: 'image/jpeg' })));
		const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
		if (box.dispatchEvent(paste)) { document.execCommand('insertText', false, data.getData('text/plain')); } // as the browser itself does with a paste that nobody took
		return true;
	})()`)
	p.until("three pictures in the text", `(document.querySelector('#field-body').value.match(/!\[[^\]]*\]\(upload:[0-9a-f-]{36}\)/g) ?? []).length === 3 && document.querySelectorAll('#transfers > li').length === 0`)
	p.until("the preview shows them", `document.querySelectorAll('#preview-body .pictures img[srcset]').length === 3`)
	p.shot("console-pasted")
	p.do(chromedp.Click(p.find("now", "input[type=radio]", `e.parentElement.innerText.includes('저장하면 바로 게시')`)))
	p.does("저장")
	p.sees("게시했습니다.")
	id := strings.TrimPrefix(p.address(), "/console/notices/")

	reader := newPerson(t, h, phone)
	reader.open("/notices/" + id)
	reader.sees("3. 2.(월) 개강")
	reader.sees("3. 9.(월) 수강 정정 마감")
	reader.sees("10,000원")
	reader.until("a gallery of three, and none below the text", `document.querySelectorAll('.prose .pictures a.enlarge img').length === 3 && !document.querySelector('.gallery')`)
	reader.fits()
	reader.shot("pasted")
	reader.do(chromedp.Click(chromedp.CSS(".prose .enlarge")))
	reader.until("it is large", `document.querySelector('dialog.enlarged[open] img')?.naturalWidth > 0`)
	reader.shot("enlarged")
	reader.do(chromedp.KeyEvent(kb.Escape))
	reader.until("the page is there as it was", `!document.querySelector('dialog.enlarged')`)
	reader.at("/notices/" + id)
}

// An admin chooses a colour, sees at once by day and by night what follows, and every page has it.
func TestFace(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/settings")
	p.signsIn()
	p.at("/console/settings")
	painted := func(mode, part, colour string) string {
		return `getComputedStyle(document.querySelector('.phone[data-mode=` + mode + `] ` + part + `')).backgroundColor === '` + colour + `'`
	}
	p.until("pine, by day and by night", painted("light", ".phone-top", "rgb(11, 95, 73)")+` && document.querySelector('[data-ratio="onField.light"]').innerText === '7.6 : 1'`)
	p.fill("학생회 이름", "한봄대학교 총학생회")
	p.does("감 · 빗살")
	p.until("colour and wall of the preset", `document.querySelector('#field-colour').value === '#d9541e' && getComputedStyle(document.querySelector('.phone-wall'), '::before').maskImage.includes('/wall-bit.svg')`)
	p.sets("우리 색", "#ffc61a")
	p.until("yellow, and brown at night", painted("light", ".phone-top", "rgb(255, 198, 26)")+` && !(`+painted("dark", ".phone-top", "rgb(255, 198, 26)")+`)`)
	p.selects("무늬", "물결")
	p.until("another wall", `getComputedStyle(document.querySelector('.phone-wall'), '::before').maskImage.includes('/wall-mul.svg')`)
	p.sets("SVG", `<svg viewBox="0 0 10 10"><text>글</text></svg>`)
	p.sees("이 SVG에는 그릴 도형이 없어요.")
	p.sets("SVG", `<svg viewBox="0 0 10 10"><path d="M0 0h10v10z"/></svg>`)
	p.until("the mark is drawn", `document.querySelectorAll('.phone-mark svg.mark path[d="M0 0h10v10z"]').length === 2 && document.querySelector('#mark-wrong').textContent === ''`)
	drawn := filepath.Join(t.TempDir(), "mark.png")
	ring := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	for y := range 300 {
		for x := range 300 {
			if away := math.Hypot(float64(x)-150, float64(y)-150); away < 140 && away > 70 {
				ring.Set(x, y, color.NRGBA{R: 200, A: 255})
			}
		}
	}
	var content bytes.Buffer
	if err := png.Encode(&content, ring); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{drawn: content.Bytes(), drawn + ".none.png": []byte("no picture")} {
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#mark-file"), []string{drawn}))
	p.until("the outlines of the picture", `(() => {
		const path = document.querySelector('.phone-mark svg.mark path');
		if (!path || path.getAttribute('fill-rule') !== 'evenodd') return false;
		const box = path.getBBox(), at = (x, y) => path.isPointInFill(new DOMPoint(x, y));
		return Math.abs(box.width - 186.7) < 3 && Math.abs(box.height - 186.7) < 3 && !at(100, 100) && at(30, 100) && at(100, 170) && !at(20, 20);
	})()`)
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#mark-file"), []string{drawn + ".none.png"}))
	p.sees("SVG나 PNG 파일을 골라 주세요.")
	p.shot("console-face")
	p.fits()
	p.does("저장")
	p.sees("저장했습니다. 모든 페이지에 반영됩니다.")
	p.until("the console has it", `getComputedStyle(document.querySelector('.rail')).backgroundColor === 'rgb(255, 198, 26)'`)
	for range 200 { // guests may be shown what was, while it is rendered anew
		if body, _ := h.read("/", ""); strings.Contains(body, "한봄대학교 총학생회") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	small := newPerson(t, h, phone)
	small.open("/")
	small.sees("한봄대학교 총학생회")
	small.until("its icon is the council's", `/^\/brand\/[0-9a-f]{16}\/icon\.svg$/.test(document.querySelector('link[rel=icon]').getAttribute('href'))`)
	small.until("readers have it", `getComputedStyle(document.querySelector('.top')).backgroundColor === 'rgb(255, 198, 26)'`)
	small.open("/console/settings")
	small.signsIn()
	small.fits()
	small.shot("console-face")
}
