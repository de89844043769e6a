package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	before, err := c.before(ctx, o)
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
	s.done("bucket removed: %d objects, %d unfinished uploads", files, uploads)
	return prove(ctx, c, o, s, store, before)
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
		within, cancel := context.WithTimeout(ctx, settle)
		err := c.drain(within, o.namespace)
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

// prove compares what there is with what there was before create.
func prove(ctx context.Context, c *cluster, o order, s *steps, store storage, before inventory) error {
	for end := time.Now().Add(settle); ; {
		after, err := c.inventory(ctx, store)
		if err != nil {
			return err
		}
		left, err := c.left(ctx, before, after, o.namespace)
		if err != nil {
			return err
		}
		if there, err := store.exists(ctx, o.namespace); err != nil {
			return err
		} else if there {
			left = append(left, "bucket "+o.namespace)
		}
		if len(left) == 0 {
			s.done("inventory: %d things now, %d before create, none of this environment's", len(after), len(before))
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
