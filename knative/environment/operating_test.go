package main

import (
	"cmp"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
)

func operating(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// filled is what somebody makes of a text with gaps: of "<subnet, as 10.0.0.0/8>" what it
// says, of a digest a digest, of any other one a word.
func filled(text string) string {
	text = regexp.MustCompile(`<[^<>\n]*, as ([^<>\n]*)>`).ReplaceAllString(text, "$1")
	text = strings.ReplaceAll(text, "sha256:<…>", "sha256:"+zeros)
	text = regexp.MustCompile(`<[^<>\n]+>`).ReplaceAllString(text, "x")
	return strings.ReplaceAll(text, "…", "registry.example/x")
}

// valuesFile is a values file of the document, by the name in its first line.
func valuesFile(t *testing.T, name string) map[string]any {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(operating(t), -1) {
		if !strings.HasPrefix(block[1], "# "+name+":") {
			continue
		}
		values := map[string]any{}
		if err := yaml.UnmarshalStrict([]byte(filled(block[1])), &values); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, filled(block[1]))
		}
		return values
	}
	t.Fatalf("docs/operating.md has no %s", name)
	return nil
}

// accepts renders a chart with values, as helm does.
func accepts(t *testing.T, path string, values map[string]any) {
	t.Helper()
	c, err := loader.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: releaseName, Namespace: "madang", IsInstall: true, Revision: 1}, nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if _, err := (engine.Engine{Strict: true}).Render(c, all); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// published is what task publish, task images:pin and task pipeline:publish write.
func published(names ...string) map[string]any {
	images, own := map[string]any{}, map[string]any{}
	for _, f := range functions.All() {
		own[f.Name] = "registry.example/madang/" + f.Name + "@sha256:" + zeros
	}
	for _, name := range names {
		images[name] = "registry.example/madang/" + name + "@sha256:" + zeros
		if !slices.Contains(append([]string{"clerk", "environment"}, oneImage...), name) { // others' have their tag
			images[name] = "registry.example/madang/" + name + ":1.2@sha256:" + zeros
		}
	}
	if slices.Contains(names, "migrate") {
		images["functions"] = own
	}
	return map[string]any{"images": images}
}

// The values files of docs/operating.md are complete, and have nothing that the charts do not
// know: somebody fills in the gaps and installs.
func TestValuesFiles(t *testing.T) {
	production := valuesFile(t, "production.yaml")
	pub, err := os.ReadFile("../chart/testdata/installation.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var signed struct{ Images struct{ SignedBy string } }
	if err := yaml.Unmarshal(pub, &signed); err != nil {
		t.Fatal(err)
	}
	production["images"].(map[string]any)["signedBy"] = signed.Images.SignedBy // of which the document has only the frame
	accepts(t, "../chart", under(production, published("migrate", "watch", "backup", "logs", "edge", "redis", "postgres", "prometheus", "alertmanager")))

	pipeline := valuesFile(t, "pipeline.yaml")
	accepts(t, "../../tekton/chart", under(pipeline, published("clerk", "environment", "postgres", "redis", "door", "scanner")))

	environments, _ := pipeline["environments"].(map[string]any)
	given, _ := environments["values"].(map[string]any)
	acceptsEnvironment(t, given, "migrate", "watch", "backup", "logs")
	acceptsEnvironment(t, valuesFile(t, "cluster.yaml"), "migrate", "watch", "backup", "logs", "edge", "redis", "postgres", "prometheus", "alertmanager")
}

// acceptsEnvironment renders an environment of the values of a cluster, with what env:create adds:
// images, and what follows from the name.
func acceptsEnvironment(t *testing.T, given map[string]any, names ...string) {
	t.Helper()
	dev, err := chartutil.ReadValuesFile("../chart/values-dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values := chartutil.MergeTables(given, dev.AsMap())
	values = under(values, published(names...))
	values = under(values, own(order{name: "pr-7", namespace: "madang-pr-7", smtp: "smtp://127.0.0.1:2525?tls=none", receiver: receiver{netip.MustParseAddrPort("10.1.2.3:2580")}}, storage{endpoint: "https://storage.example", region: "KR1", accessKey: "a", secretKey: "s"}))
	accepts(t, "../chart", values)
}

// A fenced block of commands begins by saying whether it was tried.
var (
	fence   = regexp.MustCompile("(?s)```sh\n(.*?)```")
	mark    = regexp.MustCompile(`^# (untried|tested: .+)`)
	heading = regexp.MustCompile(`(?m)^#`) // what follows it are the further ones, and the title
	inline  = regexp.MustCompile("`(?:kubectl|task|gh|crane|helm|curl|cosign|docker|rclone|go test|psql) [^`]+`")
	proof   = regexp.MustCompile("\\b(Test[A-Z][A-Za-z]+)\\b`?(?: \\(([a-z0-9]+(?:/[a-z0-9]+)+)\\))?")
	marking = regexp.MustCompile(`(?m)^(?:# (?:untried|tested)|\*Commands here: (?s:.*?)\*$).*`)
)

// Every command of docs/operating.md says whether a test runs it, and those tests exist:
// a block in its first line, commands in sentences and tables by "Commands here:" below the
// heading, or by "(untried" behind them. A mark says of which package its test is, and so does
// whoever names one that several have.
func TestEveryCommandIsMarked(t *testing.T) {
	text := operating(t)
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		if !mark.MatchString(block[1]) {
			t.Errorf("a block is not marked:\n%s", block[1])
		}
	}
	// The mark of a heading counts for those below it, too.
	var marked [6]bool // by level
	for _, part := range heading.Split(regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, ""), -1)[1:] {
		head, body, _ := strings.Cut(part, "\n")
		level := 1 + len(head) - len(strings.TrimLeft(head, "#"))
		marked[level] = marked[level-1] || strings.Contains(body, "*Commands here: ")
		if marked[level] {
			continue
		}
		for _, line := range strings.Split(body, "\n") {
			for _, command := range inline.FindAllString(line, -1) {
				if !strings.Contains(line, "ntried") {
					t.Errorf("%s: %s is not marked", head, command)
				}
			}
		}
	}
	tests := map[string][]string{} // the folders that have one of a name
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return cmp.Or(err, filepath.SkipDir)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path) //nolint:gosec // our own tree, which nobody changes meanwhile
		for _, m := range regexp.MustCompile(`(?m)^func (Test[A-Za-z]+)\(`).FindAllStringSubmatch(string(source), -1) {
			tests[m[1]] = append(tests[m[1]], filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../../")))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range proof.FindAllStringSubmatch(text, -1) {
		switch in := tests[m[1]]; {
		case len(in) == 0:
			t.Errorf("docs/operating.md names %s, which is no test", m[1])
		case m[2] != "" && !slices.Contains(in, m[2]):
			t.Errorf("docs/operating.md names %s of %s, and it is of %v", m[1], m[2], in)
		case m[2] == "" && len(in) > 1:
			t.Errorf("docs/operating.md names %s, and does not say of which of %v", m[1], in)
		}
	}
	said := 0
	for _, line := range marking.FindAllString(text, -1) {
		for _, m := range proof.FindAllStringSubmatch(line, -1) {
			said++
			if m[2] == "" {
				t.Errorf("a mark does not say of which package %s is: %s", m[1], line)
			}
		}
	}
	if said < 15 {
		t.Errorf("only %d tests are named by marks", said)
	}
}

// What a shell could not read nobody can paste.
func TestCommandsParse(t *testing.T) {
	for _, block := range fence.FindAllStringSubmatch(operating(t), -1) {
		read := exec.CommandContext(t.Context(), "sh", "-n")
		read.Stdin = strings.NewReader(filled(block[1]))
		if said, err := read.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, said, block[1])
		}
	}
}

// Every task that the document names is one.
func TestNamedTasksExist(t *testing.T) {
	file, err := os.ReadFile("../../Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	var tasks struct {
		Tasks map[string]any `json:"tasks"`
	}
	if err := yaml.Unmarshal(file, &tasks); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)(?:^|`)task ([a-z]+(?::[a-z0-9]+)?)").FindAllStringSubmatch(operating(t), -1) {
		if tasks.Tasks[m[1]] == nil {
			t.Errorf("there is no task %s: %v", m[1], slices.Sorted(maps.Keys(tasks.Tasks)))
		}
	}
}

// servers are what stands beside the tests in the pipeline, and not in the image of its steps.
var servers = []string{"postgresql", "redis-server", "swift-proxy", "swift-account", "swift-container", "swift-object", "memcached", "curl"}

// packages are those of a list in a script of bash, packages=(…), with comments.
func packages(t *testing.T, path string) []string {
	t.Helper()
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)\npackages=\((.*?)\)\n`).FindSubmatch(regexp.MustCompile(`(?m) #.*$`).ReplaceAll(script, nil))
	if m == nil {
		t.Fatalf("%s has no packages", path)
	}
	return strings.Fields(string(m[1]))
}

// The image of the pipeline's steps, as docs/operating.md builds it, has every program without
// which tests fail where CI=true.
func TestStepsHaveWhatTestsWant(t *testing.T) {
	text := operating(t)
	m := regexp.MustCompile("(?s)```dockerfile\n(.*?)```").FindStringSubmatch(text)
	if m == nil {
		t.Fatal("docs/operating.md builds no image")
	}
	for line := range strings.Lines(m[1]) {
		if instruction, comment, found := strings.Cut(line, " #"); found && !strings.HasPrefix(line, "#") {
			t.Errorf("Docker takes what follows %q for a part of it: %s", instruction, comment)
		}
	}
	if signing, _ := valuesFile(t, "pipeline.yaml")["signing"].(map[string]any); signing["key"] != "" && !regexp.MustCompile(`(?m)^COPY --from=\S+ \S+/cosign /usr/local/bin/cosign$`).MatchString(m[1]) {
		t.Error("pipeline.yaml signs, and the image of the steps has no cosign")
	}
	image := strings.Fields(m[1])
	want := append(packages(t, "../../.ci/servers"), packages(t, "../../tekton/e2e/steps-image")...)
	if len(want) < 15 {
		t.Errorf("only %v", want)
	}
	for _, name := range want {
		if !slices.Contains(servers, name) && !slices.Contains(image, name) {
			t.Errorf("the image of docs/operating.md has no %s", name)
		}
	}
	// What tests look for by itself, and the package that has it; "" is none that they need.
	known := map[string]string{
		"nginx": "nginx-light", "promtool": "prometheus", "npm": "npm", "node": "nodejs", "alertmanager": "prometheus-alertmanager", "prometheus-alertmanager": "prometheus-alertmanager",
		"exim4": "exim4-daemon-light", "python3": "python3", "wrk": "", "rclone": "", "taskset": "",
	}
	// The stories' image stands on one of servers, which has these.
	stories := append([]string{"nginx-light", "prometheus", "python3"}, packages(t, "../../tekton/e2e/steps-image")...)
	looked := 0
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return cmp.Or(err, filepath.SkipDir)
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		source, err := os.ReadFile(path) //nolint:gosec // our own tree, which nobody changes meanwhile
		for _, call := range regexp.MustCompile(`(?:LookPath\(|\bprogram\(t, |\btool\(t, )"([a-z0-9-]+)"`).FindAllStringSubmatch(string(source), -1) {
			looked++
			is, listed := known[call[1]]
			if !listed || is != "" && !slices.Contains(image, is) {
				t.Errorf("%s looks for %s, which the image has by %q", path, call[1], is)
			}
			if is != "" && !slices.Contains(stories, is) {
				t.Errorf("%s looks for %s, which the image of tekton/e2e/steps-image has not: %s", path, call[1], is)
			}
		}
		return err
	})
	if err != nil || looked < 8 {
		t.Errorf("%d programs are looked for: %v", looked, err)
	}
}

// Whoever follows docs/operating.md in the checkout writes keys, passwords and members there: git
// takes none of it along.
func TestNothingSecretIsCommitted(t *testing.T) {
	text := operating(t)
	for _, name := range []string{"madang-nks.yaml", "production.yaml", "pipeline.yaml", "cluster.yaml", "backup.key", "cosign.key", "new.key", "madang.dump", "running.yaml", "backup/files"} {
		if !strings.Contains(text, name) {
			t.Errorf("docs/operating.md does not have %s any more", name)
		}
		name = strings.Replace(name, "backup/files", "backup/files/x.jpg", 1)
		if said, err := exec.Command("git", "-C", "../..", "check-ignore", "-q", name).CombinedOutput(); err != nil {
			t.Errorf("git would commit %s: %v %s", name, err, said)
		}
	}
}
