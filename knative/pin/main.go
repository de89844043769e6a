// Command pin asks registries which digest a tag of somebody else's image has today, and
// writes it into a values file, with the tag and the day beside it.
//
//	pin -images knative/pin/images.yaml -out others.yaml [-to registry.example/madang]
//
// With -to each image is copied there first, which is what nodes should pull, and the file
// names the copy. An image has its tag beside the digest: nobody resolves it, and an operator of
// databases tells versions apart by it. A tag that has another digest than the file that is there says so: it
// is a new version to read about, and goes in only with -move.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	"sigs.k8s.io/yaml"
)

// order is what the caller wants.
type order struct {
	images string // the file of tags
	out    string // the values file
	to     string // registry/path; "": not copied
	move   bool
	today  string // 2026-12-01
}

// tags is the file of tags, by the key under images in the chart's values.
type tags struct {
	Images map[string]string `json:"images"`
}

func main() {
	o := order{today: time.Now().UTC().Format(time.DateOnly)}
	flag.StringVar(&o.images, "images", "knative/pin/images.yaml", "which images, by tag")
	flag.StringVar(&o.out, "out", "others.yaml", "the values file to write")
	flag.StringVar(&o.to, "to", "", "registry/path to copy each image to; empty: they stay where they are")
	flag.BoolVar(&o.move, "move", false, "take a digest that is not the file's any more")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pin:", err)
		os.Exit(1)
	}
}

// pinned is an image of the values file.
type pinned struct {
	image string // registry/repository:tag@sha256:…
	tag   string
	day   string // when that digest was first seen
}

func run(ctx context.Context, o order, out io.Writer) error {
	content, err := os.ReadFile(o.images)
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	var wanted tags
	if err := yaml.UnmarshalStrict(content, &wanted); err != nil || len(wanted.Images) == 0 {
		return fmt.Errorf("%s: images by key are wanted (%w)", o.images, errors.Join(err, errNone(wanted)))
	}
	before, err := there(o.out)
	if err != nil {
		return err
	}
	found, moved := map[string]pinned{}, []string{}
	for _, key := range slices.Sorted(maps.Keys(wanted.Images)) {
		p, err := o.resolve(ctx, wanted.Images[key])
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if old := before[key]; old.tag == p.tag {
			switch {
			case digestOf(old.image) == digestOf(p.image):
				p.day = old.day
			case !o.move:
				moved = append(moved, fmt.Sprintf("%s: %s was %s on %s and is %s", key, p.tag, digestOf(old.image), old.day, digestOf(p.image)))
			}
		}
		found[key] = p
	}
	if len(moved) > 0 {
		return fmt.Errorf("tags moved, and nothing is written (-move takes them):\n%s", strings.Join(moved, "\n"))
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if p := found[key]; o.to != "" {
			if err := crane.Copy(p.tag[:strings.LastIndex(p.tag, ":")]+"@"+digestOf(p.image), copyOf(p), options(ctx)...); err != nil {
				return fmt.Errorf("%s: copy: %w", key, err)
			}
		}
		_, _ = fmt.Fprintf(out, "%s  %s\n", key, found[key].image)
	}
	if err := os.WriteFile(o.out, []byte(text(found)), 0o644); err != nil {
		return fmt.Errorf("%s: %w", o.out, err)
	}
	return nil
}

func errNone(t tags) error {
	if len(t.Images) == 0 {
		return errors.New("there are none")
	}
	return nil
}

// options are the logins of docker login.
func options(ctx context.Context) []crane.Option {
	return []crane.Option{crane.WithContext(ctx), crane.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// resolve asks for the digest of a tag.
func (o order) resolve(ctx context.Context, tag string) (pinned, error) {
	if _, err := name.NewTag(tag, name.StrictValidation); err != nil {
		return pinned{}, fmt.Errorf("registry/repository:tag is wanted: %w", err)
	}
	digest, err := crane.Digest(tag, options(ctx)...)
	if err != nil {
		return pinned{}, fmt.Errorf("%s: %w", tag, err)
	}
	named := tag
	if o.to != "" {
		named = o.to + "/" + path.Base(tag)
	}
	return pinned{named + "@" + digest, tag, o.today}, nil
}

// copyOf is where an image is copied to: the same tag, so that a registry's clean-up of
// what has none leaves it.
func copyOf(p pinned) string {
	named, _, _ := strings.Cut(p.image, "@")
	return named
}

func digestOf(image string) string {
	_, digest, _ := strings.Cut(image, "@")
	return digest
}

const head = "# Images of others, by digest, with the tag and the day of the look-up. Written by task images:pin.\nimages:\n"

// text is the values file.
func text(found map[string]pinned) string {
	var b strings.Builder
	b.WriteString(head)
	for _, key := range slices.Sorted(maps.Keys(found)) {
		p := found[key]
		_, _ = fmt.Fprintf(&b, "  %s: %s # %s, %s\n", key, p.image, p.tag, p.day)
	}
	return b.String()
}

// there is what a file says already; one that is not there says nothing.
func there(file string) (map[string]pinned, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	lines, ours := strings.CutPrefix(string(content), head)
	if !ours {
		return nil, fmt.Errorf("%s is there and was not written by this: it is left as it is", file)
	}
	found := map[string]pinned{}
	for line := range strings.Lines(lines) {
		fields := strings.Fields(strings.NewReplacer(",", " ", "# ", "").Replace(line))
		if len(fields) != 4 {
			return nil, fmt.Errorf("%s: %q: key: image # tag, day", file, strings.TrimSpace(line))
		}
		found[strings.TrimSuffix(fields[0], ":")] = pinned{fields[1], fields[2], fields[3]}
	}
	return found, nil
}
