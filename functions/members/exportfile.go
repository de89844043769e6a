package members

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policies"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// exportFile is a ZIP of two files that say the same: a page for people, madang.html, and what
// programs read, madang.json.
type exportFile struct{ zip []byte }

// MediaType is a ZIP's.
func (f exportFile) MediaType() string { return "application/zip" }

// WriteResponse writes the archive, to be saved.
func (f exportFile) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", f.MediaType())
	h.Set("Content-Disposition", `attachment; filename="madang.zip"`)
	h.Set("Content-Length", strconv.Itoa(len(f.zip)))
	_, err := w.Write(f.zip)
	return err //nolint:wrapcheck // the connection's own
}

// exportAsFile is export for people.
func (h handlers) exportAsFile(ctx context.Context, _ *exportRequest) (*exportFile, error) {
	r, err := h.export(ctx, &exportRequest{})
	if err != nil {
		return nil, err
	}
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var page bytes.Buffer
	if err := h.exportPage(ctx, r).Render(&page); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, f := range []struct {
		name    string
		content []byte
	}{{"madang.html", page.Bytes()}, {"madang.json", document}} {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: clock.Now(ctx)})
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return &exportFile{b.Bytes()}, nil
}

// decided are what somebody set, in words: the domain, what is set, and the value. What there no longer is has the names that it had.
func (h handlers) decided(ctx context.Context, v exportPolicy) (domain, name, value string) {
	language := function.RequestFrom(ctx).Language
	d, known := policies.Of(h.catalogue, v.Domain)
	if !known {
		return v.Domain, v.Name, fmt.Sprint(v.Value)
	}
	written, err := json.Marshal(v.Value)
	item, is := d.Item(v.Name)
	if err != nil || !is {
		return d.Label.In(language), v.Name, fmt.Sprint(v.Value)
	}
	return d.Label.In(language), item.Label.In(language), item.Words(language, written)
}

// first is a text that begins with a capital letter, where it has any.
func first(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// spoken is what a language is called.
func spoken(language string) problem.Text {
	switch language {
	case "ko":
		return problem.Text{KO: "한국어", EN: "Korean"}
	case "en":
		return problem.Text{KO: "영어", EN: "English"}
	default:
		return problem.Text{KO: language, EN: language}
	}
}

const exportStyle = `body{font:1rem/1.6 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}th{font-weight:600}tbody th{width:14rem}`

// exportPage shows everything that the document holds. It loads nothing, and needs nothing but
// a browser.
func (h handlers) exportPage(ctx context.Context, r *exportResponse) g.Node {
	t := func(ko, en string) string { return ui.T(ctx, ko, en) }
	moment := func(at time.Time) string { return at.In(clock.Seoul).Format("2006-01-02 15:04:05") }
	since := func(at *time.Time) string {
		if at == nil {
			return t("없음", "None")
		}
		return moment(*at)
	}
	yes := func(b bool) string {
		if b {
			return t("예", "Yes")
		}
		return t("아니요", "No")
	}
	rows := func(heads []string, list [][]string) g.Node {
		if len(list) == 0 {
			return el.P(g.Text(t("없습니다.", "None.")))
		}
		cells := func(row []string) g.Node { return el.Tr(g.Map(row, func(s string) g.Node { return el.Td(g.Text(s)) })) }
		return el.Table(el.THead(el.Tr(g.Map(heads, func(s string) g.Node { return el.Th(el.Scope("col"), g.Text(s)) }))), el.TBody(g.Map(list, cells)))
	}
	word := func(w problem.Text) string { return w.In(function.RequestFrom(ctx).Language) }
	unit := func(name string) string { return ui.Name(ctx, h.settings.Names.Unit(name)) }
	kind := func(name string) string {
		if k, known := thing.KindOf(name); known {
			return word(k.Label)
		}
		return name
	}
	p := r.Profile
	facts := [][2]string{
		{t("회원 번호", "Member id"), p.ID}, {t("이메일", "Email address"), p.Email}, {t("이름", "Name"), p.Name}, {t("학과", "Department"), p.Unit},
		{t("재학생 인증", "Verified as a student"), strings.TrimSpace(yes(p.Verified) + " " + word(member.VerifiedLabel(p.VerifiedBy)))}, {t("비밀번호가 있음", "Has a password"), yes(p.HasPassword)},
		{t("2단계 인증", "Second factor"), yes(p.SecondFactor)}, {t("정지됨", "Suspended"), yes(p.Suspended)}, {t("탈퇴", "Leaving"), since(p.LeavingAt)},
		{t("가입", "Joined"), moment(p.CreatedAt)}, {t("마지막으로 바뀜", "Last changed"), moment(p.UpdatedAt)},
	}
	roles, consents, sessions, issuers, uploads, accesses := [][]string{}, [][]string{}, [][]string{}, [][]string{}, [][]string{}, [][]string{}
	for _, v := range p.Roles {
		in := t("모든 단위", "Every unit")
		if v.Unit != "" {
			in = unit(v.Unit)
		}
		roles = append(roles, []string{word(member.RoleLabel(auth.Role(v.Role))), in, since(v.Until)})
	}
	for _, v := range r.Consents {
		consents = append(consents, []string{word(member.ConsentLabel(v.Kind)), v.Version, yes(v.Given), moment(v.At)})
	}
	for _, v := range r.Sessions {
		sessions = append(sessions, []string{v.Device, moment(v.CreatedAt), moment(v.RefreshedAt)})
	}
	for _, v := range r.Issuers {
		issuers = append(issuers, []string{word(oidc.Label(v))})
	}
	for _, v := range r.Uploads {
		uploads = append(uploads, []string{v.Name, word(upload.PurposeLabel(v.Purpose)), strconv.FormatInt(v.Size, 10), moment(v.CreatedAt), since(v.CompletedAt)})
	}
	for _, v := range r.Accesses {
		accesses = append(accesses, []string{moment(v.At), word(h.catalogue.Words(v.Action))})
	}
	numbers := [][]string{}
	for _, v := range r.Policies {
		domain, name, value := h.decided(ctx, v)
		numbers = append(numbers, []string{domain, name, value, moment(v.From), moment(v.At), v.By})
	}
	chosen, follows, told := [][]string{}, [][]string{}, [][]string{}
	for _, v := range r.Topics.Settings {
		chosen = append(chosen, []string{word(topic.Label(v.Topic)), word(topic.How(v.How).Label())})
	}
	for _, v := range r.Topics.Follows {
		follows = append(follows, []string{kind(v.Kind), v.ID, moment(v.Since)})
	}
	for _, v := range append(slices.Clone(r.Told), r.Mails.Sent...) {
		said := topic.Label(v.Topic)
		if of, known := topic.OfRow(v.Topic); known {
			said = of.Said
		}
		told = append(told, []string{moment(v.At), word(said), kind(v.Kind), v.ID, word(delivery.ChannelLabel(v.By)), word(delivery.State(v.State).Label()), since(v.ReadAt)})
	}
	paused, devices, remarks := [][]string{}, [][]string{}, [][]string{}
	for _, v := range r.Mails.Paused {
		paused = append(paused, []string{moment(v.At), v.Answer})
	}
	for _, v := range r.Devices {
		devices = append(devices, []string{v.Name, word(spoken(v.Language)), moment(v.CreatedAt), moment(v.SeenAt)})
	}
	for _, v := range r.Remarks {
		remarks = append(remarks, []string{moment(v.At), v.Notice, first(word(notice.Said(v.Said).Label())), v.Text})
	}
	section := func(title string, content g.Node) g.Node { return el.Section(el.H2(g.Text(title)), content) }
	title := h.accounts.Council(ctx) + " " + t("내 자료", "my data")
	return el.Doctype(el.HTML(el.Lang(function.RequestFrom(ctx).Language),
		el.Head(el.Meta(el.Charset("utf-8")), el.Meta(el.Name("viewport"), el.Content("width=device-width, initial-scale=1")), el.TitleEl(g.Text(title)), el.StyleEl(g.Raw(exportStyle))),
		el.Body(
			el.H1(g.Text(title)),
			el.P(g.Text(t("홈페이지가 회원님에 관해 가진 것 전부입니다. 같은 내용이 madang.json에 프로그램이 읽을 수 있게 들어 있습니다. 시각은 한국 시각입니다.", "Everything that the site keeps about you. madang.json says the same to programs. Times are Seoul's."))),
			section(t("계정", "Account"), el.Table(el.TBody(g.Map(facts, func(f [2]string) g.Node { return el.Tr(el.Th(el.Scope("row"), g.Text(f[0])), el.Td(g.Text(f[1]))) })))),
			section(t("역할", "Roles"), rows([]string{t("역할", "Role"), t("단위", "Unit"), t("임기 끝", "End of term")}, roles)),
			section(t("동의", "Consents"), rows([]string{t("무엇에", "Of what"), t("버전", "Version"), t("동의함", "Given"), t("언제", "When")}, consents)),
			section(t("로그인한 기기", "Sessions"), rows([]string{t("기기", "Device"), t("로그인", "Signed in"), t("마지막 사용", "Last used")}, sessions)),
			section(t("연결한 계정", "Linked accounts"), rows([]string{t("서비스", "Issuer")}, issuers)),
			section(t("올린 파일", "Uploads"), rows([]string{t("이름", "Name"), t("용도", "Purpose"), t("크기(바이트)", "Bytes"), t("올리기 시작", "Began"), t("다 올림", "Completed")}, uploads)),
			section(t("총학생회가 보거나 바꾼 기록", "What the council read or changed"), rows([]string{t("언제", "When"), t("무엇을", "What")}, accesses)),
			section(t("받기로 한 알림", "What to notify you about"), rows([]string{t("알림", "Topic"), t("어떻게", "How")}, chosen)),
			section(t("알림 받는 글", "What you follow"), rows([]string{t("종류", "Kind"), t("번호", "Id"), t("언제부터", "Since")}, follows)),
			section(t("보낸 알림", "What you were told"), rows([]string{t("언제", "When"), t("알림", "Topic"), t("종류", "Kind"), t("번호", "Id"), t("보낸 길", "Sent by"), t("결과", "What became of it"), t("읽음", "Read")}, told)),
			section(t("이메일을 보내지 않는 사유", "Why no mail is sent"), rows([]string{t("언제", "When"), t("메일 서버의 답", "Answer of the mail server")}, paused)),
			section(t("알림을 받는 기기", "Devices with notifications"), rows([]string{t("기기", "Device"), t("언어", "Language"), t("켠 때", "Turned on"), t("마지막 확인", "Last confirmed")}, devices)),
			section(t("공지 검토에서 한 말", "What you said in reviews of notices"), rows([]string{t("언제", "When"), t("공지 번호", "Notice"), t("무엇을", "What"), t("의견", "Comment")}, remarks)),
			section(t("정한 운영 기준", "Numbers that you set"), rows([]string{t("분야", "Domain"), t("이름", "Name"), t("값", "Value"), t("언제부터", "From"), t("정한 때", "Set"), t("정한 회원", "By member")}, numbers)),
		)))
}
