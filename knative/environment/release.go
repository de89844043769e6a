package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helm "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/preflight"
	"github.com/madang-council/madang/knative/release"
)

// releaseName is the Helm release's name in every namespace.
const releaseName = "madang"

func (c *cluster) helm(namespace string) (*action.Configuration, error) {
	configuration := new(action.Configuration)
	if err := configuration.Init(c.flags, namespace, "secret", func(string, ...any) {}); err != nil {
		return nil, fmt.Errorf("helm: %w", err)
	}
	return configuration, nil
}

// install installs the chart, or upgrades what is installed, and waits for the database,
// Redis, the edge and the migration. own are values that follow from the order; what
// values files and -set say comes before them.
func (c *cluster) install(ctx context.Context, o order, own map[string]any) error {
	chart, merged, err := o.rendered(own)
	if err != nil {
		return err
	}
	if err := verify(ctx, merged); err != nil {
		return err
	}
	configuration, err := c.helm(o.namespace)
	if err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	there, err := c.installed(o.namespace)
	if err != nil {
		return err
	}
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go c.followClaims(within, o.namespace, stop)
	if !there {
		first := action.NewInstall(configuration)
		first.Namespace, first.ReleaseName, first.Timeout, first.Wait = o.namespace, releaseName, left, !o.unused
		if _, err := first.RunWithContext(within, chart, merged); err != nil {
			return c.unbound(ctx, within, o.namespace, fmt.Errorf("install: %w", err))
		}
		return nil
	}
	return c.upgrade(within, configuration, o, chart, merged, left)
}

// upgrade is an installation's. Where its release migrates, the chart's hook does not.
func (c *cluster) upgrade(within context.Context, configuration *action.Configuration, o order, chart *helm.Chart, merged map[string]any, left time.Duration) error {
	next := action.NewUpgrade(configuration)
	next.Namespace, next.Timeout, next.Wait, next.MaxHistory, next.DisableHooks = o.namespace, left, !o.unused, 10, o.rollout.Migrate
	if _, err := next.RunWithContext(within, releaseName, chart, merged); err != nil {
		if cause := context.Cause(within); errors.Is(cause, errUnbound) {
			return cause
		}
		return fmt.Errorf("upgrade: %w", err)
	}
	return nil
}

// rendered are the order's chart, and all values but the chart's own.
func (o order) rendered(own map[string]any) (*helm.Chart, map[string]any, error) {
	c, err := loader.Load(o.chart)
	if err != nil {
		return nil, nil, fmt.Errorf("chart: %w", err)
	}
	merged, err := o.merged()
	if err != nil {
		return nil, nil, err
	}
	merged = under(merged, own)
	if o.name != "" { // two environments never share a name in keys and logs
		merged["environment"] = o.name
	}
	return c, merged, nil
}

// preflight makes checks of what the order would install.
func (c *cluster) preflight(ctx context.Context, o order, own map[string]any, names ...string) ([]preflight.Finding, error) {
	chart, merged, err := o.rendered(own)
	if err != nil {
		return nil, err
	}
	plan, err := preflight.NewPlan(chart, merged, o.namespace)
	if err != nil {
		return nil, err
	}
	facts := preflight.Gather(ctx, c.kube, plan, slices.Contains(names, "images"))
	return preflight.Run(plan, facts, names...), nil
}

// errUnbound is why an installation was ended that waited for a volume.
var errUnbound = errors.New("a claim has no volume")

// followClaims ends an installation whose claims do not get volumes: waiting for longer
// would not bring them.
func (c *cluster) followClaims(ctx context.Context, namespace string, stop context.CancelCauseFunc) {
	for sleep(ctx, 5*time.Second) == nil {
		if told := c.waiting(ctx, namespace); len(told) > 0 {
			stop(fmt.Errorf("%w: %s", errUnbound, strings.Join(told, "; ")))
			return
		}
	}
}

// waiting says which claims of a namespace wait in vain. What the API does not answer is not
// told here: the installation itself says what is wrong with it.
func (c *cluster) waiting(ctx context.Context, namespace string) []string {
	claims, err := c.kube.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	pods, err := c.kube.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	events, err := c.kube.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		events = &corev1.EventList{} // who may not read events is told without their reasons
	}
	return preflight.Unbound(claims.Items, pods.Items, events.Items, time.Now())
}

// unbound takes back a first installation that was ended for want of volumes: a claim's
// class cannot be changed, so the next one must make it anew. Nothing was in them.
func (c *cluster) unbound(ctx, within context.Context, namespace string, failed error) error {
	cause := context.Cause(within)
	if !errors.Is(cause, errUnbound) {
		return failed
	}
	if err := c.uninstall(namespace); err != nil {
		return errors.Join(cause, err)
	}
	claims, err := c.kube.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return errors.Join(cause, err)
	}
	for _, claim := range claims.Items {
		if claim.Status.Phase == corev1.ClaimPending {
			cause = errors.Join(cause, c.kube.CoreV1().PersistentVolumeClaims(namespace).Delete(ctx, claim.Name, metav1.DeleteOptions{}))
		}
	}
	return fmt.Errorf("%w; what was made is taken back", cause)
}

// merged are the values that the order names, without the chart's.
func (o order) merged() (map[string]any, error) {
	files := append(list{o.images}, o.values...)
	merged, err := (&values.Options{ValueFiles: files, Values: o.set}).MergeValues(getter.All(cli.New()))
	if err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	if o.given == nil {
		return merged, nil
	}
	// Images of functions are the file's, all of them: one that is gone has none.
	given := o.given
	if images, _ := given["images"].(map[string]any); images != nil {
		images = maps.Clone(images)
		delete(images, "functions")
		given = maps.Clone(given)
		given["images"] = images
	}
	return under(merged, given), nil
}

// verifier asks for signatures by images.signedBy of values; nil where that is empty: the
// chart's schema says whether it may be.
func verifier(values map[string]any) (func(context.Context, string) error, error) {
	images, _ := values["images"].(map[string]any)
	keys, _ := images["signedBy"].(string)
	return release.Verifier(keys)
}

// verify refuses values whose own images are not signed. Images of others are what their
// digests say.
func verify(ctx context.Context, values map[string]any) error {
	asked, err := verifier(values)
	if err != nil {
		return err
	}
	return release.Verify(ctx, asked, ownImages(values))
}

// ownImages are those that task publish and task pipeline:publish build, among a chart's.
func ownImages(values map[string]any) []string {
	images, _ := values["images"].(map[string]any)
	functions, _ := images["functions"].(map[string]any)
	own := slices.Collect(maps.Values(functions))
	for _, name := range []string{"migrate", "watch", "backup", "logs", "clerk", "environment"} {
		own = append(own, images[name])
	}
	found := []string{}
	for _, image := range own {
		if text, _ := image.(string); text != "" {
			found = append(found, text)
		}
	}
	return found
}

// installed says whether Helm knows of an installation in a namespace.
func (c *cluster) installed(namespace string) (bool, error) {
	configuration, err := c.helm(namespace)
	if err != nil {
		return false, err
	}
	_, err = configuration.Releases.Last(releaseName)
	switch {
	case errors.Is(err, driver.ErrReleaseNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("helm: %w", err)
	}
	return true, nil
}

// rollout is knative/release for a namespace.
func (c *cluster) rollout(o order) *release.Rollout {
	r := o.rollout
	r.Serving, r.Kube, r.Namespace, r.Client, r.Checks = c.serving, c.kube, o.namespace, release.Client(), release.Checks(functions.All())
	r.Out = o.out
	return &r
}

// pin makes traffic name Revisions, so that no later upgrade of the chart moves it.
func (c *cluster) pin(ctx context.Context, o order) error {
	r := c.rollout(o)
	r.Out = nil
	_, err := r.Pin(ctx)
	return err
}

// release upgrades the chart, which makes Revisions without traffic, and switches to them.
// Where the release ends without them, the chart goes back, too.
func (c *cluster) release(ctx context.Context, o order) (release.Summary, error) {
	file, err := os.ReadFile(o.images)
	if err != nil {
		return release.Summary{}, fmt.Errorf("images: %w", err)
	}
	images, err := release.ParseImages(file)
	if err != nil {
		return release.Summary{}, err
	}
	merged, err := o.merged()
	if err != nil {
		return release.Summary{}, err
	}
	r := c.rollout(o)
	if r.Verify, err = verifier(merged); err != nil {
		return release.Summary{}, err
	}
	address, done, err := release.Reach(ctx, c.config, c.kube, o.namespace)
	if err != nil {
		return release.Summary{}, err
	}
	defer done()
	r.Address, r.Edge = address, release.AskEdge(c.config, c.kube, o.namespace)
	defer r.WatchedBy(ctx, c.config, release.Metrics{Most: o.most})()
	before, err := c.revision(o.namespace)
	if err != nil {
		return release.Summary{}, err
	}
	r.Before = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		if before.pending { // whoever upgraded was killed; nobody else is at it: the lock is ours
			if err := c.restore(o.namespace, before.deployed); err != nil {
				return err
			}
		}
		return c.install(ctx, o, nil)
	}
	r.Restore = func(context.Context) error { return c.restore(o.namespace, before.deployed) }
	return r.Deploy(ctx, images)
}

// revision is what Helm knows of an installation.
type revision struct {
	deployed int            // the number of what is installed
	values   map[string]any // of it, without the chart's own
	pending  bool           // an upgrade began and did not end
}

func (c *cluster) revision(namespace string) (revision, error) {
	configuration, err := c.helm(namespace)
	if err != nil {
		return revision{}, err
	}
	last, err := configuration.Releases.Last(releaseName)
	if err != nil {
		return revision{}, fmt.Errorf("%s is not installed: %w", namespace, err)
	}
	deployed, err := configuration.Releases.Deployed(releaseName)
	if err != nil {
		return revision{}, fmt.Errorf("%s: nothing is installed that could be upgraded: %w", namespace, err)
	}
	return revision{deployed: deployed.Version, values: deployed.Config, pending: last.Info.Status.IsPending()}, nil
}

// restore has the chart be as it was at a number of its history. It waits for nothing:
// traffic and routes are where they were already.
func (c *cluster) restore(namespace string, version int) error {
	configuration, err := c.helm(namespace)
	if err != nil {
		return err
	}
	back := action.NewRollback(configuration)
	back.Version, back.DisableHooks, back.MaxHistory = version, true, 10
	if err := back.Run(releaseName); err != nil {
		return fmt.Errorf("the chart does not go back to %d: %w", version, err)
	}
	return nil
}

// under fills in what values do not say.
func under(given, otherwise map[string]any) map[string]any {
	for key, value := range otherwise {
		inner, isMap := value.(map[string]any)
		there, has := given[key].(map[string]any)
		switch {
		case isMap && has:
			given[key] = under(there, inner)
		case given[key] == nil:
			given[key] = value
		}
	}
	return given
}

// uninstall removes what Helm installed; that there is nothing is no error.
func (c *cluster) uninstall(namespace string) error {
	configuration, err := c.helm(namespace)
	if err != nil {
		return err
	}
	gone := action.NewUninstall(configuration)
	gone.IgnoreNotFound = true
	gone.DisableHooks = true
	if _, err := gone.Run(releaseName); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	return nil
}

// storageKeys are the object storage's, from the environment.
func storageKeys() (s storage, err error) {
	s = storage{
		endpoint: os.Getenv("S3_ENDPOINT"), public: os.Getenv("S3_PUBLIC_ENDPOINT"), region: os.Getenv("S3_REGION"),
		accessKey: os.Getenv("S3_ACCESS_KEY"), secretKey: os.Getenv("S3_SECRET_KEY"),
	}
	if s.region == "" {
		s.region = "KR1"
	}
	if s.endpoint == "" || s.accessKey == "" || s.secretKey == "" {
		return s, errors.New("S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY must be set")
	}
	return s, nil
}
