package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	helmrelease "helm.sh/helm/v3/pkg/release"
	helmstorage "helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	helmtime "helm.sh/helm/v3/pkg/time"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubefake "k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"
)

// Whatever fails or is cut off while the database's password is changed: afterwards, or after the
// command was given again, the server, the Secret and the address in it have one password.
func TestPasswordsAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := "old0123456789abcd"
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: ownSecret}, Data: map[string][]byte{
			passwordKey: []byte(server), addressKey: []byte("postgres://madang:" + server + "@postgres:5432/madang?sslmode=disable"),
		}}
		kube := kubefake.NewClientset(secret)
		step, fails, killed := 0, 0, false
		next := func() error {
			if step++; fails == step || killed && step > fails {
				return errors.New("away")
			}
			return nil
		}
		kube.PrependReactor("update", "secrets", func(kubetesting.Action) (bool, runtime.Object, error) {
			err := next()
			return err != nil, nil, err
		})
		kube.PrependReactor("delete-collection", "pods", func(kubetesting.Action) (bool, runtime.Object, error) { return true, nil, next() })
		p := passwords{kube: kube, namespace: "madang", alter: func(_ context.Context, password string) error {
			if err := next(); err != nil {
				return err
			}
			server = password
			return nil
		}}
		one := func(want string) {
			t.Helper()
			got, err := kube.CoreV1().Secrets("madang").Get(context.Background(), ownSecret, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if server != want || string(got.Data[passwordKey]) != want || !strings.Contains(string(got.Data[addressKey]), ":"+want+"@postgres:5432/") {
				t.Fatalf("wanted %s: the server has %s, the Secret %s and %s", want, server, got.Data[passwordKey], got.Data[addressKey])
			}
		}
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			wanted := rapid.StringMatching(`new[0-9]{16}`).Draw(t, "wanted")
			step, fails, killed = 0, rapid.IntRange(0, 4).Draw(t, "fails at"), rapid.Bool().Draw(t, "killed there")
			killed = killed && fails > 0
			was, err := p.follow(context.Background(), wanted)
			step, fails, killed = 0, 0, false
			switch {
			case err == nil:
				one(wanted)
				if was != "" && rapid.Bool().Draw(t, "the release ends without it") {
					if err := p.set(context.Background(), was); err != nil {
						t.Fatal(err)
					}
					one(was)
				}
			case rapid.Bool().Draw(t, "again"):
				if _, err := p.follow(context.Background(), wanted); err != nil {
					t.Fatal(err)
				}
				one(wanted)
			default: // as the release does
				if err := p.set(context.Background(), was); err != nil {
					t.Fatal(err)
				}
				one(was)
			}
		}
	})
}

// The migration before an upgrade logs in where the functions will, and where they did once the
// upgrade is taken back.
func TestMigrationsFollowTheAddress(t *testing.T) {
	const before, after = "postgres://u:old@db.example/madang?sslmode=require", "postgres://u:new@db.example/madang?sslmode=require"
	kube := kubefake.NewClientset(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: ownSecret}, Data: map[string][]byte{addressKey: []byte(before)}})
	p := passwords{kube: kube, namespace: "madang"}
	for _, row := range []struct{ to, was, is string }{{"", "", before}, {before, "", before}, {after, before, after}, {before, after, before}} {
		was, err := p.lead(t.Context(), row.to)
		secret, missing := kube.CoreV1().Secrets("madang").Get(t.Context(), ownSecret, metav1.GetOptions{})
		if err != nil || missing != nil || was != row.was || string(secret.Data[addressKey]) != row.is {
			t.Errorf("to %q: it was %q (%v), the Secret says %s", row.to, was, err, secret.Data[addressKey])
		}
	}
	if was, err := (passwords{kube: kubefake.NewClientset(), namespace: "madang"}).lead(t.Context(), after); was != "" || err != nil {
		t.Errorf("nothing is installed: %q %v", was, err)
	}
	url := map[string]any{"url": after}
	if got := ownAddress(map[string]any{"postgres": url}); got != after {
		t.Error(got)
	}
	if got := ownAddress(map[string]any{"postgres": url, "secrets": map[string]any{"existing": "ours"}}); got != "" {
		t.Error(got)
	}
}

// A password is changed where the chart runs the database and values give one, and nowhere else.
func TestWhosePassword(t *testing.T) {
	given := map[string]any{"secrets": map[string]any{"postgresPassword": "word"}}
	for what, more := range map[string]map[string]any{
		"a Secret of the operator's": {"secrets": map[string]any{"existing": "ours"}}, "RDS": {"postgres": map[string]any{"url": "postgres://x"}},
		"CloudNativePG": {"postgres": map[string]any{"operator": "cloudnative-pg"}}, "none is given": {"secrets": map[string]any{"postgresPassword": ""}},
	} {
		values, theirs := under(more, given), ""
		if got := ownPassword(values); got != "" {
			t.Errorf("%s: %q", what, got)
		}
		if what == "CloudNativePG" {
			theirs = "word"
		}
		if got := givenPassword(values); got != theirs {
			t.Errorf("%s: it is given %q", what, got)
		}
	}
	if got := ownPassword(given); got != "word" {
		t.Errorf("%q", got)
	}
	if got := alteration("it's"); got != "ALTER ROLE madang PASSWORD 'it''s';\n" {
		t.Error(got)
	}
	moved := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: ownSecret}, Data: map[string][]byte{passwordKey: []byte("a"), addressKey: []byte("postgres://madang:a@postgres-rw:5432/madang")}}
	for name, kube := range map[string]*kubefake.Clientset{"nothing is installed": kubefake.NewClientset(), "the operator's": kubefake.NewClientset(moved)} {
		p := passwords{kube: kube, namespace: "madang", alter: func(context.Context, string) error { return errors.New("there is no server") }}
		if was, err := p.follow(t.Context(), "word"); was != "" || err != nil {
			t.Errorf("%s: %q %v", name, was, err)
		}
	}
}

// Where an operator changes the password, functions that are awake begin anew when the upgrade has
// changed the Secret, and only then.
func TestOperatorsPasswordIsRead(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "madang", Name: ownSecret}, Data: map[string][]byte{passwordKey: []byte("word")}}
	for wanted, want := range map[string]bool{"": false, "word": false, "another": true} {
		if got, err := (passwords{kube: kubefake.NewClientset(secret), namespace: "madang"}).changes(t.Context(), wanted); got != want || err != nil {
			t.Errorf("%q: %v %v", wanted, got, err)
		}
	}
	if got, err := (passwords{kube: kubefake.NewClientset(), namespace: "madang"}).changes(t.Context(), "another"); got || err != nil {
		t.Errorf("nothing is installed: %v %v", got, err)
	}
	kube, asked := kubefake.NewClientset(), ""
	kube.PrependReactor("delete-collection", "pods", func(a kubetesting.Action) (bool, runtime.Object, error) {
		of, _ := a.(kubetesting.DeleteCollectionAction)
		asked = of.GetListRestrictions().Labels.String()
		return true, nil, nil
	})
	if err := (passwords{kube: kube, namespace: "madang"}).renew(t.Context()); err != nil || asked != functionPods {
		t.Errorf("%q %v", asked, err)
	}
}

// What a first installation left that failed is neither upgraded nor in the way of the next.
func TestStands(t *testing.T) {
	now := time.Now()
	for name, row := range map[string]struct {
		history []helmrelease.Status
		age     time.Duration
		want    standing
	}{
		"nothing":                    {nil, 0, nothing},
		"installed":                  {[]helmrelease.Status{helmrelease.StatusDeployed}, time.Hour, deployed},
		"the first failed":           {[]helmrelease.Status{helmrelease.StatusFailed}, time.Second, remains},
		"the first was killed":       {[]helmrelease.Status{helmrelease.StatusPendingInstall}, time.Hour, remains},
		"the first is under way":     {[]helmrelease.Status{helmrelease.StatusPendingInstall}, time.Minute, beginning},
		"failed, and again":          {[]helmrelease.Status{helmrelease.StatusFailed, helmrelease.StatusFailed}, time.Hour, remains},
		"an upgrade failed":          {[]helmrelease.Status{helmrelease.StatusDeployed, helmrelease.StatusFailed}, time.Hour, deployed},
		"an upgrade was killed":      {[]helmrelease.Status{helmrelease.StatusDeployed, helmrelease.StatusPendingUpgrade}, time.Minute, deployed},
		"upgrades on a failed first": {[]helmrelease.Status{helmrelease.StatusFailed, helmrelease.StatusPendingUpgrade}, time.Hour, remains},
	} {
		history := helmstorage.Init(driver.NewMemory())
		for i, status := range row.history {
			at := helmtime.Time{Time: now.Add(-row.age)}
			if err := history.Create(&helmrelease.Release{Name: releaseName, Namespace: "default", Version: i + 1, Info: &helmrelease.Info{Status: status, FirstDeployed: at, LastDeployed: at}}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := stands(history, now); err != nil || got != row.want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// Who changes a setting changes no image, and takes back nothing that was merged meanwhile.
func TestInstallGoesOn(t *testing.T) {
	mine, err := strconv.ParseInt(committed(t.Context(), "../chart"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]any{"functions": map[string]any{"notices": "n@sha256:1"}, "migrate": "m@sha256:2", "watch": "w@sha256:3", "edge": "theirs"}
	run := map[string]any{"functions": images["functions"], "migrate": "m@sha256:2", "watch": "w@sha256:3"}
	for name, row := range map[string]struct {
		was     int64
		order   order
		refused bool
		images  map[string]any // nil: those that are named
	}{
		"a setting":                    {mine, order{}, false, run},
		"an older installation":        {mine - 1, order{}, false, run},
		"one that does not say":        {0, order{}, false, run},
		"images that are named":        {mine, order{images: "mine.yaml"}, false, nil},
		"something merged since":       {mine + 1, order{}, true, nil},
		"named images of an old chart": {mine + 1, order{images: "mine.yaml"}, true, nil},
		"with intent":                  {mine + 1, order{despite: list{"older"}}, false, run},
	} {
		o := row.order
		o.chart = "../chart"
		err := goesOn(t.Context(), revision{values: map[string]any{"images": images}, committed: row.was}, &o)
		if (err != nil) != row.refused {
			t.Errorf("%s: %v", name, err)
		}
		if row.images == nil {
			if o.images != row.order.images {
				t.Errorf("%s: images of %s", name, o.images)
			}
			continue
		}
		text, err := os.ReadFile(o.images)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Images map[string]any `json:"images"`
		}
		if err := yaml.Unmarshal(text, &got); err != nil || cmp.Diff(row.images, got.Images) != "" {
			t.Errorf("%s: %v %s", name, err, cmp.Diff(row.images, got.Images))
		}
		o.forget()
		if _, err := os.Stat(o.images); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %s is left behind", name, o.images)
		}
	}
}

// written is a values file.
func written(t *testing.T, values map[string]any) string {
	t.Helper()
	text, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Helm keeps with what is installed when it was committed.
func TestChartsSayWhen(t *testing.T) {
	o := order{chart: "../chart", images: written(t, published("migrate"))}
	c, _, err := o.rendered(t.Context(), nil)
	if err != nil || c.Metadata.Annotations[committedAt] != committed(t.Context(), "../chart") || committed(t.Context(), "../chart") == "" {
		t.Errorf("%+v %v", c.Metadata, err)
	}
	if at := committed(t.Context(), t.TempDir()); at != "" {
		t.Errorf("a folder of nobody's was committed at %q", at)
	}
}

// Whatever the values of the cluster are, production's among them, an environment has buckets of
// its own, and one that a copy is restored into is asked by nobody else: members are in it.
func TestDrillsAreAlone(t *testing.T) {
	cluster := valuesFile(t, "production.yaml")
	cluster["storage"].(map[string]any)["bucket"] = "madang"
	cluster["logs"], cluster["backup"] = map[string]any{"bucket": "madang-logs"}, map[string]any{"storage": map[string]any{"bucket": "madang-backups"}}
	cluster["postgres"] = map[string]any{"operator": "cloudnative-pg"}
	cluster["images"].(map[string]any)["signedBy"] = ""
	service := cluster["edge"].(map[string]any)["service"].(map[string]any)
	service["annotations"], service["nodePorts"] = map[string]any{"x": "z"}, map[string]any{"http": 30080, "https": 30443}
	login := filepath.Join(t.TempDir(), "config.json")
	o := order{
		name: "drill", namespace: "madang-drill", chart: "../chart", login: login, smtp: "smtp://mail.invalid:25?tls=none",
		images: written(t, published("migrate", "watch", "backup", "logs", "edge", "redis", "postgres", "prometheus", "alertmanager")), values: list{"../chart/values-dev.yaml", written(t, cluster)},
	}.drilled()
	_, values, err := o.rendered(t.Context(), own(o, storage{endpoint: "https://storage.example", region: "KR1", accessKey: "a", secretKey: "s"}))
	if err != nil {
		t.Fatal(err)
	}
	accepts(t, "../chart", values)
	edge, site := values["edge"].(map[string]any), values["site"].(map[string]any)
	got := edge["service"].(map[string]any)
	if got["type"] != "ClusterIP" || got["loadBalancerIP"] != "" || got["annotations"] != nil || fmt.Sprint(got["nodePorts"]) != "map[http:0 https:0]" || edge["proxyProtocol"] != false || edge["tls"].(map[string]any)["mode"] != "none" {
		t.Errorf("%v", edge)
	}
	if site["url"] != "http://edge.madang-drill.svc.cluster.local" || !o.inside || !o.replace || o.seed {
		t.Errorf("%v %+v", site["url"], o)
	}
	buckets := []any{values["storage"].(map[string]any)["bucket"], values["logs"].(map[string]any)["bucket"], values["backup"].(map[string]any)["storage"].(map[string]any)["bucket"]}
	if fmt.Sprint(buckets) != "[madang-drill madang-drill-logs madang-drill-backups]" {
		t.Errorf("%v", buckets)
	}
	if secrets := fmt.Sprint(values["images"].(map[string]any)["pullSecrets"]); secrets != "[registry ncr]" {
		t.Errorf("pods get their images by %s", secrets)
	}
}

// An environment's pods get their images by the login that create is given.
func TestKeepLogin(t *testing.T) {
	c := &cluster{kube: kubefake.NewClientset()}
	file := filepath.Join(t.TempDir(), "config.json")
	for content, ok := range map[string]bool{`{"auths":{"registry.example":{"auth":"eDp5"}}}`: true, `{"credsStore":"desktop"}`: false, `x`: false} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.keepLogin(t.Context(), "madang-aa", file); (err == nil) != ok {
			t.Errorf("%s: %v", content, err)
		}
	}
	secret, err := c.kube.CoreV1().Secrets("madang-aa").Get(t.Context(), loginSecret, metav1.GetOptions{})
	if err != nil || secret.Type != corev1.SecretTypeDockerConfigJson || !strings.Contains(string(secret.Data[corev1.DockerConfigJsonKey]), "registry.example") {
		t.Errorf("%v %+v", err, secret)
	}
	if err := c.keepLogin(t.Context(), "madang-bb", ""); err != nil {
		t.Error(err)
	}
	if all, err := c.kube.CoreV1().Secrets("madang-bb").List(t.Context(), metav1.ListOptions{}); err != nil || len(all.Items) > 0 {
		t.Errorf("without a login: %v %v", all, err)
	}
}
