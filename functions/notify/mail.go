package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"

	"github.com/madang-council/madang/functions/notify/page"
)

// mailer writes letters and sends them.
type mailer struct {
	sender mail.Sender
	faces  face.Store
	site   string
}

// mostTitle is how much of a title a subject shows, in characters: what list of mails show of one.
const mostTitle = 60

// Mail sends a letter.
func (m mailer) Mail(ctx context.Context, l delivery.Letter) (delivery.Outcome, error) {
	f, _, err := m.faces.Read(ctx)
	if err != nil {
		return delivery.Outcome{}, err //nolint:wrapcheck // it says where it failed
	}
	message, err := m.message(l, f)
	if err != nil {
		return delivery.Outcome{}, err
	}
	return outcome(m.sender.Send(ctx, message))
}

// taken is what stands for the server's yes.
const taken = 250

// outcome is what a server's answer means.
func outcome(err error) (delivery.Outcome, error) {
	var refused *mail.Refused
	switch {
	case err == nil:
		return delivery.Outcome{Status: taken}, nil
	case errors.As(err, &refused):
		return delivery.Outcome{Status: refused.Status, Answer: refused.Answer, Again: refused.Again(), Gone: refused.Gone()}, nil
	case problem.Find(err) != nil: // nobody answered, which is an outcome
		return delivery.Outcome{Again: true, Answer: err.Error()}, nil //nolint:nilerr // it is said in the outcome
	default:
		return delivery.Outcome{}, err
	}
}

// told is what a letter says of one thing, in both languages.
type told struct {
	said, title, titleEn, line, url, urlEn string
	saidEn                                 string
}

func (m mailer) told(i delivery.Item) told {
	t := told{said: i.Topic.Said.KO, saidEn: i.Topic.Said.EN, title: i.Thing.Title, titleEn: i.Thing.TitleEn, line: i.Thing.Line, url: i.URL, urlEn: m.site + function.English(i.Thing.Path)}
	if t.titleEn == "" {
		t.titleEn = t.title
	}
	return t
}

// why says why somebody gets a letter.
func why(l delivery.Letter) problem.Text {
	said := problem.Text{}
	for i, name := range l.Why {
		one := chosen(name)
		if i > 0 {
			one = problem.Text{KO: " " + one.KO, EN: " " + one.EN}
		}
		said = problem.Text{KO: said.KO + one.KO, EN: said.EN + one.EN}
	}
	return said
}

// chosen says what somebody chose, by its name in settings.
func chosen(name string) problem.Text {
	switch t, _ := topic.Of(name); name {
	case topic.Digest:
		return problem.Text{KO: "하루 한 번 모아서 보내는 소식을 받기로 하셔서 보낸 이메일입니다.", EN: "You chose to hear of what is sent once a day."}
	case topic.Followed:
		return problem.Text{KO: "이 글의 알림을 받기로 하셔서 보낸 이메일입니다.", EN: "You follow this page."}
	default:
		return problem.Text{KO: "‘" + t.Label.KO + "’ 알림을 받기로 하셔서 보낸 이메일입니다.", EN: "You chose to hear of " + strings.ToLower(t.Label.EN) + "."}
	}
}

// message is a letter as a mail.
func (m mailer) message(l delivery.Letter, f face.Face) (mail.Message, error) {
	host, err := url.Parse(m.site)
	if err != nil || host.Hostname() == "" || len(l.Items) == 0 {
		return mail.Message{}, fmt.Errorf("mail of %d things from %s: %w", len(l.Items), m.site, err)
	}
	list := []told{}
	for _, i := range l.Items {
		list = append(list, m.told(i))
	}
	subject := "[" + f.Name + "] "
	if l.Items[0].Topic.Desk != "" { // what happened says what is to be done
		subject += list[0].said + ": "
	}
	subject += text.Truncate(list[0].title, mostTitle)
	if l.Digest && len(list) > 1 {
		subject += " 외 " + strconv.Itoa(len(list)-1) + "건"
	}
	ends, reason := m.site+page.EndPath+l.Ends, why(l)
	message := mail.Message{To: l.To, Subject: subject, ID: l.ID + "@" + host.Hostname(), Unsubscribe: ends}
	message.Text = plain(list, reason, ends, m.site)
	message.HTML, err = markup(f, list, reason, ends, m.site)
	return message, err
}

// plain is the letter as text.
func plain(list []told, reason problem.Text, ends, site string) string {
	var b strings.Builder
	for _, t := range list {
		b.WriteString("[" + t.said + "] " + t.title + "\n")
		if t.line != "" {
			b.WriteString(t.line + "\n")
		}
		b.WriteString(t.url + "\n\n")
	}
	b.WriteString("--\n" + reason.KO + "\n그만 받기: " + ends + "\n알림 설정: " + site + ui.NotificationsPath + "\n\n")
	for _, t := range list {
		b.WriteString(t.saidEn + ": " + t.titleEn + "\n" + t.urlEn + "\n")
	}
	b.WriteString(reason.EN + " Stop: " + site + function.English(ends[len(site):]) + "\n")
	return b.String()
}

// markup is the letter for who can show it: no pictures, nothing that is loaded, no addresses that tell who opened it.
func markup(f face.Face, list []told, reason problem.Text, ends, site string) (string, error) {
	small := el.Style("font-size:13px;color:#555")
	var b bytes.Buffer
	err := el.Doctype(el.HTML(el.Lang("ko"),
		el.Head(el.Meta(el.Charset("utf-8")), el.TitleEl(g.Text(f.Name))),
		el.Body(el.Style("margin:0 auto;padding:24px 16px;max-width:36em;font-family:sans-serif;font-size:16px;line-height:1.6;word-break:keep-all"),
			el.P(small, g.Text(f.Name)),
			g.Map(list, func(t told) g.Node {
				return g.Group{
					el.H2(el.Style("font-size:18px;margin:24px 0 4px"), g.Text(t.said+": "), el.A(el.Href(t.url), g.Text(t.title))),
					g.If(t.line != "", el.P(el.Style("margin:0"), g.Text(t.line))),
					el.P(small, el.Lang("en"), g.Text(t.saidEn+": "), el.A(el.Href(t.urlEn), g.Text(t.titleEn))),
				}
			}),
			el.Hr(),
			el.P(small, g.Text(reason.KO+" "), el.A(el.Href(ends), g.Text("그만 받기")), g.Text(" · "), el.A(el.Href(site+ui.NotificationsPath), g.Text("알림 설정"))),
			el.P(small, el.Lang("en"), g.Text(reason.EN+" "), el.A(el.Href(site+function.English(ends[len(site):])), g.Text("Stop"))),
		),
	)).Render(&b)
	if err != nil {
		return "", fmt.Errorf("mail: %w", err)
	}
	return b.String(), nil
}
