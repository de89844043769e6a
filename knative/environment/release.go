package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helm "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	helmrelease "helm.sh/helm/v3/pkg/release"
	helmstorage "helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

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
	chart, merged, err := o.rendered(ctx, own)
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
	is, err := stands(configuration.Releases, time.Now())
	if err != nil {
		return err
	}
	switch is {
	case beginning:
		return fmt.Errorf("somebody installs in %s, or was killed less than %v ago", o.namespace, first)
	case remains: // Helm would neither install nor upgrade; what is kept (Secret, volumes) is taken over
		if err := c.uninstall(o.namespace); err != nil {
			return err
		}
	case nothing, deployed:
	}
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go c.followClaims(within, o.namespace, stop)
	if is != deployed {
		begin := action.NewInstall(configuration)
		begin.Namespace, begin.ReleaseName, begin.Timeout, begin.Wait = o.namespace, releaseName, left, !o.unused
		if _, err := begin.RunWithContext(within, chart, merged); err != nil {
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
func (o order) rendered(ctx context.Context, own map[string]any) (*helm.Chart, map[string]any, error) {
	c, err := loader.Load(o.chart)
	if err != nil {
		return nil, nil, fmt.Errorf("chart: %w", err)
	}
	merged, err := o.merged()
	if err != nil {
		return nil, nil, err
	}
	if o.name != "" { // two environments never share a name in keys and logs, nor a bucket
		merged["environment"] = o.name
		merged = under(map[string]any{
			"storage": map[string]any{"bucket": o.namespace}, "logs": map[string]any{"bucket": o.namespace + logs},
			"backup": map[string]any{"storage": map[string]any{"bucket": o.namespace + backups}},
		}, merged)
	}
	if o.login != "" {
		images, _ := merged["images"].(map[string]any)
		given, _ := images["pullSecrets"].([]any)
		merged = under(map[string]any{"images": map[string]any{"pullSecrets": append([]any{loginSecret}, given...)}}, merged)
	}
	if at := committed(ctx, o.chart); at != "" {
		c.Metadata.Annotations = map[string]string{committedAt: at}
	}
	return c, under(merged, own), nil
}

// committedAt is the annotation of a chart that says when its commit was made, in seconds since
// 1970: Helm keeps it with what is installed.
const committedAt = "madang.kr/committed"

// committed is that time of the checkout that has a folder; nothing where it is none.
func committed(ctx context.Context, folder string) string {
	show := exec.CommandContext(ctx, "git", "show", "-s", "--format=%ct", "HEAD")
	show.Dir = folder
	said, err := show.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(said))
}

// goesOn completes an order to install what is installed already: images that it does not name
// are those that run, and a checkout that is older than what runs is refused.
func goesOn(ctx context.Context, was revision, o *order) error {
	mine, err := strconv.ParseInt(committed(ctx, o.chart), 10, 64)
	if theirs := was.committed; err == nil && theirs > mine && !slices.Contains(o.despite, "older") {
		return fmt.Errorf("what is installed was committed on %s, and this checkout on %s: git pull, or -despite older takes it back", time.Unix(theirs, 0).UTC().Format(time.DateTime), time.Unix(mine, 0).UTC().Format(time.DateTime))
	}
	if o.images != "" {
		return nil
	}
	return o.take(was)
}

// takeFrom has an order be of the images that run in the namespace of -from.
func (o *order) takeFrom() error {
	if o.from == "" {
		return nil
	}
	c, err := openCluster(o.from)
	if err != nil {
		return err
	}
	was, err := c.revision(o.from)
	if err != nil {
		return err
	}
	return o.take(was)
}

// take has an order be of the images that an installation runs, of functions and of what task
// publish builds beside them, in a file that forget removes.
func (o *order) take(was revision) error {
	images, _ := was.values["images"].(map[string]any)
	run := map[string]any{}
	for _, name := range append([]string{"functions"}, oneImage...) {
		if images[name] != nil {
			run[name] = images[name]
		}
	}
	text, err := yaml.Marshal(map[string]any{"images": run})
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	file, err := os.CreateTemp("", "images-*.yaml")
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	o.images, o.forget = file.Name(), func() { _ = os.Remove(file.Name()) }
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	return file.Close()
}

// preflight makes checks of what the order would install.
func (c *cluster) preflight(ctx context.Context, o order, own map[string]any, names ...string) ([]preflight.Finding, error) {
	chart, merged, err := o.rendered(ctx, own)
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
	classes, err := c.kube.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		classes = &storagev1.StorageClassList{}
	}
	return preflight.Unbound(claims.Items, classes.Items, pods.Items, events.Items, time.Now())
}

// claimed waits for the volumes that are made without a pod that wants them: of claims that a
// later run is the first to want nobody else would be told.
func (c *cluster) claimed(ctx context.Context, namespace string) error {
	classes, err := c.kube.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("storage classes: %w", err)
	}
	for {
		claims, err := c.kube.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("claims: %w", err)
		}
		if told := c.waiting(ctx, namespace); len(told) > 0 {
			return fmt.Errorf("%w: %s", errUnbound, strings.Join(told, "; "))
		}
		if len(preflight.AtOnce(claims.Items, classes.Items)) == 0 {
			return nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
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

// oneImage are the images that task publish writes beside those of functions.
var oneImage = []string{"migrate", "watch", "backup", "logs"}

// ownImages are those that task publish and task pipeline:publish build, among a chart's.
func ownImages(values map[string]any) []string {
	images, _ := values["images"].(map[string]any)
	functions, _ := images["functions"].(map[string]any)
	own := slices.Collect(maps.Values(functions))
	for _, name := range append([]string{"clerk", "environment"}, oneImage...) {
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

// standing is what Helm knows of an installation.
type standing string

const (
	nothing   standing = ""
	remains   standing = "remains"   // a first installation failed: there is nothing to upgrade
	beginning standing = "beginning" // a first installation may be under way elsewhere
	deployed  standing = "deployed"
)

// installed says whether there is an installation in a namespace that can be upgraded.
func (c *cluster) installed(namespace string) (bool, error) {
	configuration, err := c.helm(namespace)
	if err != nil {
		return false, err
	}
	is, err := stands(configuration.Releases, time.Now())
	return is == deployed, err
}

// stands reads Helm's history.
func stands(history *helmstorage.Storage, now time.Time) (standing, error) {
	last, err := history.Last(releaseName)
	switch {
	case errors.Is(err, driver.ErrReleaseNotFound):
		return nothing, nil
	case err != nil:
		return nothing, fmt.Errorf("helm: %w", err)
	}
	_, err = history.Deployed(releaseName)
	switch {
	case err == nil:
		return deployed, nil
	case !errors.Is(err, driver.ErrNoDeployedReleases):
		return nothing, fmt.Errorf("helm: %w", err)
	case last.Info.Status == helmrelease.StatusPendingInstall && now.Sub(last.Info.LastDeployed.Time) < first:
		return beginning, nil
	}
	return remains, nil
}

// first is how long a first installation may take, by default.
const first = 10 * time.Minute

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
	words := passwords{kube: c.kube, namespace: o.namespace, alter: c.alter(o.namespace)}
	was, from := "", "" // the database's password and its address, where this release changes them
	renewed := false    // an operator changes the password after the upgrade
	r.Before = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		if before.pending { // whoever upgraded was killed; nobody else is at it: the lock is ours
			if err := c.restore(o.namespace, before.deployed); err != nil {
				return err
			}
		}
		if was, err = words.follow(ctx, ownPassword(merged)); err != nil {
			return err
		}
		if from, err = words.lead(ctx, ownAddress(merged)); err != nil {
			return err
		}
		if renewed, err = words.changes(ctx, givenPassword(merged)); err != nil {
			return err
		}
		if err := c.install(ctx, o, nil); err != nil || !renewed {
			return err
		}
		return words.renew(ctx)
	}
	r.Restore = func(ctx context.Context) error {
		err := c.restore(o.namespace, before.deployed)
		if was != "" {
			err = errors.Join(err, words.set(ctx, was))
		}
		if from != "" {
			_, back := words.lead(ctx, from)
			err = errors.Join(err, back)
		}
		if renewed {
			err = errors.Join(err, words.renew(ctx))
		}
		return err
	}
	return r.Deploy(ctx, images)
}

// revision is what Helm knows of an installation.
type revision struct {
	deployed  int            // the number of what is installed
	values    map[string]any // of it, without the chart's own
	committed int64          // when its chart was, in seconds since 1970; 0: not known
	pending   bool           // an upgrade began and did not end
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
	found := revision{deployed: deployed.Version, values: deployed.Config, pending: last.Info.Status.IsPending()}
	if at, err := strconv.ParseInt(deployed.Chart.Metadata.Annotations[committedAt], 10, 64); err == nil {
		found.committed = at
	}
	return found, nil
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
