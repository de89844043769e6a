package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// devices are the operations on one's own devices and what they need.
type devices struct{ pusher pusher }

func deviceRoutes(p pusher) []function.Route {
	h := devices{p}
	const all = "/v1/notifications/devices"
	return []function.Route{
		{Method: "GET", Path: all, Access: function.SignedIn, Do: function.Do(h.list), Doc: "Browsers in which the caller gets notifications (Web Push), the newest first, and the key that a browser subscribes with."},
		{Method: "POST", Path: all, Access: function.SignedIn, Private: true, Alone: true, Limit: function.Outward, Status: 201, Do: function.Do(h.add), Doc: "Turns notifications on in a browser, by what its PushSubscription says. The same browser again is the same device, also of another member, who then gets nothing there any more. It ends with the caller's session. The caller has confirmed their mail address.",
			Refuses: function.Refusals{problem.Forbidden: {"address-unconfirmed"}, problem.Conflict: {"too-many-devices", "device-of-another"}, problem.NotFound: {"not-found"}}},
		{Method: "DELETE", Path: all + "/{id}", Access: function.SignedIn, Private: true, Do: function.Do(h.remove), Doc: "Turns notifications off in a browser."},
	}
}

type deviceEntry struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Here      bool      `json:"here" description:"Whether it was turned on in the session that asks."`
	SeenAt    time.Time `json:"seenAt" description:"When the browser said last that it wants this."`
	CreatedAt time.Time `json:"createdAt"`
}

func showDevice(d device.Device) deviceEntry {
	return deviceEntry{d.ID, d.Name, d.Here, d.SeenAt, d.CreatedAt}
}

type devicesResponse struct {
	Key   string        `json:"key" description:"applicationServerKey of PushManager.subscribe: 65 bytes in base64url."`
	Items []deviceEntry `json:"items" description:"At most 20."`
}

func (h devices) list(ctx context.Context, _ *none) (*devicesResponse, error) {
	key, err := h.pusher.key()
	if err != nil {
		return nil, err
	}
	list, err := h.pusher.devices.List(ctx)
	r := devicesResponse{Key: key.Public(), Items: []deviceEntry{}}
	for _, d := range list {
		r.Items = append(r.Items, showDevice(d))
	}
	return &r, err
}

type deviceKeys struct {
	P256dh string `json:"p256dh" description:"65 bytes in base64url: an uncompressed point of P-256."`
	Auth   string `json:"auth" description:"16 bytes in base64url."`
}

type addDeviceRequest struct {
	Endpoint string     `json:"endpoint" description:"https, of the public internet, at most 2000 bytes."`
	Keys     deviceKeys `json:"keys"`
	Name     string     `json:"name,omitempty" description:"At most 200 characters; the browser's own if absent."`
	Replaces string     `json:"replaces,omitempty" description:"Endpoint of a device of the caller that the push service took back (pushsubscriptionchange): its name stays."`
}

func (h devices) add(ctx context.Context, r *addDeviceRequest) (*deviceEntry, error) {
	request := function.RequestFrom(ctx)
	c := device.Content{Endpoint: r.Endpoint, P256dh: r.Keys.P256dh, Auth: r.Keys.Auth, Name: r.Name, Agent: request.Device, Language: request.Language, Replaces: r.Replaces}
	d, err := h.pusher.devices.Add(ctx, c)
	if err != nil {
		return nil, err
	}
	e := showDevice(d)
	return &e, nil
}

type deviceRequest struct {
	ID string `path:"id"`
}

func (h devices) remove(ctx context.Context, r *deviceRequest) (*function.None, error) {
	return &function.None{}, h.pusher.devices.Delete(ctx, r.ID)
}
