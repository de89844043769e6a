package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/logs"
)

// search looks for an id in the pods of a namespace and in what is kept of its logs.
type search struct {
	api         kubernetes.Interface
	order       order
	from, until time.Time
}

func (s search) run(ctx context.Context, out io.Writer) error {
	living, pods, err := s.living(ctx)
	if err != nil {
		return err
	}
	vault, err := s.vault(ctx)
	if err != nil {
		return err
	}
	looked := fmt.Sprintf("in the logs of %d pods that are there", pods)
	if vault == nil {
		found := follow(parsed(living), s.order.id)
		if len(found) == 0 {
			return fmt.Errorf("nothing of %s %s; of pods that are gone none are kept in %s (logs.keep)", s.order.id, looked, s.order.namespace)
		}
		return show(out, found)
	}
	kept, all, failed := s.kept(ctx, *vault, living)
	found := follow(all, s.order.id)
	if len(found) == 0 {
		return errors.Join(failed, fmt.Errorf("nothing of %s %s, and in what is kept from %s to %s: %d objects, %.1f MiB%s", s.order.id, looked,
			moment(s.from), moment(s.until), kept.Objects, float64(kept.Bytes)/(1<<20), notKept(kept.Lines)))
	}
	return errors.Join(show(out, found), failed)
}

func moment(t time.Time) string { return t.In(clock.Seoul).Format("2006-01-02 15:04") }

// kept looks for the id, and then for the traces that its request has: a consumer's lines know
// that one alone.
func (s search) kept(ctx context.Context, vault logs.Vault, living []logs.Line) (logs.Found, []line, error) {
	ids := []string{s.order.id}
	for {
		found, err := vault.Find(ctx, s.from, s.until, append([]string{logs.NotKept}, ids...)...)
		all := parsed(logs.Once(living, found.Lines))
		more := false
		for trace := range traces(all, s.order.id) {
			if !slices.Contains(ids, trace) {
				ids, more = append(ids, trace), true
			}
		}
		if !more || err != nil {
			return found, all, err
		}
	}
}

// notKept says how many lines of the time that was looked at are known to be missing.
func notKept(lines []logs.Line) string {
	n := int64(0)
	for _, l := range lines {
		var told struct {
			Msg, From string
			Lines     int64
		}
		if json.Unmarshal(l.Text, &told) == nil && told.Msg == logs.NotKept && told.From == "logs" {
			n += told.Lines
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d lines of this time were not kept", n)
}

func parsed(lines []logs.Line) []line {
	all := []line{}
	for _, l := range lines {
		if p, ok := parse(l.Text, l.Pod, l.At); ok {
			all = append(all, p)
		}
	}
	return all
}

// living are the lines of the pods that are there.
func (s search) living(ctx context.Context) (all []logs.Line, pods int, err error) {
	list, err := s.api.CoreV1().Pods(s.order.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component in (edge, function, watch)"})
	if err != nil {
		return nil, 0, fmt.Errorf("pods: %w", err)
	}
	var mu sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, p := range list.Items {
		for _, c := range p.Spec.Containers {
			if c.Name == "queue-proxy" { // Knative's own lines say nothing of requests
				continue
			}
			group.Go(func() error {
				lines, err := s.log(within, &p, c.Name)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, lines...)
				return err
			})
		}
	}
	return all, len(list.Items), group.Wait()
}

// log reads a container's log. One that has not begun, or is gone meanwhile, has none.
func (s search) log(ctx context.Context, p *corev1.Pod, container string) ([]logs.Line, error) {
	since := metav1.NewTime(s.from)
	stream, err := s.api.CoreV1().Pods(p.Namespace).GetLogs(p.Name, &corev1.PodLogOptions{Container: container, SinceTime: &since, Timestamps: true}).Stream(ctx)
	if err != nil {
		return nil, ctx.Err()
	}
	defer func() { _ = stream.Close() }()
	all := []logs.Line{}
	for lines := bufio.NewReader(stream); ; {
		text, err := lines.ReadBytes('\n')
		stamp, written, _ := bytes.Cut(bytes.TrimSuffix(text, []byte("\n")), []byte(" "))
		if at, wrong := time.Parse(time.RFC3339Nano, string(stamp)); wrong == nil && !at.After(s.until) {
			l := logs.Line{At: at, Pod: p.Name, Container: container, Text: logs.Fit(written)}
			if before := len(all) - 1; before >= 0 && all[before].At.Equal(at) {
				l.Again = all[before].Again + 1
			}
			all = append(all, l)
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("log of %s: %w", p.Name, err)
		}
	}
}

// vault is where the namespace's logs are kept, as the program is told that keeps them; nil
// where there is none.
func (s search) vault(ctx context.Context) (*logs.Vault, error) {
	d, err := s.api.AppsV1().Deployments(s.order.namespace).Get(ctx, "logs", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // none
	}
	if err != nil {
		return nil, fmt.Errorf("where logs are kept: %w", err)
	}
	told := map[string]string{}
	for _, e := range d.Spec.Template.Spec.Containers[0].Env {
		told[e.Name] = e.Value
		if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
			continue
		}
		of := e.ValueFrom.SecretKeyRef
		secret, err := s.api.CoreV1().Secrets(s.order.namespace).Get(ctx, of.Name, metav1.GetOptions{})
		if err != nil {
			return nil, fmt.Errorf("the keys of what is kept: %w", err)
		}
		told[e.Name] = string(secret.Data[of.Key])
	}
	if s.order.endpoint != "" {
		told["S3_ENDPOINT"] = strings.TrimSuffix(s.order.endpoint, "/")
	}
	store, err := objects.Open(objects.Config{Endpoint: told["S3_ENDPOINT"], Region: told["S3_REGION"], Bucket: told["LOGS_BUCKET"], AccessKey: told["S3_ACCESS_KEY"], SecretKey: told["S3_SECRET_KEY"]})
	if err != nil {
		return nil, err
	}
	return &logs.Vault{Storage: store}, nil
}
