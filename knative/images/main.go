// Command images builds the image of every function, of the migration job, of the watch, of the backup and of what keeps logs with ko,
// pushes them, and writes their digests into a values file for the chart. The same source
// gives the same digests, whoever builds it: a function that did not change is not a new
// Revision.
//
//	images -registry registry.example/madang -base registry.example/base:latest
//
// It runs ko (github.com/google/ko, on the PATH), which needs no Docker; credentials are
// those of docker login.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
)

const module = "ko://github.com/madang-council/madang/"

// images is the file: the part of the chart's values that a build decides.
type images struct {
	Images built `json:"images"`
}

type built struct {
	Functions map[string]string `json:"functions"`
	Migrate   string            `json:"migrate"`
	Watch     string            `json:"watch"`
	Backup    string            `json:"backup"`
	Logs      string            `json:"logs"`
}

type order struct {
	registry, base, out string
	insecure, sbom      bool
	jobs                int
}

func main() {
	var o order
	flag.StringVar(&o.registry, "registry", os.Getenv("REGISTRY"), "where to push: host/path; each image is a repository under it")
	flag.StringVar(&o.base, "base", os.Getenv("BASE"), "the base of every image: static, with certificates and a non-root user")
	flag.StringVar(&o.out, "out", "images.yaml", "the values file to write")
	flag.BoolVar(&o.insecure, "insecure", false, "the registry speaks plain HTTP")
	flag.BoolVar(&o.sbom, "sbom", true, "push a list of the linked modules (SPDX) beside each image")
	flag.IntVar(&o.jobs, "jobs", 2, "builds at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o order, out io.Writer) error {
	if o.registry == "" || o.base == "" {
		return errors.New("-registry and -base (or REGISTRY and BASE) say where to push and on what to build")
	}
	wanted := images{Images: built{Functions: map[string]string{}, Migrate: module + "knative/migrate", Watch: module + "knative/watch", Backup: module + "knative/backup", Logs: module + "knative/logs"}}
	for _, f := range functions.All() {
		wanted.Images.Functions[f.Name] = module + "functions/cmd/" + f.Name
	}
	resolved, err := build(ctx, o, wanted)
	if err != nil {
		return err
	}
	var total int64
	names := append(functionNames(), "migrate", "watch", "backup", "logs")
	for _, n := range names {
		ref := resolved.Images.Functions[n]
		switch n {
		case "migrate":
			ref = resolved.Images.Migrate
		case "watch":
			ref = resolved.Images.Watch
		case "backup":
			ref = resolved.Images.Backup
		case "logs":
			ref = resolved.Images.Logs
		}
		size, err := compressed(ctx, o, ref)
		if err != nil {
			return err
		}
		total += size
		_, _ = fmt.Fprintf(out, "%6.2f MiB  %s\n", float64(size)/(1<<20), ref)
	}
	_, _ = fmt.Fprintf(out, "%6.2f MiB  with the base counted %d times\n", float64(total)/(1<<20), len(names))
	content, err := yaml.Marshal(resolved)
	if err != nil {
		return fmt.Errorf("%s: %w", o.out, err)
	}
	if err := os.WriteFile(o.out, append([]byte("# Written by task publish.\n"), content...), 0o644); err != nil {
		return fmt.Errorf("%s: %w", o.out, err)
	}
	return nil
}

func functionNames() []string {
	names := []string{}
	for _, f := range functions.All() {
		names = append(names, f.Name)
	}
	return names
}

// build has ko replace what to build by what was pushed.
func build(ctx context.Context, o order, wanted images) (images, error) {
	input, err := yaml.Marshal(wanted)
	if err != nil {
		return images{}, fmt.Errorf("ko: %w", err)
	}
	arguments := []string{"resolve", "--base-import-paths", "--jobs", fmt.Sprint(o.jobs), "-f", "-"}
	if o.insecure {
		arguments = append(arguments, "--insecure-registry")
	}
	if !o.sbom {
		arguments = append(arguments, "--sbom", "none")
	}
	command := exec.CommandContext(ctx, "ko", arguments...) //nolint:gosec // no shell reads them
	command.Env = append(os.Environ(), "KO_DOCKER_REPO="+o.registry, "KO_DEFAULTBASEIMAGE="+o.base)
	command.Stdin = bytes.NewReader(input)
	var answer, log bytes.Buffer
	command.Stdout, command.Stderr = &answer, &log
	if err := command.Run(); err != nil {
		return images{}, fmt.Errorf("ko: %w\n%s", err, log.String())
	}
	var resolved images
	first, _, _ := bytes.Cut(answer.Bytes(), []byte("\n---"))
	if err := yaml.UnmarshalStrict(first, &resolved); err != nil {
		return images{}, fmt.Errorf("ko's answer: %w", err)
	}
	return resolved, nil
}

// compressed is how much of an image travels, in bytes.
func compressed(ctx context.Context, o order, ref string) (int64, error) {
	options := []name.Option{}
	if o.insecure {
		options = append(options, name.Insecure)
	}
	digest, err := name.NewDigest(ref, options...)
	if err != nil {
		return 0, fmt.Errorf("image: %w", err)
	}
	image, err := remote.Image(digest, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return 0, fmt.Errorf("image: %w", err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return 0, fmt.Errorf("image: %w", err)
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}
