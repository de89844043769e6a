package host

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/text"
)

// Settings is the environment of a process, by the names of its variables.
type Settings struct {
	Port        int    `env:"PORT" envDefault:"8080"`
	MetricsAddr string `env:"METRICS_ADDR" envDefault:":9095"`
	MetricsSink string `env:"METRICS_SINK"`                // where counts go before this process ends; empty: they are only at MetricsAddr
	Collector   string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"` // who is told of requests by OTLP over HTTP; empty: nobody
	DatabaseURL string `env:"DATABASE_URL"`
	RedisURL    string `env:"REDIS_URL"`
	Sink        string `env:"K_SINK"` // Knative's: where events are published
	SMTPURL     string `env:"SMTP_URL"`
	MailFrom    string `env:"MAIL_FROM"`
	SecretKey   string `env:"SECRET_KEY"`                  // 32 bytes, base64 or hex
	TrustedHops int    `env:"TRUSTED_HOPS" envDefault:"2"` // the edge and Knative's queue-proxy or activator

	S3Endpoint       string `env:"S3_ENDPOINT"`
	S3PublicEndpoint string `env:"S3_PUBLIC_ENDPOINT"`
	S3Region         string `env:"S3_REGION" envDefault:"KR1"`
	S3AccessKey      string `env:"S3_ACCESS_KEY"`
	S3SecretKey      string `env:"S3_SECRET_KEY"`
	S3Bucket         string `env:"S3_BUCKET" envDefault:"madang"`

	Environment    string         `env:"ENVIRONMENT" envDefault:"local"`
	SiteURL        string         `env:"SITE_URL" envDefault:"http://localhost:8080"`
	CouncilName    string         `env:"COUNCIL_NAME" envDefault:"마당대학교 총학생회"`
	SchoolDomains  []string       `env:"SCHOOL_DOMAINS" envDefault:"madang.ac.kr"`
	Units          []string       `env:"UNITS" envDefault:"총학,단과대,학과,동연,감사"`
	UnitsEn        string         `env:"UNITS_EN"` // JSON, by the unit; unitsEn without it
	TagsEn         string         `env:"TAGS_EN"`  // JSON, by the tag; tagsEn without it
	Departments    []string       `env:"DEPARTMENTS"`
	StudentMailbox string         `env:"STUDENT_MAILBOX"` // regular expression
	CampusNetworks []netip.Prefix `env:"CAMPUS_NETWORKS"` // as 203.0.113.0/24,2001:db8::/32
	PolicyVersion  string         `env:"POLICY_VERSION" envDefault:"2026-03-01"`
	PrivacyOfficer string         `env:"PRIVACY_OFFICER"`
	PrivacyContact string         `env:"PRIVACY_CONTACT"`
	Processors     string         `env:"PROCESSORS"` // JSON: [{"name","work"}]
	AdminNeedsTOTP bool           `env:"ADMIN_NEEDS_TOTP" envDefault:"true"`
	OIDCIssuers    string         `env:"OIDC_ISSUERS"` // JSON: [{"name","url","clientId","clientSecret","scopes"}]
	OrphanAge      time.Duration  `env:"ORPHAN_AGE" envDefault:"24h"`
	LeaveGrace     time.Duration  `env:"LEAVE_GRACE" envDefault:"168h"`
	AuditRetention time.Duration  `env:"AUDIT_RETENTION" envDefault:"8760h"`
	LogRetention   time.Duration  `env:"LOG_RETENTION"` // of who keeps the log; none where nobody does
	UploadLimitMiB int            `env:"UPLOAD_LIMIT_MIB"`
	ArchiveMiB     int            `env:"ARCHIVE_LIMIT_MIB" envDefault:"200"`
	OutsidePorts   []uint16       `env:"OUTSIDE_PORTS"`    // beside 443
	OutsideNets    []netip.Prefix `env:"OUTSIDE_NETWORKS"` // as 10.20.0.0/16
}

// What English pages call what a council begins with: its units, and the tags of its templates, of its calendar and of the first notices.
const (
	unitsEn = `{"총학":"Student Council","단과대":"Colleges","학과":"Departments","동연":"Student Clubs","감사":"Audit Committee"}`
	tagsEn  = `{"총학생회":"Student council","학사":"Academic","동아리":"Clubs","마감":"Deadlines","공휴일":"Public holidays","모집":"Recruiting","행사":"Events","결과":"Results","공고":"Announcements","감사":"Audit","공약":"Pledges","학생회비":"Council fee","축제":"Festival","새내기":"Freshers","간식":"Snacks","긴급":"Urgent"}`
)

// ReadSettings reads the environment of this process; defaults say what those variables are
// that it does not have.
func ReadSettings(defaults map[string]string) (Settings, error) {
	environment := map[string]string{}
	maps.Copy(environment, defaults)
	maps.Copy(environment, env.ToMap(os.Environ()))
	for field := range reflect.TypeFor[Settings]().Fields() {
		name := field.Tag.Get("env")
		if list, there := environment[name]; there && field.Type.Kind() == reflect.Slice {
			environment[name] = entries(list)
		}
	}
	s, err := env.ParseAsWithOptions[Settings](env.Options{Environment: environment})
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	return s, nil
}

// entries is a list as it is meant: what stands around an entry is none of it, and behind a last comma there is none.
func entries(list string) string {
	kept := []string{}
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			kept = append(kept, entry)
		}
	}
	return strings.Join(kept, ",")
}

// Function is what functions see of the settings.
func (s Settings) Function() (function.Settings, error) {
	issuers := []function.Issuer{}
	if s.OIDCIssuers != "" {
		var list []struct {
			Name         string   `json:"name"`
			URL          string   `json:"url"`
			ClientID     string   `json:"clientId"`
			ClientSecret string   `json:"clientSecret"`
			Scopes       []string `json:"scopes"`
		}
		if err := json.Unmarshal([]byte(s.OIDCIssuers), &list); err != nil {
			return function.Settings{}, fmt.Errorf("OIDC_ISSUERS: %w", err)
		}
		for _, i := range list {
			issuers = append(issuers, function.Issuer(i))
		}
	}
	privacy := function.Privacy{Officer: s.PrivacyOfficer, Contact: s.PrivacyContact}
	if s.Processors != "" {
		if err := json.Unmarshal([]byte(s.Processors), &privacy.Processors); err != nil {
			return function.Settings{}, fmt.Errorf("PROCESSORS: %w", err)
		}
	}
	names := function.Names{}
	for variable, list := range map[string]struct {
		text string
		into *map[string]string
	}{"UNITS_EN": {cmp.Or(s.UnitsEn, unitsEn), &names.Units}, "TAGS_EN": {cmp.Or(s.TagsEn, tagsEn), &names.Tags}} {
		if err := json.Unmarshal([]byte(list.text), list.into); err != nil {
			return function.Settings{}, fmt.Errorf("%s: %w", variable, err)
		}
	}
	var mailbox *regexp.Regexp
	if s.StudentMailbox != "" {
		var err error
		if mailbox, err = regexp.Compile(`^(?:` + s.StudentMailbox + `)$`); err != nil {
			return function.Settings{}, fmt.Errorf("STUDENT_MAILBOX: %w", err)
		}
	}
	for name, list := range map[string][]string{"UNITS": s.Units, "DEPARTMENTS": s.Departments} {
		seen := map[string]bool{}
		for _, unit := range list {
			key := text.Squeeze(unit)
			if key != "" && seen[key] {
				return function.Settings{}, fmt.Errorf("%s: %s is there twice", name, unit)
			}
			seen[key] = true
		}
	}
	return function.Settings{
		Environment: s.Environment, SiteURL: s.SiteURL, CouncilName: s.CouncilName, SchoolDomains: s.SchoolDomains, StudentMailbox: mailbox, Privacy: privacy,
		Units: s.Units, Names: names, DepartmentNames: s.Departments, PolicyVersion: s.PolicyVersion, AdminNeedsTOTP: s.AdminNeedsTOTP,
		Issuers: issuers, OrphanAge: s.OrphanAge, LeaveGrace: s.LeaveGrace, AuditRetention: s.AuditRetention, LogRetention: s.LogRetention, Uploads: function.UploadLimits{LimitMiB: s.UploadLimitMiB, ArchiveMiB: s.ArchiveMiB},
		CampusNetworks: s.CampusNetworks, Outside: outside.Options{Ports: s.OutsidePorts, Networks: s.OutsideNets},
	}, nil
}

// Storage is where objects are.
func (s Settings) Storage() function.StorageConfig {
	return function.StorageConfig{
		Endpoint: s.S3Endpoint, PublicEndpoint: s.S3PublicEndpoint, Region: s.S3Region,
		AccessKey: s.S3AccessKey, SecretKey: s.S3SecretKey, Bucket: s.S3Bucket,
	}
}

// Key is the master key, from which every other is derived.
func (s Settings) Key() (secret.Key, error) {
	k, err := secret.Parse(s.SecretKey)
	if err != nil {
		return secret.Key{}, fmt.Errorf("SECRET_KEY: %w", err)
	}
	return k, nil
}
