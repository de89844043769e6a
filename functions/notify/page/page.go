// Package page is where a member sees what they were told of, and says what they want to hear; and
// where a link in a mail ends it.
package page

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/webpush"
)

// The addresses, in Korean.
const (
	Path        = ui.NotificationsPath
	readPath    = Path + "/read"
	mailPath    = Path + "/mail"
	followPath  = ui.FollowPath
	EndPath     = "/unsubscribe/" // with a token behind it
	onPage      = 20
	codeSaved   = "saved"
	codeRead    = "read"
	codeResumed = "resumed"
	codeFollow  = "followed"
	codeEnded   = "ended"
)

// Entries say that there is the page, to the frame, which leads members there by a bell.
func Entries() []function.Entry {
	return []function.Entry{{Label: problem.Text{KO: "알림", EN: "Notifications"}, Path: Path, Order: 92, Members: true}}
}

// handlers are the pages and what they need.
type handlers struct {
	frame   ui.Frame
	db      *database.DB
	topics  topic.Store
	inbox   inbox.Store
	things  thing.Store
	queue   delivery.Queue
	members member.Store
	devices device.Store
	key     func() (webpush.Key, error)
	cursors *cursor.Codec
}

// Stores are what the pages show and change.
type Stores struct {
	Topics  topic.Store
	Inbox   inbox.Store
	Queue   delivery.Queue
	Members member.Store
	Devices device.Store
	Key     func() (webpush.Key, error) // that browsers subscribe with
}

// Routes are the pages.
func Routes(d function.Deps, s Stores) []function.Route {
	h := handlers{
		frame: ui.Site(d), db: d.DB, topics: s.Topics, inbox: s.Inbox, things: thing.Store{DB: d.DB}, queue: s.Queue, members: s.Members, devices: s.Devices, key: s.Key,
		cursors: cursor.New(d.Key.Derive("cursor")),
	}
	own := func(method, path string, do function.Operation, doc string) function.Route {
		return function.Route{Method: method, Path: path, Access: function.SignedIn, Private: method == "POST", Do: do, Doc: doc}
	}
	return h.frame.Pages(
		own("GET", Path, function.Do(h.show), "What one was told of, and what one wants to hear."),
		own("POST", Path, function.Do(h.save), "Saves what one wants to hear."),
		own("POST", readPath, function.Do(h.read), "Marks all that was shown as read."),
		own("POST", mailPath, function.Do(h.resume), "Has mail sent again to an address that it came back from."),
		function.Route{Method: "POST", Path: devicesPath, Access: function.SignedIn, Private: true, Alone: true, Limit: function.Outward, Do: function.Do(h.turnOn), Doc: "Turns notifications on in this browser."},
		own("POST", devicesPath+"/{id}", function.Do(h.turnOff), "Turns notifications off in a browser."),
		function.Route{Method: "GET", Path: WorkerPath, Access: function.Anyone, Neutral: true, Page: &function.Page{ForAll: true, Tags: []string{face.Tag}}, Do: function.Do(h.worker), Doc: "What browsers run that show notifications."},
		own("GET", followPath+"{kind}/{id}", function.Do(h.ask), "Asks whether one wants to hear of what happens to a thing."),
		own("POST", followPath+"{kind}/{id}", function.Do(h.follow), "Follows a thing, or ends it."),
		function.Route{Method: "GET", Path: EndPath + "{token}", Access: function.Anyone, Always: true, Do: function.Do(h.asked), Doc: "Asks whether a kind of mail is to end."},
		function.Route{Method: "POST", Path: EndPath + "{token}", Access: function.Anyone, Always: true, Private: true, Do: function.Do(h.end), Doc: "Ends a kind of mail, also in one click from a mail program (RFC 8058)."},
	)
}

// Followed is what the caller follows and may read now.
func Followed(ctx context.Context, topics topic.Store, things thing.Store) ([]topic.Follow, map[thing.Ref]thing.Thing, error) {
	list, err := topics.Followed(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, nil, err
	}
	refs := []thing.Ref{}
	for _, f := range list {
		refs = append(refs, f.Ref)
	}
	found, err := things.Readable(ctx, refs...)
	return slices.DeleteFunc(list, func(f topic.Follow) bool { _, may := found[f.Ref]; return !may }), found, err
}

// Followable is a thing that the caller may read and follow. It fails with problem.Absent, and with
// not-followable for what nothing more happens to.
func Followable(ctx context.Context, things thing.Store, ref thing.Ref) (thing.Thing, error) {
	found, err := things.Readable(ctx, ref)
	if err != nil {
		return thing.Thing{}, err
	}
	t, may := found[ref]
	if !may {
		return t, problem.Absent()
	}
	if _, told := topic.OfKind(ref.Kind); !told || !slices.Contains(t.Allows, thing.Follows) {
		return t, problem.New(problem.Conflict, "not-followable", "알림을 받을 수 없는 글입니다.", "It cannot be followed.")
	}
	return t, nil
}

func seeOther(ctx context.Context, code string) *function.Redirect {
	return &function.Redirect{Status: 303, URL: ui.Local(ctx, Path) + "?done=" + code}
}

// done is the message of a code, "" for what is none.
func done(ctx context.Context, code string) string {
	switch code {
	case codeSaved:
		return ui.T(ctx, "알림 설정을 저장했습니다.", "Your notification settings are saved.")
	case codeRead:
		return ui.T(ctx, "모두 읽음으로 표시했습니다.", "All are marked as read.")
	case codeResumed:
		return ui.T(ctx, "이 주소로 다시 보냅니다.", "Mail goes to this address again.")
	case codeFollow:
		return ui.T(ctx, "이 글의 알림을 받습니다.", "You follow it.")
	case codeEnded:
		return ui.T(ctx, "이 글의 알림을 그만 받습니다.", "You no longer follow it.")
	case codeDeviceOn:
		return ui.T(ctx, "이 기기에서 알림을 받습니다.", "Notifications come to this device.")
	case codeDeviceOff:
		return ui.T(ctx, "그 기기에서 알림을 껐습니다.", "Notifications are turned off there.")
	default:
		return ""
	}
}

type showRequest struct {
	Done   string `query:"done"`
	Cursor string `query:"cursor"`
}

func (h handlers) show(ctx context.Context, r *showRequest) (*ui.Answer, error) {
	return h.whole(ctx, shown{form: ui.NewForm(ctx)}, r)
}

type saveRequest struct {
	How []string `form:"how"` // "notices now", for each topic
}

func (h handlers) save(ctx context.Context, r *saveRequest) (*function.Redirect, error) {
	list := []topic.Setting{}
	for _, said := range r.How {
		list = append(list, settingOf(said))
	}
	err := h.topics.Set(ctx, auth.From(ctx).MemberID, list...)
	if err == nil {
		return seeOther(ctx, codeSaved), nil
	}
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return nil, err
	}
	shown, reading := h.whole(ctx, shown{form: form, status: status}, &showRequest{})
	if reading != nil {
		return nil, reading
	}
	return nil, ui.Again(err, shown)
}

type none struct{}

// readRequest names what its reader saw, or the bell counted: what came since stays new, also where it happened before.
type readRequest struct {
	IDs string `form:"ids"` // with spaces between them
}

func (h handlers) read(ctx context.Context, r *readRequest) (*function.Redirect, error) {
	ids := strings.Fields(r.IDs)
	if len(ids) == 0 {
		return seeOther(ctx, codeRead), nil
	}
	return seeOther(ctx, codeRead), h.inbox.Read(ctx, auth.From(ctx).MemberID, time.Time{}, ids[:min(len(ids), inbox.MostCounted+1)]...)
}

func (h handlers) resume(ctx context.Context, _ *none) (*function.Redirect, error) {
	return seeOther(ctx, codeResumed), h.queue.Resume(ctx, auth.From(ctx).MemberID)
}

// shown is what the page is shown with: its forms as they were refused, and the status.
type shown struct {
	form   ui.Form // of the settings
	device ui.Form // of this browser
	status int
}

// whole is the page.
func (h handlers) whole(ctx context.Context, v shown, r *showRequest) (*ui.Answer, error) {
	settings, err := h.topics.Settings(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	devices, err := h.devices.List(ctx)
	if err != nil {
		return nil, err
	}
	key, err := h.key()
	if err != nil {
		return nil, err
	}
	m, err := h.members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	paused, err := h.queue.Paused(ctx, m.ID, m.Email)
	if err != nil {
		return nil, err
	}
	follows, things, err := Followed(ctx, h.topics, h.things)
	if err != nil {
		return nil, err
	}
	numbers, err := policy.Read[delivery.Policy](ctx, h.db)
	if err != nil {
		return nil, err
	}
	list, err := cursor.Read(h.cursors, "notifications?"+m.ID, r.Cursor, onPage, func(behind cursor.Moment, limit int) ([]inbox.Entry, error) {
		return h.inbox.List(ctx, m.ID, behind, limit)
	}, inbox.Entry.Moment)
	if err != nil {
		return nil, err
	}
	unread, err := h.inbox.Unread(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	title := ui.T(ctx, "알림", "Notifications")
	return h.frame.Page(ctx, ui.View{
		Status: v.status, Title: title, Path: Path, Hidden: true, App: true, Section: Path, Class: "my", Styles: []string{"site.css"}, Scripts: []string{"push.js"}, Dated: true,
		Main: []g.Node{
			el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, ui.MyPath)), g.Text(ui.T(ctx, "내 정보", "My page")))),
			el.H1(g.Text(title)),
			ui.Announce(done(ctx, r.Done)),
			reach(ctx, m, paused, Path),
			el.Div(el.Class("columns"),
				el.Section(el.Aria("labelledby", "news"), h.news(ctx, r, list, unread)),
				el.Section(el.Aria("labelledby", "choose"), choose(ctx, v.form, settings, numbers), onDevices(ctx, key.Public(), devices, v.device), followed(ctx, follows, things)),
			),
		},
	}), nil
}

// reach says why no mail reaches a member, where none does. Who puts it right is led back to a path.
func reach(ctx context.Context, m member.Member, paused *delivery.Pause, back string) g.Node {
	address := ui.Query(ui.Local(ctx, ui.AddressPath), "next", ui.Local(ctx, back))
	switch {
	case m.Email == "" || m.ConfirmedAt == nil:
		return el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "이메일 주소를 확인해야 이메일로 받을 수 있어요. ", "Confirm your mail address to get mail. ")), el.A(el.Href(address), g.Text(ui.T(ctx, "이메일 인증하기", "Confirm the address"))))
	case paused != nil:
		return el.Div(el.Class("notice-box wrong"),
			el.P(g.Text(ui.T(ctx, "이메일이 반송되어 "+m.Email+" 주소로는 더 보내지 않습니다.", "Mail to "+m.Email+" bounced, so nothing more is sent there."))),
			el.P(ui.Time(paused.At, ui.Moment(ctx, paused.At)), g.Text(" · "+paused.Answer)),
			el.Form(el.Method("post"), el.Action(ui.Local(ctx, mailPath)), el.Button(el.Class("button small"), el.Type("submit"), g.Text(ui.T(ctx, "다시 받기", "Send again")))),
			el.P(el.A(el.Href(address), g.Text(ui.T(ctx, "주소 바꾸기", "Change the address")))),
		)
	default:
		return nil
	}
}

// news is the list.
func (h handlers) news(ctx context.Context, r *showRequest, list cursor.Page[inbox.Entry], unread []inbox.Entry) g.Node {
	first, next, ids := "", "", []string{}
	if r.Cursor != "" {
		first = ui.Local(ctx, Path)
	}
	if list.NextCursor != "" {
		next = ui.Query(ui.Local(ctx, Path), "cursor", list.NextCursor)
	}
	for _, e := range unread {
		ids = append(ids, e.ID)
	}
	return g.Group{
		el.H2(el.ID("news"), g.Text(ui.T(ctx, "받은 알림", "What is new"))),
		g.If(len(list.Items) == 0, ui.Empty(ui.T(ctx, "새 알림이 없습니다.", "Nothing new."), ui.T(ctx, "받고 싶은 소식을 고르면 여기에 모입니다.", "Choose what you want to hear, and it comes together here."))),
		g.If(len(ids) > 0, el.Form(el.Method("post"), el.Action(ui.Local(ctx, readPath)), el.Input(el.Type("hidden"), el.Name("ids"), el.Value(strings.Join(ids, " "))),
			el.Button(el.Class("button small quiet"), el.Type("submit"), g.Text(ui.T(ctx, "모두 읽음으로 표시", "Mark all as read"))))),
		g.If(len(list.Items) > 0, el.Ul(el.Class("settings"), g.Map(list.Items, func(e inbox.Entry) g.Node { return h.entry(ctx, e) }))),
		ui.Pager(ctx, "", first, next, ui.T(ctx, "더 보기", "More")),
	}
}

func (h handlers) entry(ctx context.Context, e inbox.Entry) g.Node {
	happened := ""
	if t, known := topic.Of(e.Topic); known {
		happened = ui.T(ctx, t.Said.KO, t.Said.EN)
	}
	return el.Li(
		el.A(el.Href(ui.Local(ctx, e.Thing.Path)), ui.Said(ctx, problem.Text{KO: e.Thing.Title, EN: e.Thing.TitleEn})),
		el.P(g.If(e.ReadAt == nil, ui.State(ui.Open, ui.T(ctx, "새 알림", "New"))), g.Text(" "+happened+" · "), ui.Time(e.At, ui.NearDay(ctx, e.At))),
	)
}

// choose is the form of the settings.
func choose(ctx context.Context, form ui.Form, settings []topic.Setting, p delivery.Policy) g.Node {
	hours := ui.T(ctx, "모아서 받는 소식은 매일 "+strconv.Itoa(p.DigestHour())+"시에 보냅니다.", "What comes daily is sent at "+strconv.Itoa(p.DigestHour())+":00.")
	if p.QuietFrom != p.QuietUntil {
		hours += ui.T(ctx, " "+strconv.Itoa(p.QuietFrom)+"시부터 "+strconv.Itoa(p.QuietUntil)+"시까지는 보내지 않고 모아 두었다가 "+strconv.Itoa(p.QuietUntil)+"시에 보냅니다.", " Nothing is sent between "+strconv.Itoa(p.QuietFrom)+":00 and "+strconv.Itoa(p.QuietUntil)+":00; what comes up then is sent at "+strconv.Itoa(p.QuietUntil)+":00.")
	}
	return g.Group{
		el.H2(el.ID("choose"), g.Text(ui.T(ctx, "받고 싶은 소식", "What to notify me about"))),
		el.P(g.Text(hours)),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, Path)),
			g.Map(settings, func(s topic.Setting) g.Node {
				label, hint := ui.Name(ctx, topic.Label(s.Topic)), ui.T(ctx, "그 글에 새 일이 생겼을 때", "When something happens to one")
				if t, known := topic.Of(s.Topic); known {
					hint = ui.T(ctx, t.Hint.KO, t.Hint.EN)
				}
				choices := []ui.Choice{}
				for _, how := range topic.Ways() {
					choices = append(choices, ui.Choice{Value: chosen(s.Topic, how), Label: ui.T(ctx, how.Label().KO, how.Label().EN)})
				}
				return form.Select(ui.Field{Name: s.Topic, Sent: "how", Label: label, Hint: hint, Value: chosen(s.Topic, s.How)}, choices...)
			}),
			ui.Button(ui.T(ctx, "저장", "Save")),
		),
	}
}

// followed is what the reader follows.
func followed(ctx context.Context, list []topic.Follow, things map[thing.Ref]thing.Thing) g.Node {
	if len(list) == 0 {
		return nil
	}
	return g.Group{
		el.H2(g.Text(ui.T(ctx, "알림을 받는 글", "What you follow"))),
		el.Ul(el.Class("settings"), g.Map(list, func(f topic.Follow) g.Node {
			t := things[f.Ref]
			return el.Li(
				el.A(el.Href(ui.Local(ctx, t.Path)), ui.Said(ctx, problem.Text{KO: t.Title, EN: t.TitleEn})),
				el.Form(el.Method("post"), el.Action(ui.Local(ctx, followPath+f.Ref.Kind+"/"+f.Ref.ID)), el.Input(el.Type("hidden"), el.Name("end"), el.Value("true")), el.Input(el.Type("hidden"), el.Name("list"), el.Value("true")),
					el.Button(el.Class("button small quiet"), el.Type("submit"), g.Text(ui.T(ctx, "그만 받기", "Stop")), el.Span(el.Class("hidden"), g.Text(": "+t.Title)))),
			)
		})),
	}
}
