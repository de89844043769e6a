package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
)

// database is the pod of an environment's database, which the chart names.
const database = "postgres-0"

// psql finds the program, where the official image has it and where a distribution's has.
const psql = `psql=$(command -v psql || ls /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1);`

// count says how many rows each table has, the largest first.
const count = `SELECT table_name || ' ' || n FROM (SELECT table_name,
  (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', table_name), false, true, '')))[1]::text::bigint AS n
  FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE') t WHERE n > 0 ORDER BY n DESC, table_name`

// drill restores a dump into an environment of its own, asks whether the site is there, and
// removes all of it. Schedules rest in it and mail goes nowhere: what the dump had not sent
// yet is not sent twice. It is asked through the API server: nobody else can.
func drill(ctx context.Context, o order) (err error) {
	dump := io.Reader(os.Stdin)
	if o.dump != "-" {
		file, err := os.Open(o.dump)
		if err != nil {
			return fmt.Errorf("dump: %w", err)
		}
		defer func() { _ = file.Close() }()
		dump = file
	}
	o = o.drilled()
	s := begin(o.out)
	if !o.keep { // also of what was made before something failed
		defer func() { err = errors.Join(err, destroy(context.WithoutCancel(ctx), o)) }()
	}
	if err := create(ctx, o); err != nil {
		return err
	}
	c, err := openCluster(o.namespace)
	if err != nil {
		return err
	}
	s.done("an environment for it")
	if _, err := c.run(ctx, o.namespace, database, dump, "sh", "/etc/madang/restore.sh"); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	s.done("restored")
	store, err := storageKeys()
	if err != nil {
		return err
	}
	if err := c.install(ctx, o, own(o, store)); err != nil { // what was saved by an older release is brought up to date
		return err
	}
	if err := c.ready(ctx, o.namespace); err != nil {
		return err
	}
	s.done("schema up to date, functions ready")
	if err := c.restored(ctx, o); err != nil {
		return err
	}
	s.end("restored, and it answers")
	return nil
}

// drilled has an environment be one that only who made it can ask, whatever the values of the
// cluster are: members of the copy are in it. Nothing in it does anything by itself.
func (o order) drilled() order {
	o.seed, o.replace, o.inside, o.url = false, true, true, ""
	o.set = append(slices.Clone(o.set), "functions.clock=false", "postgres.operator=", "postgres.beside.operator=", "postgres.url=", "site.url=http://edge."+o.namespace+".svc.cluster.local",
		"edge.service.type=ClusterIP", "edge.service.annotations=null", "edge.service.loadBalancerIP=", "edge.service.nodePorts.http=0", "edge.service.nodePorts.https=0",
		"edge.tls.mode=none", "edge.proxyProtocol=false")
	return o
}

// restored fails where the database has nobody, or the site does not show what it has.
func (c *cluster) restored(ctx context.Context, o order) error {
	rows, err := c.run(ctx, o.namespace, database, nil, "sh", "-c",
		psql+` exec "$psql" -h /tmp -U postgres -At -d madang -c "$0"`, count)
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	_, _ = fmt.Fprintf(o.out, "         %s\n", strings.ReplaceAll(strings.TrimSpace(rows), "\n", ", "))
	if !strings.Contains("\n"+rows, "\nmembers ") {
		return errors.New("nobody is in the restored database")
	}
	address, done, err := c.reach(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	for _, path := range []string{"/", "/v1/main", "/notices", "/sign-in"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, http.NoBody)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", path, response.Status)
		}
	}
	return nil
}

// run runs a command in a pod's only container, and returns what it prints. What it says of
// its failure is in the error.
func (c *cluster) run(ctx context.Context, namespace, pod string, stdin io.Reader, command ...string) (string, error) {
	request := c.kube.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: command, Stdin: stdin != nil, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(c.config, http.MethodPost, request.URL())
	if err != nil {
		return "", fmt.Errorf("exec in %s: %w", pod, err)
	}
	var out, said bytes.Buffer
	if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: stdin, Stdout: &out, Stderr: &said}); err != nil {
		return "", fmt.Errorf("%s: %w: %s", pod, err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
}
