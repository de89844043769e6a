package bill

import "time"

// Health is how everything is, as somebody saw it who looks all the time.
type Health struct {
	At        time.Time        `json:"at" description:"When it was seen."`
	Stale     bool             `json:"stale" description:"Nobody has looked for two minutes: the watch itself is down."`
	Site      SiteHealth       `json:"site"`
	Functions []FunctionHealth `json:"functions"`
	Database  DatabaseHealth   `json:"database"`
	Pages     PagesHealth      `json:"pages"`
	Storage   StorageHealth    `json:"storage"`
	Events    EventsHealth     `json:"events"`
	Backup    BackupHealth     `json:"backup"`
	WarmUp    WarmUpHealth     `json:"warmUp"`
	Alerts    []Alert          `json:"alerts" description:"What needs somebody now; empty when all is well."`
}

// SiteHealth is what a visitor would see.
type SiteHealth struct {
	Reachable       bool       `json:"reachable" description:"The edge answered the last time."`
	Milliseconds    float64    `json:"milliseconds"`
	CertificateEnds *time.Time `json:"certificateEnds,omitempty" description:"Absent where the site has none."`
}

// FunctionHealth is a function's release and its pods.
type FunctionHealth struct {
	Name     string `json:"name"`
	Ready    bool   `json:"ready" description:"It can be woken, or is awake."`
	Reason   string `json:"reason,omitempty" description:"Why it is not ready, in Knative's words."`
	Pods     int    `json:"pods" description:"0: asleep."`
	Restarts int    `json:"restarts" description:"Of the pods that are there."`
}

// DatabaseHealth is the database's size and use.
type DatabaseHealth struct {
	Reachable      bool  `json:"reachable"`
	Bytes          int64 `json:"bytes"`
	LimitBytes     int64 `json:"limitBytes" description:"Room on its volume; 0 where nobody said."`
	Connections    int   `json:"connections"`
	MaxConnections int   `json:"maxConnections" description:"0 for a database without servers."`
}

// PagesHealth is Redis, which keeps visitors' pages.
type PagesHealth struct {
	Reachable bool  `json:"reachable"`
	Bytes     int64 `json:"bytes"`
	MaxBytes  int64 `json:"maxBytes" description:"0: without a limit."`
	Keys      int64 `json:"keys"`
}

// StorageHealth is what files take, as the database knows it.
type StorageHealth struct {
	Files      int64 `json:"files"`
	Bytes      int64 `json:"bytes" description:"Originals and variants."`
	Unfinished int64 `json:"unfinished" description:"Uploads under way or given up."`
	LimitBytes int64 `json:"limitBytes" description:"0 where nobody said."`
}

// EventsHealth is what waits to be delivered.
type EventsHealth struct {
	Unsent       int64      `json:"unsent" description:"Events that no broker has accepted yet."`
	OldestUnsent *time.Time `json:"oldestUnsent,omitempty"`
	Dead         int64      `json:"dead" description:"Events that a consumer never took: /v1/admin/dead-letters lists them."`
}

// BackupHealth is when the database was saved last.
type BackupHealth struct {
	At       *time.Time `json:"at,omitempty" description:"Absent: never, or the database is saved by somebody else."`
	Expected bool       `json:"expected" description:"It is to be saved here: false where somebody else saves it, or nobody does."`
}

// WarmUpHealth is what waking functions ahead of a publication takes.
type WarmUpHealth struct {
	Functions     []string   `json:"functions"`
	Until         *time.Time `json:"until,omitempty" description:"They are kept awake until then."`
	Next          *time.Time `json:"next,omitempty" description:"The next publication."`
	UsedSeconds   float64    `json:"usedSeconds" description:"Today."`
	BudgetSeconds float64    `json:"budgetSeconds" description:"Of a day."`
}

// Alert is something that needs somebody.
type Alert struct {
	Name     string    `json:"name"`
	Severity string    `json:"severity" description:"page: now; ticket: this week."`
	Since    time.Time `json:"since"`
	Summary  string    `json:"summary" description:"What it is, in Korean."`
	Runbook  string    `json:"runbook" description:"Where it says what to do."`
}

// Stale is how old a look at everything may be.
const Stale = 2 * time.Minute
