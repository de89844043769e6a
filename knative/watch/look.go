package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/operation/bill"
)

// watch is everything that is known now.
type watch struct {
	settings settings
	plan     plan
	log      *slog.Logger
	now      func() time.Time
	client   *http.Client
	api      *cluster
	store    bill.Store
	redis    *redis.Client
	warm     *warmUp
	ledger   *counts.Ledger
	tally    *bill.Tally

	forms map[string]float64 // starts for open forms by function, as they were counted last

	mu        sync.Mutex
	health    bill.Health
	looked    bool                      // once, at everything
	seen      map[string]float64        // of the database and Redis, as metrics
	restarts  map[string]map[string]int // by pod and container, to see them grow
	restarted map[string]int            // by part of the product, since this process began
	shown     time.Time                 // when the certificate was looked at
	pods      podList
}

// lookEvery is how often everything is looked at, certificateEvery how often its certificate.
const (
	lookEvery        = 15 * time.Second
	certificateEvery = time.Hour
)

// lookAround looks at everything until ctx ends.
func (w *watch) lookAround(ctx context.Context) {
	told := -1.0
	for {
		begun := w.now()
		price := w.plan.Price
		if price.AlwaysOn = w.alwaysOn(); price.AlwaysOn != told && w.try(ctx, "prices", func(ctx context.Context) error { return w.store.SetPrice(ctx, price) }) {
			told = price.AlwaysOn
		}
		w.look(ctx)
		w.try(ctx, "usage", w.save)
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(time.Second, lookEvery-w.now().Sub(begun))):
		}
	}
}

// try does something that the next turn makes up for, with a clock.
func (w *watch) try(ctx context.Context, what string, do func(context.Context) error) bool {
	within, cancel := context.WithTimeout(clock.With(ctx, w.now()), 10*time.Second)
	defer cancel()
	err := do(within)
	if err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "not seen this time", "what", what, "error", err)
	}
	return err == nil
}

func (w *watch) save(ctx context.Context) error {
	w.countForms()
	return w.tally.Save(clock.With(ctx, w.now()), w.store, w.now())
}

// countForms brings into the bill which starts were for open forms: functions tell it.
func (w *watch) countForms() {
	totals := w.ledger.Totals()
	for _, name := range w.plan.Functions {
		total := totals[labelled("madang_form_starts_total", "function", name)]
		if n := int64(total - w.forms[name]); n > 0 {
			w.tally.Woken(name, n, w.now())
		}
		w.forms[name] = total
	}
}

// look looks at everything once and says how it is.
func (w *watch) look(ctx context.Context) {
	w.mu.Lock()
	h, seen := w.health, map[string]float64{}
	w.mu.Unlock()
	h.Site.Reachable = w.try(ctx, "site", func(ctx context.Context) error { return w.lookAtSite(ctx, &h.Site) })
	if u, err := url.Parse(w.settings.PublicURL); err == nil && u.Scheme == "https" && w.now().Sub(w.shown) > certificateEvery {
		if w.try(ctx, "certificate", func(ctx context.Context) error { return w.lookAtCertificate(ctx, u.Host, &h.Site) }) {
			w.shown = w.now()
		}
	}
	w.try(ctx, "functions", func(ctx context.Context) error { return w.lookAtFunctions(ctx, &h) })
	if w.plan.NodesBy != "" {
		w.try(ctx, "nodes", func(ctx context.Context) error { return w.lookAtNodes(ctx, seen) })
	}
	h.Database.Reachable = w.try(ctx, "database", func(ctx context.Context) error {
		return errors.Join(w.store.Look(ctx, &h), w.lookAtDatabase(ctx, seen))
	})
	h.Pages.Reachable = w.try(ctx, "redis", func(ctx context.Context) error { return w.lookAtRedis(ctx, &h.Pages, seen) })
	w.tell(ctx, &h)
	h.WarmUp, h.At = w.warm.health(), w.now()
	w.mu.Lock()
	w.health, w.seen, w.looked = h, seen, true
	w.mu.Unlock()
	w.try(ctx, "health", func(ctx context.Context) error { return w.store.SetHealth(ctx, h) })
}

// lookAtSite asks the edge itself: a page would have to be rendered now and then, and
// that would wake a function.
func (w *watch) lookAtSite(ctx context.Context, s *bill.SiteHealth) error {
	began := w.now()
	err := w.ask(ctx, w.settings.Site+"/healthz")
	s.Milliseconds = float64(w.now().Sub(began).Microseconds()) / 1000
	return err
}

// get is an answer of 200, whose body is to be closed.
func (w *watch) get(ctx context.Context, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	response, err := w.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("get %s: %s", address, response.Status)
	}
	return response, nil
}

// ask wants no more than an answer of 200.
func (w *watch) ask(ctx context.Context, address string) error {
	response, err := w.get(ctx, address)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// lookAtCertificate reads the certificate that visitors are shown, whoever ends TLS. It
// need not be valid: one that has ended is what is looked for.
func (w *watch) lookAtCertificate(ctx context.Context, host string, s *bill.SiteHealth) error {
	if !strings.Contains(host, ":") {
		host += ":443"
	}
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // nothing is sent or believed
	connection, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	defer func() { _ = connection.Close() }()
	shown, ok := connection.(*tls.Conn)
	if !ok || len(shown.ConnectionState().PeerCertificates) == 0 {
		return errors.New("certificate: none is shown")
	}
	ends := shown.ConnectionState().PeerCertificates[0].NotAfter.In(clock.Seoul)
	s.CertificateEnds = &ends
	return nil
}

func (w *watch) lookAtFunctions(ctx context.Context, h *bill.Health) error {
	list, err := w.api.functions(ctx)
	if err != nil {
		return err
	}
	pods := map[string]int{}
	for _, n := range w.tally.Sums(w.now()) {
		pods[n.Function] = n.Pods
	}
	w.mu.Lock()
	for i, f := range list {
		list[i].Pods, list[i].Restarts = pods[f.Name], w.restarted[f.Name]
	}
	w.mu.Unlock()
	h.Functions = list
	return nil
}

// lookAtNodes adds up what there is to run on.
func (w *watch) lookAtNodes(ctx context.Context, seen map[string]float64) error {
	nodes, err := w.api.nodes(ctx)
	if err != nil {
		return err
	}
	seen["madang_nodes"] = float64(len(nodes))
	for _, n := range nodes {
		seen["madang_nodes_cpus"] += n.Status.Capacity.Cpu().AsApproximateFloat64()
		seen["madang_nodes_memory_bytes"] += n.Status.Capacity.Memory().AsApproximateFloat64()
	}
	return nil
}

// lookAtDatabase reads PostgreSQL's own counters.
func (w *watch) lookAtDatabase(ctx context.Context, seen map[string]float64) error {
	names := []string{"commits", "rollbacks", "blocks_read", "blocks_hit", "deadlocks", "temporary_bytes", "rows_read", "rows_written"}
	values, err := database.One(ctx, w.store.DB, func(r database.Row) ([]float64, error) {
		v := make([]float64, len(names))
		err := r.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7])
		return v, err
	}, `SELECT xact_commit, xact_rollback, blks_read, blks_hit, deadlocks, temp_bytes, tup_fetched, tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()`)
	if err != nil {
		return err
	}
	for i, name := range names {
		seen["madang_database_"+name+"_total"] = values[i]
	}
	return nil
}

// lookAtRedis reads INFO.
func (w *watch) lookAtRedis(ctx context.Context, p *bill.PagesHealth, seen map[string]float64) error {
	info := map[string]float64{}
	for _, section := range []string{"memory", "stats", "clients"} {
		text, err := w.redis.Info(ctx, section).Result()
		if err != nil {
			return fmt.Errorf("redis: %w", err)
		}
		readInfo(text, info)
	}
	keys, err := w.redis.DBSize(ctx).Result()
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	p.Bytes, p.MaxBytes, p.Keys = int64(info["used_memory"]), int64(info["maxmemory"]), keys
	for name, field := range map[string]string{
		"hits": "keyspace_hits", "misses": "keyspace_misses", "evicted": "evicted_keys", "expired": "expired_keys", "commands": "total_commands_processed", "connections": "total_connections_received",
	} {
		seen["madang_redis_"+name+"_total"] = info[field]
	}
	seen["madang_redis_clients"] = info["connected_clients"]
	return nil
}

func readInfo(text string, into map[string]float64) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			into[name] = v
		}
	}
}

// tell reads which alerts fire, and gives a sign of life where that and who tells of them is
// well: whoever expects it elsewhere notices when it is not.
func (w *watch) tell(ctx context.Context, h *bill.Health) {
	well := w.settings.Prometheus == "" || w.try(ctx, "alerts", func(ctx context.Context) error { return w.lookAtAlerts(ctx, h) })
	if w.settings.Alertmanager != "" {
		well = w.try(ctx, "alertmanager", func(ctx context.Context) error { return w.ask(ctx, w.settings.Alertmanager+"/-/ready") }) && well
	}
	if well && w.settings.Heartbeat != "" {
		w.try(ctx, "heartbeat", func(ctx context.Context) error { return w.ask(ctx, w.settings.Heartbeat) })
	}
}

// lookAtAlerts asks Prometheus which alerts fire.
func (w *watch) lookAtAlerts(ctx context.Context, h *bill.Health) error {
	response, err := w.get(ctx, w.settings.Prometheus+"/api/v1/alerts")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data struct {
			Alerts []struct {
				Labels, Annotations map[string]string
				State               string
				ActiveAt            time.Time
			}
		}
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	h.Alerts = []bill.Alert{}
	for _, a := range answer.Data.Alerts {
		if a.State == "firing" {
			h.Alerts = append(h.Alerts, bill.Alert{Name: a.Labels["alertname"], Severity: a.Labels["severity"], Since: a.ActiveAt.In(clock.Seoul), Summary: a.Annotations["summary"], Runbook: a.Annotations["runbook"]})
		}
	}
	slices.SortFunc(h.Alerts, func(a, b bill.Alert) int { return a.Since.Compare(b.Since) })
	return nil
}
