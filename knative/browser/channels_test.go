package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// channelled makes a channel where there is none. Nothing is sent to it.
func (h *localHost) channelled(cookies string) {
	h.t.Helper()
	if body, _ := h.read("/v1/admin/channels", cookies); strings.Contains(body, `"id"`) {
		return
	}
	body := `{"name":"총학 Discord #공지","address":"https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz","topics":["notices"]}`
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.address+"/v1/admin/channels", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", cookies)
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusConflict { // somebody looks at the same pages
		h.t.Fatalf("a channel: %s", response.Status)
	}
}

// An admin adds a channel by pasting an address, is told what is wrong with one that leads inside,
// sees in words what a test became of, pauses, resumes and deletes it.
func TestChannels(t *testing.T) {
	t.Parallel()
	taken, answer := make(chan string, 4), http.StatusNoContent
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		taken <- r.Header.Get("webhook-signature")
		w.WriteHeader(answer)
	}))
	t.Cleanup(receiver.Close)
	at, err := url.Parse(receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := startHost(t, "OUTSIDE_NETWORKS=127.0.0.1/32", "OUTSIDE_PORTS="+at.Port())
	p := newPerson(t, h, phone)
	p.open("/console/channels")
	p.signsIn()
	p.at("/console/channels")
	p.sees("아직 채널이 없습니다")
	p.shot("channels-none")
	p.open("/console/channels/new")
	p.fill("이름", "연구실 알림판")
	p.fill("주소", "https://10.0.0.1/hook")
	p.leave(enter())
	p.sees("인터넷에 공개된 https 주소가 아닙니다")
	p.shot("channels-refused")
	p.fill("주소", fmt.Sprintf("http://127.0.0.1:%s/hook", at.Port()))
	p.leave(enter())
	p.sees("whsec_")
	p.shot("channels-secret")
	p.press("시험")
	p.sees("보냈습니다. 상대가 204")
	if signature := <-taken; !strings.HasPrefix(signature, "v1,") {
		t.Errorf("signed %q", signature)
	}
	p.shot("channels-tested")
	answer = http.StatusInternalServerError
	p.press("시험")
	p.sees("고장 난 듯합니다(500)")
	<-taken
	p.open("/console/channels")
	p.sees("1번 잇달아 실패")
	p.press("멈추기")
	p.sees("채널을 멈췄습니다.")
	p.press("다시 켜기")
	p.sees("채널을 다시 켰습니다.")
	for _, d := range []device{desk, phone, deskDark} {
		t.Run(d.name, func(t *testing.T) {
			other := newPerson(t, h, d)
			other.open("/console/channels")
			other.signsIn()
			other.shot("channels")
			other.press("연구실 알림판")
			other.sees("바꿀 때만 새 주소를")
			other.shot("channel")
			other.open("/en/console/channels/new")
			other.shot("channel-new-english")
		})
	}
	p.press("연구실 알림판")
	p.does("채널 지우기")
	p.answers("채널 지우기")
	p.sees("채널을 지웠습니다.")
	p.at("/console/channels")
}
