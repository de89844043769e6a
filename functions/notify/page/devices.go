package page

import (
	"context"
	_ "embed" // the worker
	"net/http"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

const (
	devicesPath = Path + "/devices"
	// WorkerPath is what browsers run that show notifications. No page is below its folder, so that it stands between nobody
	// and a page.
	WorkerPath    = "/push/worker.js"
	codeDeviceOn  = "device-on"
	codeDeviceOff = "device-off"
)

//go:embed worker.js
var worker string

// script is the worker as an answer.
type script struct{ body string }

// worker is what shows notifications. It names the picture that they have, so that browsers take another one when the council has one.
func (h handlers) worker(ctx context.Context, _ *none) (*script, error) {
	f, err := h.frame.Face(ctx)
	if err != nil {
		return nil, err
	}
	return &script{"const icon = " + strconv.Quote(h.frame.Icon(f, "icon-180.png")) + ";\n" + worker}, nil
}

// WriteResponse writes the worker, which may ask the site itself and nothing else.
func (s *script) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write([]byte(s.body))
	return err //nolint:wrapcheck // the host says where it failed
}

// turnOnRequest is what a browser's PushSubscription says, by the page's script or by the worker.
type turnOnRequest struct {
	Endpoint string `form:"endpoint"`
	P256dh   string `form:"p256dh"`
	Auth     string `form:"auth"`
	Replaces string `form:"replaces"`
}

func (h handlers) turnOn(ctx context.Context, r *turnOnRequest) (*function.Redirect, error) {
	request := function.RequestFrom(ctx)
	_, err := h.devices.Add(ctx, device.Content{Endpoint: r.Endpoint, P256dh: r.P256dh, Auth: r.Auth, Agent: request.Device, Language: request.Language, Replaces: r.Replaces})
	if err == nil {
		return seeOther(ctx, codeDeviceOn), nil
	}
	refused, status, ok := ui.Refused(ctx, err)
	if !ok {
		return nil, err
	}
	shown, reading := h.whole(ctx, shown{form: ui.NewForm(ctx), device: refused, status: status}, &showRequest{})
	if reading != nil {
		return nil, reading
	}
	return nil, ui.Again(err, shown)
}

type turnOffRequest struct {
	ID string `path:"id"`
}

func (h handlers) turnOff(ctx context.Context, r *turnOffRequest) (*function.Redirect, error) {
	if err := h.devices.Delete(ctx, r.ID); err != nil && problem.Find(err) == nil { // one that is off already is off
		return nil, err
	}
	return seeOther(ctx, codeDeviceOff), nil
}

// onDevices says what this browser can do, and where notifications come. The script shows the one state that is so.
func onDevices(ctx context.Context, key string, list []device.Device, refused ui.Form) g.Node {
	state := func(name string, n ...g.Node) g.Node {
		return el.Div(g.Attr("data-state", name), g.Attr("hidden"), g.Group(n))
	}
	text := func(ko, en string) g.Node { return el.P(g.Text(ui.T(ctx, ko, en))) }
	button := func(does, ko, en string) g.Node {
		return el.Button(el.Class("button small quiet"), el.Type("button"), g.Attr("data-push-do", does), g.Text(ui.T(ctx, ko, en)))
	}
	hidden := func(name string) g.Node { return el.Input(el.Type("hidden"), el.Name(name)) }
	return g.Group{
		el.H2(el.ID("devices"), g.Text(ui.T(ctx, "기기에서 알림 받기", "Notifications on your devices"))),
		el.Div(g.Attr("data-push", key),
			wrongs(ctx, refused),
			el.NoScript(text("이 브라우저는 스크립트가 꺼져 있어 여기에서는 켤 수 없습니다. 이미 켠 기기를 끄는 것은 됩니다.", "This browser runs no scripts, so notifications cannot be turned on here. Devices where they are on can be turned off.")),
			state("off", text("이메일과 함께 이 기기에도 알려 드려요. 이 홈페이지를 닫아 두어도 됩니다.", "Get them on this device as well as by mail, also while the site is closed."), button("on", "이 기기에서 알림 받기", "Turn on here")),
			state("on", el.P(ui.State(ui.Open, ui.T(ctx, "이 기기에서 받는 중", "On for this device"))), button("off", "이 기기에서 끄기", "Turn off here")),
			state("blocked", text("브라우저가 이 홈페이지의 알림을 막고 있어요. 주소창 옆의 아이콘이나 브라우저 설정에서 알림을 허용한 뒤 새로 고쳐 주세요.", "Your browser blocks notifications of this site. Allow them by the icon beside the address or in its settings, then reload.")),
			state("home", text("iPhone과 iPad에서는 홈 화면에 추가한 뒤에 알림을 받을 수 있어요.", "On iPhone and iPad, add the site to your home screen first."),
				el.Ol(el.Class("steps"),
					el.Li(g.Text(ui.T(ctx, "Safari에서 이 페이지를 열고 공유 버튼을 누르세요.", "Open this page in Safari and press Share."))),
					el.Li(g.Text(ui.T(ctx, "‘홈 화면에 추가’를 누르세요.", "Press Add to Home Screen."))),
					el.Li(g.Text(ui.T(ctx, "홈 화면에 생긴 아이콘으로 열고 로그인한 뒤, 이 자리에서 켜 주세요.", "Open it by the new icon, sign in, and turn notifications on here."))),
				)),
			state("unsupported", text("이 브라우저는 알림을 받을 수 없어요. 메신저 안에서 열었다면 Chrome이나 Safari 같은 브라우저에서 다시 열어 주세요.", "This browser cannot show notifications. If you came here inside a messenger, open the page in a browser such as Chrome or Safari.")),
			el.P(el.Role("status"), g.Attr("data-push-said"), g.Attr("data-failed", ui.T(ctx, "켜거나 끄지 못했습니다. 인터넷 연결을 확인하고 다시 해 주세요.", "That did not work. Check your connection and try again."))),
			el.Form(el.Method("post"), el.Action(ui.Local(ctx, devicesPath)), g.Attr("data-push-form"), g.Attr("hidden"), hidden("endpoint"), hidden("p256dh"), hidden("auth")),
		),
		g.If(len(list) > 0, el.Ul(el.Class("sessions"), g.Map(list, func(d device.Device) g.Node { return deviceItem(ctx, d) }))),
		g.If(len(list) > 0, text("로그아웃한 기기에는 더 보내지 않습니다. 내용은 브라우저를 만든 회사가 읽을 수 없게 암호화해서 보냅니다.", "Nothing is sent to a device after you sign out there. What is sent is encrypted: the browser's maker cannot read it.")),
	}
}

func deviceItem(ctx context.Context, d device.Device) g.Node {
	name := ui.DeviceName(ctx, d.Name)
	return el.Li(g.Attr("data-device", d.Mark), g.If(!d.Here, g.Attr("data-elsewhere")),
		el.P(el.Class("device"), g.Text(name+" "), el.Span(g.Attr("data-here"), g.Attr("hidden"), ui.State(ui.Open, ui.T(ctx, "지금 이 기기", "This one")))),
		el.P(el.Class("meta"), el.Span(g.Text(ui.T(ctx, "켠 날", "Turned on")+" "), ui.Time(d.CreatedAt, ui.Moment(ctx, d.CreatedAt)))),
		el.Form(el.Method("post"), el.Action(ui.Local(ctx, devicesPath+"/"+d.ID)), el.Button(el.Class("button quiet small"), el.Type("submit"), g.Text(ui.T(ctx, "끄기", "Turn off")), el.Span(el.Class("hidden"), g.Text(": "+name)))),
	)
}

// wrongs say why a browser's notifications were not turned on.
func wrongs(ctx context.Context, refused ui.Form) g.Node {
	p := refused.Problem()
	if p == nil {
		return nil
	}
	language := function.RequestFrom(ctx).Language
	return el.Div(el.Class("notice-box wrong"), el.Role("alert"), g.Attr("data-problem", p.Code), el.P(g.Text(p.Text.In(language))),
		g.Map(p.Fields, func(f problem.Field) g.Node { return el.P(g.Text(f.Message.In(language))) }))
}
