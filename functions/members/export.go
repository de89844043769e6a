package members

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
)

type exportRequest struct{}

type exportSession struct {
	Device      string    `json:"device"`
	CreatedAt   time.Time `json:"createdAt"`
	RefreshedAt time.Time `json:"refreshedAt"`
}

type exportAccess struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
}

type exportUpload struct {
	Name        string     `json:"name"`
	Purpose     string     `json:"purpose"`
	Size        int64      `json:"size" description:"Bytes."`
	CreatedAt   time.Time  `json:"createdAt"`
	CompletedAt *time.Time `json:"completedAt,omitempty"`
}

type exportPolicy struct {
	By     string    `json:"by" description:"The member's id."`
	Domain string    `json:"domain"`
	Name   string    `json:"name"`
	Value  any       `json:"value" description:"As it was set."`
	From   time.Time `json:"from" description:"When the value comes into force."`
	At     time.Time `json:"at"`
}

type exportFollow struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
}

type exportNotification struct {
	Topic  string     `json:"topic"`
	By     string     `json:"by,omitempty" description:"How it was sent: mail, or push to a device."`
	Kind   string     `json:"kind" description:"Of what was told about."`
	ID     string     `json:"id" description:"Of that."`
	State  string     `json:"state,omitempty" description:"What became of it."`
	At     time.Time  `json:"at"`
	ReadAt *time.Time `json:"readAt,omitempty"`
}

type exportTopics struct {
	Settings []struct {
		Topic string `json:"topic"`
		How   string `json:"how"`
	} `json:"settings"`
	Follows []exportFollow `json:"follows"`
}

type exportMails struct {
	Sent   []exportNotification `json:"sent"`
	Paused []struct {
		At     time.Time `json:"at"`
		Answer string    `json:"answer"`
	} `json:"paused" description:"Why no mail is sent."`
}

type exportDevice struct {
	Name      string    `json:"name"`
	Language  string    `json:"language"`
	SeenAt    time.Time `json:"seenAt" description:"When the browser said last that it wants this."`
	CreatedAt time.Time `json:"createdAt"`
}

type exportRemark struct {
	Notice string    `json:"notice" description:"Its id."`
	Said   string    `json:"said"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at"`
}

type exportResponse struct {
	Profile  profileResponse      `json:"profile"`
	Consents []consentItem        `json:"consents" description:"The whole history."`
	Sessions []exportSession      `json:"sessions"`
	Issuers  []string             `json:"issuers" description:"Whose accounts are linked."`
	Uploads  []exportUpload       `json:"uploads" description:"The latest first; the files themselves are read at /v1/uploads."`
	Accesses []exportAccess       `json:"accesses" description:"What the council did to the account or read of it."`
	Topics   exportTopics         `json:"notificationSettings" description:"What the member wants to hear of."`
	Told     []exportNotification `json:"notifications" description:"What they were told of on the site, in the last 90 days."`
	Mails    exportMails          `json:"notificationMails" description:"And by mail and on devices."`
	Devices  []exportDevice       `json:"devices" description:"Browsers in which they get notifications."`
	Remarks  []exportRemark       `json:"noticeReviews" description:"What the member said when notices were reviewed before they were published, the oldest first."`
	Policies []exportPolicy       `json:"policies" description:"The council's numbers that the member set."`
}

// export is everything that is kept about the member who asks, as each store says. A part
// that the response does not name fails, so that none is added without a word in the
// document of the API.
func (h handlers) export(ctx context.Context, _ *exportRequest) (*exportResponse, error) {
	parts := map[string]any{}
	for _, d := range h.people {
		if d.Export == nil {
			continue
		}
		part, err := d.Export(ctx, auth.From(ctx).MemberID)
		if err != nil {
			return nil, err
		}
		parts[d.Name] = part
	}
	body, err := json.Marshal(parts)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	r := &exportResponse{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return r, nil
}
