package release

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	coordination "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/utils/ptr"
)

const (
	leaseName        = "madang-release"
	recordAnnotation = "madang/release"
	// A release that was killed blocks the next for so long. It tries to renew ten
	// times in that time: an API server that stalls for seconds costs nobody the lock.
	leaseLife  = 30 * time.Second
	leaseRenew = 2 * time.Second
	leaseTry   = 4 * time.Second // for one answer of the API server
)

// Record is what is remembered of the last release.
type Record struct {
	ID      string    `json:"id"`
	Phase   Phase     `json:"phase"`
	At      time.Time `json:"at"`
	Changes []Change  `json:"changes"`
	Routes  *Routes   `json:"routes,omitempty"` // nil: the edges' did not change
}

// unfinished says that nobody decided how the release ends: it was killed.
func (r Record) unfinished() bool { return r.Phase == Green || r.Phase == Switching }

// lock is the Lease while this process holds it.
type lock struct {
	leases typed.LeaseInterface
	mu     sync.Mutex // the Lease is renewed and written at once
	lease  *coordination.Lease

	lost context.Context // done when somebody else may have the lock
	lose context.CancelCauseFunc
}

var errLost = errors.New("the lock was lost")

// acquire takes the lock, or says ErrRefused. The clocks of machines that release must
// agree to a few seconds.
func acquire(ctx context.Context, kube kubernetes.Interface, namespace string) (*lock, Record, error) {
	leases := kube.CoordinationV1().Leases(namespace)
	lease, err := leases.Get(ctx, leaseName, metav1.GetOptions{})
	absent := apierrors.IsNotFound(err)
	switch {
	case absent:
		lease = &coordination.Lease{ObjectMeta: metav1.ObjectMeta{Name: leaseName, Namespace: namespace}}
	case err != nil:
		return nil, Record{}, fmt.Errorf("lock: %w", err)
	}
	record, err := recordOf(lease)
	if err != nil {
		return nil, Record{}, err
	}
	if holder := ptr.Deref(lease.Spec.HolderIdentity, ""); holder != "" && lease.Spec.RenewTime != nil {
		if free := lease.Spec.RenewTime.Add(leaseLife); time.Now().Before(free) {
			return nil, record, fmt.Errorf("%w: %s, seen %s ago; free in %s at the latest if it was killed", ErrRefused, holder,
				time.Since(lease.Spec.RenewTime.Time).Round(time.Second), time.Until(free).Round(time.Second))
		}
	}
	host, _ := os.Hostname()
	now := metav1.NowMicro()
	lease.Spec = coordination.LeaseSpec{
		HolderIdentity:       ptr.To(fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])),
		LeaseDurationSeconds: ptr.To(int32(leaseLife.Seconds())),
		AcquireTime:          &now,
		RenewTime:            &now,
	}
	if absent {
		lease, err = leases.Create(ctx, lease, metav1.CreateOptions{FieldManager: FieldManager})
	} else {
		lease, err = leases.Update(ctx, lease, metav1.UpdateOptions{FieldManager: FieldManager})
	}
	switch {
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		return nil, record, fmt.Errorf("%w: it was faster", ErrRefused)
	case err != nil:
		return nil, record, fmt.Errorf("lock: %w", err)
	}
	l := &lock{leases: leases, lease: lease}
	l.lost, l.lose = context.WithCancelCause(context.Background())
	return l, record, nil
}

func recordOf(lease *coordination.Lease) (r Record, err error) {
	text := lease.Annotations[recordAnnotation]
	if text == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("record of the last release: %w", err)
	}
	return r, nil
}

// keep renews the lock until stop is called. The context that it gives ends when the
// lock is lost.
func (l *lock) keep(ctx context.Context) (inner context.Context, stop func()) {
	inner, cancel := context.WithCancelCause(ctx)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(leaseRenew)
		defer tick.Stop()
		renewed := time.Now()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			started := time.Now()
			try, cancelTry := context.WithTimeout(context.WithoutCancel(ctx), leaseTry)
			err := l.update(try, func(*coordination.Lease) {})
			cancelTry()
			if err == nil {
				renewed = started
				continue
			}
			if errors.Is(err, errLost) || time.Since(renewed) > leaseLife-leaseTry-leaseRenew {
				l.lose(errLost)
				cancel(errLost)
				return
			}
		}
	}()
	return inner, func() { close(done); <-ended; cancel(context.Canceled) }
}

// update writes the Lease as it was last seen, so that a lock that was taken over is noticed.
func (l *lock) update(ctx context.Context, change func(*coordination.Lease)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		next := l.lease.DeepCopy()
		next.Spec.RenewTime = ptr.To(metav1.NowMicro())
		change(next)
		saved, err := l.leases.Update(ctx, next, metav1.UpdateOptions{FieldManager: FieldManager})
		if err == nil {
			l.lease = saved
			return nil
		}
		if apierrors.IsNotFound(err) {
			return errLost
		}
		if !apierrors.IsConflict(err) {
			return err
		}
		// The answer to an earlier write may have been lost on its way; then the Lease is
		// still ours.
		now, err := l.leases.Get(ctx, leaseName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if ptr.Deref(now.Spec.HolderIdentity, "") != ptr.Deref(l.lease.Spec.HolderIdentity, "") {
			return errLost
		}
		l.lease = now
	}
}

// write remembers the record.
func (l *lock) write(ctx context.Context, r Record) error {
	r.At = time.Now().UTC().Truncate(time.Millisecond)
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := l.update(ctx, func(lease *coordination.Lease) {
		metav1.SetMetaDataAnnotation(&lease.ObjectMeta, recordAnnotation, string(text))
	}); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// free gives the lock back; one that was lost is not ours to give.
func (l *lock) free(ctx context.Context) error {
	if l.lost.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaseTry)
	defer cancel()
	if err := l.update(ctx, func(lease *coordination.Lease) { lease.Spec.HolderIdentity = nil }); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}
