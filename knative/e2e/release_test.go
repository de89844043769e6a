package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	serving "knative.dev/serving/pkg/client/clientset/versioned"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/knative/release"
)

// rate is how many requests a second the functions get while they are released.
const rate = 200

// The council's own functions are released, rolled back, released one alone, and a broken
// one is refused, while 200 requests a second ask the edge for pages, for what no cache
// has, and for what only a member sees. None of them fails.
func TestRelease(t *testing.T) {
	e := openEnvironment(t)
	r := e.releases()
	token := e.signIn()
	before := r.serve()

	all := r.again(slices.Collect(maps.Keys(before))...)
	e.under(token, func() {
		s := r.release(t, 0, "deploy", "-migrate", "-watch", "10s", "-images", r.file(all))
		if s.Outcome != release.Released || len(s.Changed) != len(before) {
			t.Errorf("%s, %d of %d changed", s.Outcome, len(s.Changed), len(before))
		}
		for function, image := range r.serve() {
			if image != all[function] {
				t.Errorf("%s serves %s, want %s", function, image, all[function])
			}
		}
		t.Logf("all to green in %.1f s: %v", s.Seconds, s.Steps)
	})
	e.under(token, func() {
		s := r.release(t, 0, "rollback")
		t.Logf("all back to blue in %.1f s", s.Seconds)
		if got := r.serve(); !maps.Equal(got, before) {
			t.Errorf("after the rollback %v serve, before the release it was %v", got, before)
		}
	})
	one := maps.Clone(before)
	maps.Copy(one, r.again("notices"))
	e.under(token, func() {
		revisions := r.revisions()
		s := r.release(t, 0, "deploy", "-watch", "5s", "-images", r.file(one))
		if s.Outcome != release.Released || len(s.Changed) != 1 || len(s.Unchanged) != len(before)-1 {
			t.Errorf("%s, changed %v, unchanged %v", s.Outcome, s.Changed, s.Unchanged)
		}
		for function, revision := range r.revisions() {
			if (revision != revisions[function]) != (function == "notices") {
				t.Errorf("%s: %s before, %s after", function, revisions[function], revision)
			}
		}
	})
	broken := maps.Clone(one)
	maps.Copy(broken, r.broken("members"))
	e.under(token, func() {
		s := r.release(t, 1, "deploy", "-wait", "30s", "-images", r.file(broken))
		if got := r.serve(); s.Outcome == release.Released || !maps.Equal(got, one) {
			t.Errorf("a program that does not start was released: %s, %v", s.Outcome, got)
		}
		for _, c := range s.Changed {
			if _, err := r.serving.ServingV1().Revisions(r.namespace).Get(t.Context(), c.To, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				t.Errorf("%s is still there: %v", c.To, err)
			}
		}
	})
}

// releases are made with the command that operators use.
type releases struct {
	*environment
	serving serving.Interface
	command string
}

func (e *environment) releases() *releases {
	e.Helper()
	api, err := serving.NewForConfig(e.config)
	if err != nil {
		e.Fatal(err)
	}
	r := &releases{environment: e, serving: api, command: filepath.Join(e.TempDir(), "release")}
	if out, err := exec.Command("go", "build", "-o", r.command, "../release/cmd").CombinedOutput(); err != nil {
		e.Fatalf("%v: %s", err, out)
	}
	return r
}

// release runs the command and reads its summary.
func (r *releases) release(t *testing.T, exit int, args ...string) (s release.Summary) {
	t.Helper()
	c := exec.Command(r.command, append(args[:1:1], append([]string{"-n", r.namespace}, args[1:]...)...)...)
	var out, progress bytes.Buffer
	c.Stdout, c.Stderr = &out, &progress
	err := c.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == exit {
		err = nil
	}
	if err != nil || c.ProcessState.ExitCode() != exit {
		t.Fatalf("release %v: %v\n%s%s", args, err, progress.String(), out.String())
	}
	t.Logf("release %v\n%s", args, progress.String())
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("release %v: %v\n%s", args, err, out.String())
	}
	return s
}

// revisions are those that all visitors get, by function.
func (r *releases) revisions() map[string]string {
	r.Helper()
	list, err := r.serving.ServingV1().Services(r.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: release.FunctionSelector})
	if err != nil {
		r.Fatal(err)
	}
	found := map[string]string{}
	for _, s := range list.Items {
		for _, target := range s.Status.Traffic {
			if target.Percent != nil && *target.Percent == 100 {
				found[s.Name] = target.RevisionName
			}
		}
	}
	if len(found) == 0 {
		r.Fatal("nothing serves")
	}
	return found
}

// serve are the images of the revisions that all visitors get, by function.
func (r *releases) serve() map[string]string {
	r.Helper()
	images := map[string]string{}
	for function, revision := range r.revisions() {
		v, err := r.serving.ServingV1().Revisions(r.namespace).Get(context.Background(), revision, metav1.GetOptions{})
		if err != nil {
			r.Fatal(err)
		}
		images[function] = v.Spec.Containers[0].Image
	}
	return images
}

// again are images of functions that do the same under another digest.
func (r *releases) again(functions ...string) map[string]string {
	r.Helper()
	return r.changed(functions, nil)
}

// broken are images whose program is not there.
func (r *releases) broken(functions ...string) map[string]string {
	r.Helper()
	return r.changed(functions, []string{"/not/there"})
}

func (r *releases) changed(functions, entrypoint []string) map[string]string {
	r.Helper()
	images, serve := map[string]string{}, r.serve()
	for _, function := range functions {
		reference, err := name.NewDigest(serve[function])
		if err != nil {
			r.Fatal(err)
		}
		image, err := remote.Image(reference)
		if err != nil {
			r.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			r.Fatal(err)
		}
		config = config.DeepCopy()
		config.Config.Labels = map[string]string{"kr.madang.story": time.Now().Format(time.RFC3339Nano)}
		if entrypoint != nil {
			config.Config.Entrypoint = entrypoint
		}
		if image, err = mutate.ConfigFile(image, config); err != nil {
			r.Fatal(err)
		}
		digest, err := image.Digest()
		if err != nil {
			r.Fatal(err)
		}
		target := reference.Context().Digest(digest.String())
		if err := remote.Write(target, image); err != nil {
			r.Fatal(err)
		}
		images[function] = target.String()
	}
	return images
}

// file is what task publish would write.
func (r *releases) file(images map[string]string) string {
	r.Helper()
	text, err := yaml.Marshal(map[string]any{"images": map[string]any{"functions": images}})
	if err != nil {
		r.Fatal(err)
	}
	path := filepath.Join(r.TempDir(), "images.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		r.Fatal(err)
	}
	return path
}

// under does something while 200 requests a second come in, and fails where one of them
// was not answered as it should be. The time before and after it is asked, too.
func (e *environment) under(token string, do func()) {
	e.Helper()
	kinds := []struct {
		path, token string
		share       int // of 100
	}{
		{"/v1/main", "", 43}, {"/v1/notices", "", 10}, {"/v1/banners", "", 8},
		{"/v1/notices?q=봄", "", 35}, // what is searched for no cache has
		// One member: more than ten a second it may not.
		{"/v1/members/me", token, 1}, {"/v1/main", token, 1}, {"/v1/uploads", token, 1}, {"/v1/auth/sessions", token, 1},
	}
	turns := []int{}
	for i, k := range kinds {
		for range k.share {
			turns = append(turns, i)
		}
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	counts, slowest, wrong := map[string]int{}, time.Duration(0), []string{}
	stop := make(chan struct{})
	group.Go(func() {
		ticker := time.NewTicker(time.Second / rate)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			k, from := kinds[turns[n%len(turns)]], visitor(n)
			group.Go(func() {
				began := time.Now()
				status, _, body, err := e.get(k.path, k.token, "X-Forwarded-For", from)
				took := time.Since(began)
				mu.Lock()
				defer mu.Unlock()
				counts[fmt.Sprint(status)]++
				slowest = max(slowest, took)
				if status != http.StatusOK && len(wrong) < 5 {
					wrong = append(wrong, fmt.Sprintf("%s at %s: %d %v %.200s", k.path, began.Format(time.TimeOnly), status, err, strings.TrimSpace(body)))
				}
			})
		}
	})
	time.Sleep(2 * time.Second)
	func() {
		defer func() { // also where it fails: no story is told under another one's load
			close(stop)
			group.Wait()
		}()
		do()
		time.Sleep(3 * time.Second)
	}()
	e.Logf("under load: %v, the slowest took %v", counts, slowest.Round(time.Millisecond))
	if len(wrong) > 0 {
		e.Errorf("visitors saw: %v: %s", counts, strings.Join(wrong, "\n"))
	}
}
