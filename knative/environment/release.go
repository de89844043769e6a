package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/storage/driver"

	"github.com/madang-council/madang/functions"
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
	chart, err := loader.Load(o.chart)
	if err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	files := append(list{o.images}, o.values...)
	merged, err := (&values.Options{ValueFiles: files, Values: o.set}).MergeValues(getter.All(cli.New()))
	if err != nil {
		return fmt.Errorf("values: %w", err)
	}
	merged = under(merged, own)
	if o.name != "" { // two environments never share a name in keys and logs
		merged["environment"] = o.name
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
	if !there {
		first := action.NewInstall(configuration)
		first.Namespace, first.ReleaseName, first.Timeout, first.Wait = o.namespace, releaseName, left, true
		if _, err := first.RunWithContext(ctx, chart, merged); err != nil {
			return fmt.Errorf("install: %w", err)
		}
		return nil
	}
	next := action.NewUpgrade(configuration)
	next.Namespace, next.Timeout, next.Wait, next.MaxHistory = o.namespace, left, true, 10
	if _, err := next.RunWithContext(ctx, releaseName, chart, merged); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return nil
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
	return &release.Rollout{
		Serving: c.serving, Kube: c.kube, Namespace: o.namespace, Client: release.Client(), Checks: release.Checks(functions.All()),
		Watch: 30 * time.Second, Out: o.out,
	}
}

// pin makes traffic name Revisions, so that no later upgrade of the chart moves it.
func (c *cluster) pin(ctx context.Context, o order) error {
	r := c.rollout(o)
	r.Out = nil
	_, err := r.Pin(ctx)
	return err
}

// release upgrades the chart, which makes Revisions without traffic, and switches to them.
func (c *cluster) release(ctx context.Context, o order) error {
	file, err := os.ReadFile(o.images)
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	images, err := release.ParseImages(file)
	if err != nil {
		return err
	}
	r := c.rollout(o)
	address, done, err := release.Reach(ctx, c.config, c.kube, o.namespace)
	if err != nil {
		return err
	}
	defer done()
	r.Address = address
	r.Before = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		return c.install(ctx, o, nil)
	}
	_, err = r.Deploy(ctx, images)
	return err
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
