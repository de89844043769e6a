package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/operation/bill"
)

// writeMetrics writes everything for Prometheus: what functions counted, what they cost,
// how everything is, and this process itself.
func (w *watch) writeMetrics(rw http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := w.ledger.Write(&b); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	own := counts.Counts{}
	w.usage(own)
	w.state(own)
	w.warmed(own)
	if err := own.Write(&b); err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	counts.WriteProcess(&b)
	rw.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = io.Copy(rw, &b)
}

func labelled(name string, labels ...string) string {
	s := name + "{"
	for i := 0; i+1 < len(labels); i += 2 {
		if i > 0 {
			s += ","
		}
		s += labels[i] + "=" + strconv.Quote(labels[i+1])
	}
	return s + "}"
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// usage is the bill as counters, from which Prometheus makes any time's.
func (w *watch) usage(c counts.Counts) {
	now := w.now()
	for _, n := range w.tally.Sums(now) {
		of := func(name string) string { return labelled(name, "function", n.Function) }
		c[of("madang_pods")] = float64(n.Pods)
		c[of("madang_awake_for_seconds")] = 0
		if !n.Since.IsZero() {
			c[of("madang_awake_for_seconds")] = now.Sub(n.Since).Seconds()
		}
		c[of("madang_watched_seconds_total")] = float64(n.Watched) / 1000
		c[of("madang_awake_seconds_total")] = float64(n.Awake) / 1000
		c[of("madang_pod_seconds_total")] = float64(n.Usage.Pods) / 1000
		c[of("madang_won_total")] = float64(n.Cost) / 1e6
		c[of("madang_pod_starts_total")] = float64(n.Starts)
		c[of("madang_wakes_total")] = float64(n.Wakes)
		c[of("madang_form_wakes_total")] = float64(n.FormWakes)
		c[of("madang_pod_ready_seconds_sum")] = float64(n.ReadyTime) / 1000
		c[of("madang_pod_ready_seconds_count")] = float64(n.Readied)
		c[of("madang_kept_warm_spared_total")] = float64(n.WarmSaves)
		c[of("madang_kept_warm_seconds_total")] = float64(n.WarmTime) / 1000
	}
	p := w.plan.Price
	c[labelled("madang_paid_won_per_hour", "type", p.Node, "nodes", strconv.Itoa(p.Nodes))] = p.WonPerHour * float64(p.Nodes)
	c["madang_always_on_won_per_hour"] = w.alwaysOn()
}

// state is how everything was when it was looked at last.
func (w *watch) state(c counts.Counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for part, n := range w.restarted {
		c[labelled("madang_container_restarts_total", "part", part)] = float64(n)
	}
	if !w.looked {
		return
	}
	h := w.health
	c["madang_looked_timestamp_seconds"] = float64(h.At.Unix())
	c["madang_site_up"] = boolean(h.Site.Reachable)
	c["madang_site_seconds"] = h.Site.Milliseconds / 1000
	timestamp(c, "madang_certificate_ends_timestamp_seconds", h.Site.CertificateEnds)
	for _, f := range h.Functions {
		c[labelled("madang_function_ready", "function", f.Name)] = boolean(f.Ready)
	}
	c["madang_database_up"] = boolean(h.Database.Reachable)
	c["madang_redis_up"] = boolean(h.Pages.Reachable)
	for name, v := range w.seen {
		c[name] = v
	}
	if h.Database.Reachable {
		w.stored(c, h)
	}
	if h.Pages.Reachable {
		c["madang_redis_bytes"], c["madang_redis_keys"] = float64(h.Pages.Bytes), float64(h.Pages.Keys)
		limit(c, "madang_redis_limit_bytes", h.Pages.MaxBytes)
	}
	for severity, n := range bySeverity(h.Alerts) {
		c[labelled("madang_alerts", "severity", severity)] = n
	}
}

func (w *watch) stored(c counts.Counts, h bill.Health) {
	c["madang_database_bytes"], c["madang_database_connections"] = float64(h.Database.Bytes), float64(h.Database.Connections)
	limit(c, "madang_database_limit_bytes", h.Database.LimitBytes)
	limit(c, "madang_database_max_connections", int64(h.Database.MaxConnections))
	c["madang_storage_files"], c["madang_storage_bytes"], c["madang_storage_unfinished"] = float64(h.Storage.Files), float64(h.Storage.Bytes), float64(h.Storage.Unfinished)
	limit(c, "madang_storage_limit_bytes", h.Storage.LimitBytes)
	c["madang_events_unsent"], c["madang_events_unsent_seconds"] = float64(h.Events.Unsent), 0
	c["madang_dead_letters"] = float64(h.Events.Dead)
	if h.Events.OldestUnsent != nil {
		c["madang_events_unsent_seconds"] = max(0, w.now().Sub(*h.Events.OldestUnsent).Seconds())
	}
	if w.plan.BackupSeconds > 0 { // 0 where there was never one: as old as can be
		c["madang_backup_timestamp_seconds"] = 0
		timestamp(c, "madang_backup_timestamp_seconds", h.Backup.At)
		c["madang_backup_limit_seconds"] = w.plan.BackupSeconds
	}
}

func (w *watch) warmed(c counts.Counts) {
	h := w.warm.health()
	w.warm.mu.Lock()
	defer w.warm.mu.Unlock()
	for f, total := range w.warm.total {
		c[labelled("madang_warmup_seconds_total", "function", f)] = total.Seconds()
	}
	c["madang_warmup_refused_total"] = float64(w.warm.refused)
	c["madang_warmup_used_seconds"], c["madang_warmup_budget_seconds"] = h.UsedSeconds, h.BudgetSeconds
	c["madang_warmup_active"] = boolean(h.Until != nil)
}

func timestamp(c counts.Counts, name string, at *time.Time) {
	if at != nil {
		c[name] = float64(at.Unix())
	}
}

// limit writes a limit that somebody set.
func limit(c counts.Counts, name string, bytes int64) {
	if bytes > 0 {
		c[name] = float64(bytes)
	}
}

func bySeverity(list []bill.Alert) map[string]float64 {
	n := map[string]float64{"page": 0, "ticket": 0}
	for _, a := range list {
		n[a.Severity]++
	}
	return n
}
