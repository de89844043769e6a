package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/operation/audit"
)

type auditRequest struct {
	cursor.Asked
	Actor   string `query:"actor" description:"Id of the member who did it."`
	Subject string `query:"subject" description:"Id of what or whom it was done to."`
	Action  string `query:"action" description:"Method and route, as PUT /v1/notices/{id}."`
	From    string `query:"from" description:"RFC 3339."`
	To      string `query:"to" description:"RFC 3339, excluded."`
}

type auditItem struct {
	ID          string    `json:"id"`
	At          time.Time `json:"at"`
	Actor       string    `json:"actor"`
	ActorName   string    `json:"actorName" description:"As of then."`
	Action      string    `json:"action"`
	Subject     string    `json:"subject"`
	SubjectName string    `json:"subjectName" description:"Name or title as of then; empty where it has none."`
	Origin      string    `json:"origin" description:"The client's address, hashed with the day's salt."`
	RequestID   string    `json:"requestId"`
	Detail      string    `json:"detail" description:"JSON."`
}

func (h handlers) audit(ctx context.Context, r *auditRequest) (*cursor.Page[auditItem], error) {
	var f check.Fields
	q := audit.Query{Subject: f.OptionalLine("subject", r.Subject, 64), From: readTime(&f, "from", r.From), Until: readTime(&f, "to", r.To)}
	actor := f.OptionalLine("actor", r.Actor, 64)
	if actor != "" {
		q.Actors = []string{actor}
	}
	if action := f.OptionalLine("action", r.Action, 200); action != "" {
		q.Actions = []string{action}
	}
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	name := "audit?" + actor + "&" + q.Subject + "&" + r.Action + "&" + r.From + "&" + r.To
	page, err := cursor.Read(h.cursors, name, r.Cursor, size, func(before cursor.Moment, limit int) ([]audit.Record, error) {
		q.Before = before
		return h.log.List(ctx, q, limit)
	}, audit.Record.Place)
	if err != nil {
		return nil, err
	}
	items := cursor.Map(page, func(v audit.Record) auditItem { return auditItem(v) })
	return &items, nil
}

// readTime reads a time of a query, which may be absent.
func readTime(f *check.Fields, name, value string) *time.Time {
	if value == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		f.Add(name, "not-a-time", "RFC 3339 시각이 아닙니다.", "Not an RFC 3339 time.")
		return nil
	}
	return f.Time(name, &t)
}
