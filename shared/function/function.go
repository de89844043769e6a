// Package function is the contract of a function: a value that says what it is, what it
// needs and which operations it offers. The deployed process, the local host, the tests,
// the Knative Service, the edge's routes and the API document all follow from it.
package function

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Spec is one function: one folder, one Knative Service, one resource of the API.
type Spec struct {
	Name string // the Service's name: lower-case letters
	// Label is what people call it, where its first entry of a menu does not say it: that of one
	// without entries is needed.
	Label problem.Text
	Doc   string // one sentence, for the README and the API document
	Needs []Need // what it opens; nothing else is configured for it
	Scale Scale
	// Mail opens the sender for a function that sends mail (smtp.Open); given here so
	// that only those link it.
	Mail func(address, from string) (mail.Sender, error)
	// New wires the function. It does no I/O and keeps no state between requests: a
	// fresh one may serve each.
	New func(Deps) Parts
	// Seed is what the function starts with on a laptop and in a development environment;
	// nil for nothing.
	Seed func(Ground) []Seed
	// Core marks a function that the council cannot switch off, since the others need it.
	Core bool
	// Menu and Desk are its entries in the menus of the site and of the console.
	Menu, Desk []Entry
	// Acts are what the function does by itself that the log records, as nobody's.
	Acts []Act
	// Details are what its records say beside their sentence (Detail), and what people call that.
	Details []Named
}

// Build wires the function, gives each page its English address beside the Korean one, and says
// of each route whether it can be switched off.
func (s Spec) Build(d Deps) Parts {
	parts := s.New(d)
	parts.Routes = inBothLanguages(parts.Routes)
	for i := range parts.Routes {
		r := &parts.Routes[i]
		r.Switched = !s.Core && !r.Always && !r.Internal
	}
	return parts
}

// Parts are what a function offers once it is wired.
type Parts struct {
	Routes   []Route
	Consumes Consumer
}

// Need is something outside the process that a function uses.
type Need string

// What a function can need.
const (
	Database Need = "database" // PostgreSQL; SQLite on a laptop
	Storage  Need = "storage"  // object storage
	OIDC     Need = "oidc"     // asks other issuers who somebody is
)

// Scale says how Knative runs a function; the zero value is right for most.
type Scale struct {
	Concurrency int           // requests at once in one pod; 0 means 50
	Timeout     time.Duration // of one request; 0 means 30 s; Knative allows at most 600 s
	MemoryMiB   int           // requested and allowed; 0 means 64
	Schedule    string        // cron expression in Seoul's time, for a function that runs by itself
}

// EdgePatience is how long the edge waits for a function's answer: longer than Knative lets any
// function take. Nginx has it as proxy_read_timeout in knative/chart/files/edge/proxy.conf.
const EdgePatience = 610 * time.Second

// Filled is s with the defaults for what it leaves out: this is the one place that has them.
//
//   - Concurrency: 50 requests at once are what one core answers within tens of milliseconds (docs/measurements.md:
//     3 800 to 7 000 a second of pages that read the database), and what the connections of a pod's pool serve.
//   - Timeout: 30 s, within which every page and answer is made many times over
//     (docs/measurements.md), and a reader has gone. The edge waits longer than any function
//     may take (EdgePatience), so that the function speaks first.
//   - MemoryMiB: 64, three times what a function holds after 30 000 requests
//     (docs/measurements.md).
func (s Scale) Filled() Scale {
	if s.Concurrency == 0 {
		s.Concurrency = 50
	}
	if s.Timeout == 0 {
		s.Timeout = 30 * time.Second
	}
	if s.MemoryMiB == 0 {
		s.MemoryMiB = 64
	}
	return s
}

// Deps are what a function is wired with. Those that it does not need are zero.
type Deps struct {
	DB       *database.DB
	Storage  StorageConfig
	Outbox   *event.Outbox
	Mail     mail.Sender
	Key      secret.Key
	Settings Settings
	Client   *http.Client // for calls to other issuers
	Log      *slog.Logger
	Count    Count
	// Catalogue is what there is beside this function.
	Catalogue Catalogue
	// Urgent is what stands above every page; nil where there is no database.
	Urgent func(context.Context) (Urgent, error)
	// Flags are what the council has switched for the whole site, at the time of the request;
	// nil where there is no database (FlagsOf).
	Flags func(context.Context) (Flags, error)
	// Unread is how many notifications the caller has not read: 0 for a guest, Notified + 1 for more than Notified. Nil where there
	// is no database.
	Unread func(context.Context) (int, error)
	// Trial is set by tests alone: passwords are hashed by the least work, as thousands are (password.Hasher.Trial).
	Trial bool
}

// Notified is up to which number what a member has not read is counted: one more stands for all others.
const Notified = 99

// UrgentTag is the tag of every page that shows what is urgent; the index of things touches it
// (thing.UrgentTag).
const UrgentTag = "urgent"

// Urgent is what everybody has to know at once, whatever page they open.
type Urgent struct {
	Notes   []Note
	Changes *time.Time // when it changes by itself; nil for never
}

// Note is something urgent.
type Note struct {
	Title problem.Text // in English where the council wrote it in English, too
	Path  string       // Korean
	Until time.Time
}

// Count adds n to a counter of what a function did by itself, by what became of it. Each
// pair of texts is a series: they come from the program, never from a request. A nil Count
// counts nothing.
type Count func(what, outcome string, n int)

// Add adds n; 0 shows that it is counted at all.
func (c Count) Add(what, outcome string, n int) {
	if c != nil {
		c(what, outcome, n)
	}
}

// StorageConfig says where objects are kept (see shared/objects.Config).
type StorageConfig struct {
	Endpoint       string // URL as the function reaches it
	PublicEndpoint string // URL as a browser reaches it; signed addresses name it
	Region         string
	AccessKey      string
	SecretKey      string
	Bucket         string
}

// Privacy is what the privacy policy says that no program knows (개인정보 보호법 30조).
type Privacy struct {
	Officer    string // name and title of the 개인정보 보호책임자 until the council names one (face.Officer); "" where nobody is named
	Contact    string // telephone or mail address; "" for none
	Processors []Processor
}

// Processor is a company that personal data is consigned to (26조).
type Processor struct {
	Name string `json:"name"`
	Work string `json:"work"` // what it does
}

// UploadLimits are an operator's, as upload.Limits.
type UploadLimits struct {
	LimitMiB   int // raises every purpose's limit in tests of large files; 0 for none
	ArchiveMiB int // how large a file of purpose archive of an admin of the whole council may be; 200
}

// Settings are what an operator decides for an environment.
type Settings struct {
	Environment     string         // part of object keys, as "prod"
	SiteURL         string         // https://council.example.ac.kr, without a slash at the end
	CouncilName     string         // shown in mail and as the TOTP issuer
	SchoolDomains   []string       // mail domains that prove a student
	StudentMailbox  *regexp.Regexp // what all of the part before the @ is of a student's address there; nil for anything
	Units           []string       // 총학, 단과대, 학과, 동연, 감사 and what an operator adds
	Names           Names          // of units and tags, in English
	Privacy         Privacy        // who answers for personal data, and who else handles it
	PolicyVersion   string         // of the privacy policy that members consent to
	AdminNeedsTOTP  bool           // an admin's powers need a second factor
	Issuers         []Issuer       // OIDC
	OrphanAge       time.Duration  // after which an upload that nothing uses is deleted; 24 h
	LeaveGrace      time.Duration  // in which leaving can be undone; 7 days
	AuditRetention  time.Duration  // 1 year; 2 years from 50 000 members
	LogRetention    time.Duration  // of what processes write; 0: it is not kept
	Uploads         UploadLimits
	CampusNetworks  []netip.Prefix  // addresses that hundreds of members share; their buckets are wider
	DepartmentNames []string        // 학과 that a member may name as their own; none: any
	Outside         outside.Options // what of calls to addresses that people typed is allowed beyond the public internet
}

// Issuer is an OpenID Connect provider.
type Issuer struct {
	Name         string // in the address, as "kakao"
	URL          string // the issuer identifier
	ClientID     string
	ClientSecret string
	Scopes       []string // besides openid
}

// Route is one operation of the API.
type Route struct {
	Method string // GET, POST, PUT, PATCH, DELETE; GET answers HEAD too
	Path   string // the full public path, as "/v1/notices/{id}"
	Doc    string // one sentence
	Access Access
	Do     Operation
	Status int   // on success; 0 means 200, or 204 for None
	Page   *Page // the answer to a guest is a page that the edge keeps
	Limit  Limit // 0 value: Reading for GET, Writing for the others
	// Personal marks the reading of somebody else's personal data: each leaves an
	// audit record.
	Personal bool
	// Private marks what members of the council do as persons, as agreeing to a petition or
	// voting: it leaves no audit record, and no answer is kept for an Idempotency-Key, since the
	// hash of a body with a few choices tells which it was. The handler's own constraints make a
	// repeat harmless. Nothing that it logs names a member or what it is about.
	Private bool
	// Words say what the log records of a call: what the council changed, or whose data it
	// read. A test demands them for every route that leaves a record.
	Words problem.Text
	// Refuses are the problems that the handler can answer beside those that follow from
	// the route's shape (host.Refusals), for the API document. functiontest fails where an
	// answer is not among them. HTML and internal routes have none.
	Refuses Refusals
	// Proof asks for a member who has freshly proved who they are (auth.Principal.Proved):
	// what adds or removes a way to sign in, and leaving.
	Proof bool
	// Alone runs the handler without a unit of work around it: it makes its own. Such
	// a route ignores Idempotency-Key, and a stream that it takes is not read before it.
	Alone bool
	// Largest is the largest Body in bytes of a route that is not Alone, which is read whole
	// before the unit of work; 0 means 1 MiB, as for JSON and forms.
	Largest int64
	// ReadOnly marks a POST that changes nothing: what it is asked is too long for an
	// address. It runs and is limited as a reading, leaves no audit record and ignores
	// Idempotency-Key.
	ReadOnly bool
	// Always marks what works while its function is switched off and while the site is
	// read-only: signing in and out, leaving and coming back, exporting one's own data, and the
	// switches themselves.
	Always bool
	// Switched says that the route is absent while its function is switched off (Build).
	Switched bool
	// Internal routes are not reachable through the edge.
	Internal bool
	// HTML routes are the site's, for browsers, and no part of the API: their paths are not
	// under /v1/, their language is the path's (LanguageOf), forms of their own pages come
	// in, and refusals are pages too (Refuse). A session whose access cookie has
	// expired is renewed on the way.
	HTML bool
	// Refuse shows a refusal of an HTML route as a page. It must not fail.
	Refuse func(ctx context.Context, p *problem.Error, status int) Writer
	// Wakes are the functions that who has read this page will ask next: the edge has them
	// start while that one types, each once in half a minute whoever reads.
	Wakes []string
	// Neutral pages have one address for all languages, as styles and robots.txt; of all
	// others the host makes the English one.
	Neutral bool
}

// Writes says whether the route is refused while the site is read-only: all that change
// something but those that are Always. What is read may leave a record or a count all the same.
func (r Route) Writes() bool {
	return r.Method != http.MethodGet && !r.ReadOnly && !r.Always && !r.Internal
}

// Unread says whether the handler gets its Body as it arrives. What a unit of work may try
// again is read whole before it.
func (r Route) Unread() bool { return r.Do.Takes(Stream) && (r.Alone || r.ReadOnly) }

// Refusals are codes of problems by their kind.
type Refusals map[problem.Kind][]string

// Access says who may call a route. The domain may refuse more, never less.
type Access struct {
	name string
	may  func(auth.Principal) bool
}

// Who may call a route.
var (
	Anyone   = Access{"anyone", func(auth.Principal) bool { return true }}
	SignedIn = Access{"member", auth.Principal.SignedIn}
	Student  = Access{"student", auth.Principal.Student}
)

// May allows those whose role lets them do something in some unit, and the domain asks
// whether it is theirs; for what concerns the whole council (auth.Rule), those who have the
// role for the whole council.
func May(a auth.Action) Access {
	return Access{auth.RuleOf(a).String(), func(p auth.Principal) bool { return p.MaySomewhere(a) }}
}

// String is who, for documents.
func (a Access) String() string { return a.name }

// Allows says whether p may call. The zero Access allows nobody.
func (a Access) Allows(p auth.Principal) bool { return a.may != nil && a.may(p) }

// Limit names the bucket that a request is counted in.
type Limit string

// The kinds of requests that are limited apart.
const (
	Reading   Limit = "read"
	Writing   Limit = "write"
	SigningIn Limit = "sign-in" // and everything else that could guess a secret; of visitors, failures count
	Outward   Limit = "outward" // has mail sent to an address that a visitor names, or another issuer asked
	Uploading Limit = "upload"
	Searching Limit = "search" // what nobody else asks for and the edge keeps from nobody; also every list that is asked for Words
)

// Words is the query parameter by which lists are searched. What is asked for with it counts as Searching.
const Words = "q"

// Searches says whether a route can be asked for Words.
func (r Route) Searches() bool {
	return slices.ContainsFunc(r.Do.Inputs, func(f Input) bool { return f.In == InQuery && f.Name == Words })
}

// Consumer is what a function does with events.
type Consumer struct {
	// Decode reads a CloudEvent from a request; package cloudevent has it. It is given
	// here so that only functions that consume events link the CloudEvents SDK.
	Decode func(*http.Request) (event.Event, error)
	On     []Subscription
}

// Subscription is one type of event and what is done with it. Do may be called twice for
// one event. It returns a problem for what can never succeed (dropped and logged) and
// any other error for what may succeed later (delivered again).
type Subscription struct {
	Type string
	Doc  string
	Do   func(context.Context, event.Event) error
}

// Undelivered subscribes to dead letters: events of every type that a consumer did not take
// however often the broker tried, Scheduled among them. Their Failure says why. One function does.
const Undelivered = "*"

// Scheduled is the type of the event by which Knative's PingSource calls a function that
// has a Schedule.
const Scheduled = "dev.knative.sources.ping"
