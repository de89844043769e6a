package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/preflight"
	"github.com/madang-council/madang/knative/seed"
)

// adminEmail is the first admin's in an environment that create makes.
const adminEmail = "admin@madang.ac.kr"

// create makes an environment, waits until it serves and says how to get in.
func create(ctx context.Context, o order) error {
	s := begin(o.out)
	store, err := storageKeys()
	if err != nil {
		return err
	}
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	switch there, err := store.own(ctx, o.namespace); {
	case err != nil:
		return err
	case len(there) > 0 && o.replace:
		if err := destroy(ctx, o); err != nil {
			return err
		}
	case len(there) > 0:
		return fmt.Errorf("bucket %s exists already: destroy removes it, and -replace does so first", strings.Join(there, ", "))
	}
	// Room and images are the cluster's and the pipeline's to wait for.
	found, err := c.preflight(ctx, o, own(o, store), "kinds", "versions", "storage", "network", "tls")
	if err != nil {
		return err
	}
	preflight.Print(o.out, found, false)
	if err := preflight.Err(found, o.despite); err != nil {
		return err
	}
	before, _, err := c.inventory(ctx, store)
	if err != nil {
		return err
	}
	s.done("inventory: %d things are here before", len(before))
	if err := c.makeNamespace(ctx, o.namespace, map[string]string{label: o.name}); err != nil {
		return err
	}
	if err := c.grant(ctx, o.namespace, o.account); err != nil {
		return err
	}
	if err := c.keepInventory(ctx, o.namespace, before); err != nil {
		return err
	}
	if err := c.keepLogin(ctx, o.namespace, o.login); err != nil {
		return err
	}
	if err := store.make(ctx, o.namespace); err != nil {
		return err
	}
	s.done("namespace, bucket %s, those of its logs and of its copies", o.namespace)
	if err := c.install(ctx, o, own(o, store)); err != nil {
		return err
	}
	s.done("chart installed: database, Redis, edge, schema")
	if err := c.ready(ctx, o.namespace); err != nil {
		return err
	}
	s.done("functions, broker and triggers ready")
	if err := c.pin(ctx, o); err != nil {
		return err
	}
	return greet(ctx, c, o, s)
}

// own are the values that follow from the environment's name.
func own(o order, s storage) map[string]any {
	site := o.url
	if site == "" {
		site = "http://edge." + o.namespace + ".svc.cluster.local"
	}
	mode := "none" // an environment has TLS where somebody in front of it has
	if strings.HasPrefix(site, "https://") {
		mode = "balancer"
	}
	of := map[string]any{"url": site, "adminNeedsTOTP": false}
	o.receiver.values(of)
	return map[string]any{
		"environment": o.name,
		"edge":        map[string]any{"tls": map[string]any{"mode": mode}},
		"site":        of,
		"admin":       map[string]any{"email": adminEmail},
		"mail":        map[string]any{"from": "Madang <no-reply@madang.ac.kr>"},
		"storage":     map[string]any{"endpoint": s.endpoint, "publicEndpoint": s.public, "region": s.region, "bucket": o.namespace},
		"secrets":     map[string]any{"storageAccessKey": s.accessKey, "storageSecretKey": s.secretKey, "smtpUrl": o.smtp},
	}
}

func greet(ctx context.Context, c *cluster, o order, s *steps) error {
	address, done, err := c.reach(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	secret, err := c.kube.CoreV1().Secrets(o.namespace).Get(ctx, "madang", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	word := string(secret.Data["admin-password"])
	if err := answers(ctx, address); err != nil {
		return err
	}
	if o.seed {
		if err := seed.Council(ctx, functions.All(), address, adminEmail, word); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		s.done("seeded")
	}
	s.end("%s is ready", o.namespace)
	_, err = fmt.Fprintf(o.out, "\n  address         %s\n  first sign-in   %s  /  %s\n\n", address, adminEmail, word)
	return err
}

// answers waits until the edge does, from here.
func answers(ctx context.Context, address string) error {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", http.NoBody)
		if err != nil {
			return fmt.Errorf("edge: %w", err)
		}
		response, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s: %s", address, response.Status)
		}
		if ended := sleep(ctx, 500*time.Millisecond); ended != nil {
			return fmt.Errorf("the edge does not answer: %w", err)
		}
	}
}

// install installs what values files describe completely, or brings an installation to
// it: what differs is released like new images, and comes back by itself when it is wrong.
func install(ctx context.Context, o order) error {
	s := begin(o.out)
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	there, err := c.installed(o.namespace)
	if err != nil {
		return err
	}
	if there {
		was, err := c.revision(o.namespace)
		if err != nil {
			return err
		}
		if err := goesOn(ctx, was, &o); err != nil {
			return err
		}
		defer o.forget()
	}
	o.images = cmp.Or(o.images, publishedImages)
	found, err := c.preflight(ctx, o, nil, preflight.Names()...)
	if err != nil {
		return err
	}
	preflight.Print(o.out, found, o.check)
	if err := preflight.Err(found, o.despite); err != nil || o.check {
		return err
	}
	s.done("checked: %d things", len(found))
	if err := c.restrict(ctx, o.namespace); err != nil {
		return err
	}
	if there {
		if _, err := c.release(ctx, o); err != nil {
			return err
		}
		s.done("chart upgraded and released")
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	if !there {
		if err := c.install(ctx, o, nil); err != nil {
			return err
		}
		s.done("chart installed")
	}
	if err := c.ready(ctx, o.namespace); err != nil {
		return err
	}
	if err := c.pin(ctx, o); err != nil {
		return err
	}
	address, err := c.address(ctx, o.namespace)
	if err != nil {
		return err
	}
	s.end("%s is ready at %s", o.namespace, address)
	return nil
}

// ship brings everything that a commit has to an installation, with the values that it was
// installed with: the chart, its new functions, routes, Triggers and schedules, and images.
func ship(ctx context.Context, o order) error {
	summaries := o.out
	o.out = os.Stderr
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	there, err := c.revision(o.namespace)
	if err != nil {
		return err
	}
	o.given, o.rollout.Migrate = there.values, true
	summary, err := c.release(ctx, o)
	if summary.Outcome != "" {
		encoder := json.NewEncoder(summaries)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(summary)
	}
	return err
}

// chart installs or upgrades a chart without functions, the pipeline's: nothing is
// released.
func chart(ctx context.Context, o order) error {
	s := begin(o.out)
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	found, err := c.preflight(ctx, o, nil, "kinds", "storage")
	if err != nil {
		return err
	}
	preflight.Print(o.out, found, false)
	if err := preflight.Err(found, o.despite); err != nil {
		return err
	}
	if err := c.restrict(ctx, o.namespace); err != nil {
		return err
	}
	o.unused = true
	if err := c.install(ctx, o, nil); err != nil {
		return err
	}
	if err := c.deployed(ctx, o.namespace); err != nil {
		return err
	}
	if err := c.claimed(ctx, o.namespace); err != nil {
		return err
	}
	s.end("%s is installed", o.namespace)
	return nil
}
