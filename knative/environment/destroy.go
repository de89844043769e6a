package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// settle is how long what follows a namespace (volumes, entries elsewhere) may take to go.
const settle = time.Minute

// destroy removes an environment and fails with a list where something of it is left.
func destroy(ctx context.Context, o order) error {
	s := begin(o.out)
	store, err := storageKeys()
	if err != nil {
		return err
	}
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	below, err := openCloud()
	if err != nil {
		return err
	}
	if _, err := store.own(ctx, o.namespace); err != nil {
		return err
	}
	before, err := c.before(ctx, o)
	if err != nil {
		return err
	}
	held, err := c.holdings(ctx, o.namespace)
	if err != nil {
		return err
	}
	if err := removeFromCluster(ctx, c, o, s); err != nil {
		return err
	}
	files, uploads, err := store.remove(ctx, o.namespace)
	if err != nil {
		return err
	}
	copies, _, err := store.remove(ctx, o.namespace+backups)
	if err != nil {
		return err
	}
	kept, _, err := store.remove(ctx, o.namespace+logs)
	if err != nil {
		return err
	}
	s.done("buckets removed: %d objects, %d unfinished uploads, %d copies of the database, %d objects of logs", files, uploads, copies, kept)
	return evidence{c, store, below, before, held}.prove(ctx, o, s)
}

// before is what create noted. An account that may do nothing but in namespaces that it
// made gets its role first: create may have been killed before it did.
func (c *cluster) before(ctx context.Context, o order) (inventory, error) {
	_, err := c.kube.CoreV1().Namespaces().Get(ctx, o.namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return inventory{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", o.namespace, err)
	}
	if err := c.grant(ctx, o.namespace, o.account); err != nil {
		return nil, err
	}
	return c.keptInventory(ctx, o.namespace)
}

func removeFromCluster(ctx context.Context, c *cluster, o order, s *steps) error {
	namespace, err := c.kube.CoreV1().Namespaces().Get(ctx, o.namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		s.done("namespace %s is not there", o.namespace)
		return nil
	}
	if err != nil {
		return fmt.Errorf("namespace %s: %w", o.namespace, err)
	}
	if namespace.Labels[label] != o.name {
		return fmt.Errorf("namespace %s was not made by environment create: nothing is touched", o.namespace)
	}
	if namespace.DeletionTimestamp == nil {
		if err := c.uninstall(o.namespace); err != nil {
			return err
		}
		s.done("chart uninstalled")
		retained, err := c.notRetained(ctx, o.namespace)
		if err != nil {
			return err
		}
		if len(retained) > 0 {
			s.done("volumes that would have been kept go, too: %s", strings.Join(retained, ", "))
		}
		within, cancel := context.WithTimeout(ctx, settle)
		err = c.drain(within, o.namespace)
		cancel()
		if err != nil {
			s.done("not everything ends by itself: %v", err) // the namespace takes it along, later
		} else {
			s.done("pods ended")
		}
	}
	if err := c.removeNamespace(ctx, o.namespace); err != nil {
		return err
	}
	s.done("namespace %s removed", o.namespace)
	return nil
}

// evidence is what is asked whether an environment is gone, and what is known of it.
type evidence struct {
	cluster *cluster
	store   storage
	cloud   *cloud // nil: not asked
	before  inventory
	held    holdings
}

// prove compares what there is with what there was before create.
func (e evidence) prove(ctx context.Context, o order, s *steps) error {
	for end := time.Now().Add(settle); ; {
		after, unseen, err := e.cluster.inventory(ctx, e.store)
		if err != nil {
			return err
		}
		left, err := e.left(ctx, o, after, unseen)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			s.done("inventory: %d things now, %d before create, none of this environment's; %s", len(after), len(e.before), e.asked(unseen))
			s.end("%s is gone", o.namespace)
			return nil
		}
		if time.Now().After(end) {
			return errors.New("left behind:\n  " + strings.Join(left, "\n  "))
		}
		if err := sleep(ctx, time.Second); err != nil {
			return fmt.Errorf("%w; left behind:\n  %s", err, strings.Join(left, "\n  "))
		}
	}
}

func (e evidence) left(ctx context.Context, o order, after inventory, unseen []schema.GroupResource) ([]string, error) {
	left, err := e.cluster.left(ctx, e.before, after, o.namespace)
	if err != nil {
		return nil, err
	}
	doubtful, err := e.cluster.doubtful(ctx, unseen)
	if err != nil {
		return nil, err
	}
	below, err := e.cloud.left(ctx, o.namespace, e.held)
	if err != nil {
		return nil, err
	}
	left = slices.Concat(left, doubtful, below)
	for _, bucket := range all(o.namespace) {
		if there, err := e.store.exists(ctx, bucket); err != nil {
			return nil, err
		} else if there {
			left = append(left, "bucket "+bucket)
		}
	}
	return left, nil
}

// asked says what the proof did not look at.
func (e evidence) asked(unseen []schema.GroupResource) string {
	said := []string{}
	if len(unseen) > 0 {
		names := []string{}
		for _, kind := range unseen {
			names = append(names, kind.String())
		}
		slices.Sort(names)
		said = append(said, "not seen, and not to be made by this account beyond its namespace: "+strings.Join(names, ", "))
	}
	if e.cloud == nil {
		said = append(said, "the cloud was not asked for load balancers, addresses and volumes: "+cloudToken+" is not set")
	} else {
		said = append(said, "nothing of it in the cloud")
	}
	return strings.Join(said, "; ")
}
