// Command backup keeps encrypted copies of the database in an object storage, and reads
// them again.
//
//	backup key   >backup.key                       a new key; its public half, for backup.recipients, is told
//	backup save  -dump /dump/pipe -whole /dump/whole   what the CronJob of the chart does
//	backup tidy                                    deletes the copies whose time is over; save does so, too
//	backup list                                    what copies there are
//	backup fetch -identity backup.key [-at TIME]   one of them, in plain, to standard output: what pg_restore takes
//
// S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY name the object storage, BACKUP_BUCKET
// the bucket. save takes BACKUP_RECIPIENTS, and DATABASE_URL to note when it was done.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/backup"
	"github.com/madang-council/madang/shared/operation/bill"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "backup:", err)
		os.Exit(1)
	}
}

// order is what the caller wants.
type order struct {
	dump, whole string
	keep        backup.Keep
	identity    string
	at          string
	out, log    io.Writer
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) == 0 {
		return errors.New("key, save, tidy, list or fetch?")
	}
	o := order{out: out, log: log}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&o.dump, "dump", "", "save: the pipe that the dump is read from; waited for while it is not there")
	f.StringVar(&o.whole, "whole", "", "save: the file that has pg_dump's exit status, once the dump has ended")
	f.IntVar(&o.keep.Days, "days", 7, "save, tidy: of so many days, with today, the newest copy stays")
	f.IntVar(&o.keep.Weeks, "weeks", 5, "save, tidy: and of so many weeks, with this one")
	f.IntVar(&o.keep.Months, "months", 3, "save, tidy: and of so many months, with this one")
	f.StringVar(&o.identity, "identity", "backup.key", "fetch: the file of the key")
	f.StringVar(&o.at, "at", "", "fetch: as it was then or before, never as later, 2026-03-02T04:30:00+09:00; empty: the newest")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	act := map[string]func(context.Context, order) error{"key": key, "save": save, "tidy": tidy, "list": list, "fetch": fetch}[args[0]]
	if act == nil {
		return fmt.Errorf("%q: key, save, tidy, list or fetch?", args[0])
	}
	return act(ctx, o)
}

func key(_ context.Context, o order) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	_, _ = fmt.Fprintf(o.log, "%s\n", identity.Recipient())
	_, err = fmt.Fprintf(o.out, "# for %s\n%s\n", identity.Recipient(), identity)
	return err
}

// vault is the one that the environment names.
func vault() (*objects.Store, backup.Vault, error) {
	for _, name := range []string{"S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "BACKUP_BUCKET"} {
		if os.Getenv(name) == "" {
			return nil, backup.Vault{}, fmt.Errorf("%s must be set: as the installation has it, whose bucket is storage.bucket and \"-backups\" where backup.storage says no other", name)
		}
	}
	store, err := objects.Open(objects.Config{
		Endpoint: os.Getenv("S3_ENDPOINT"), Region: cmp.Or(os.Getenv("S3_REGION"), "KR1"), Bucket: os.Getenv("BACKUP_BUCKET"),
		AccessKey: os.Getenv("S3_ACCESS_KEY"), SecretKey: os.Getenv("S3_SECRET_KEY"),
	})
	return store, backup.Vault{Storage: store}, err
}

// save deletes what is over before anything that may fail, and what the new copy replaces after it.
func save(ctx context.Context, o order) error {
	store, v, err := vault()
	if err != nil {
		return err
	}
	if err := store.EnsureBucket(ctx); err != nil {
		return err
	}
	tidied := tidyIn(ctx, v, o)
	recipients, err := backup.Recipients(os.Getenv("BACKUP_RECIPIENTS"))
	if err != nil {
		return errors.Join(err, tidied)
	}
	at := time.Now()
	dump, err := opened(ctx, o.dump)
	if err != nil {
		return errors.Join(err, tidied)
	}
	defer func() { _ = dump.Close() }()
	c, err := v.Save(ctx, time.Now, dump, func() error { return whole(ctx, o.whole) }, recipients...)
	if err != nil {
		return errors.Join(err, tidied)
	}
	_, _ = fmt.Fprintf(o.out, "%s: %d bytes in %s\n", c.Key, c.Size, time.Since(at).Round(time.Millisecond))
	if err := note(ctx); err != nil { // the alert tells of it within a day
		_, _ = fmt.Fprintln(o.log, "the copy is stored, but its time could not be noted:", err)
	}
	return tidyIn(ctx, v, o)
}

// tidy is for nights in which nothing is saved. Where nothing ever was there is nothing to do.
func tidy(ctx context.Context, o order) error {
	_, v, err := vault()
	if err != nil {
		return err
	}
	if err := tidyIn(ctx, v, o); !errors.Is(err, objects.ErrNotFound) {
		return err
	}
	return nil
}

func tidyIn(ctx context.Context, v backup.Vault, o order) error {
	over, err := v.Tidy(ctx, o.keep, time.Now())
	for _, c := range over {
		_, _ = fmt.Fprintf(o.out, "%s: its time is over\n", c.Key)
	}
	return err
}

// opened waits for a file, and for who writes into it.
func opened(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute) // an image that a node has to pull
	defer cancel()
	for {
		if _, err := os.Stat(path); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("dump: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no dump: %s is not there: %w", path, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	type opening struct {
		file *os.File
		err  error
	}
	opened := make(chan opening, 1) // a pipe opens when somebody writes into it, and who made it may have ended before
	go func() {
		file, err := os.Open(path)
		opened <- opening{file, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("no dump: nobody writes into %s: %w", path, ctx.Err())
	case o := <-opened:
		if o.err != nil {
			return nil, fmt.Errorf("dump: %w", o.err)
		}
		return o.file, nil
	}
}

// whole is nil when pg_dump said that it ended well. It says so just after its end.
func whole(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		status, err := os.ReadFile(path)
		switch text := strings.TrimSpace(string(status)); {
		case err == nil && text == "0":
			return nil
		case err == nil && text != "":
			return fmt.Errorf("pg_dump failed with status %s: its own log says why", text)
		}
		select {
		case <-ctx.Done():
			return errors.New("pg_dump was cut off: it did not say how it ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// note tells the database, for the console and the alert that the last copy is too old.
func note(ctx context.Context) error {
	db, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return bill.Store{DB: db}.SetBackup(clock.With(ctx, time.Now()))
}

func list(ctx context.Context, o order) error {
	_, v, err := vault()
	if err != nil {
		return err
	}
	copies, err := v.List(ctx)
	for _, c := range copies {
		_, _ = fmt.Fprintf(o.out, "%s  %12d  %s\n", c.At.In(clock.Seoul).Format(time.RFC3339), c.Size, c.Key)
	}
	return err
}

func fetch(ctx context.Context, o order) error {
	identities, err := backup.Identities(o.identity)
	if err != nil {
		return err
	}
	at := time.Now()
	if o.at != "" {
		if at, err = time.Parse(time.RFC3339, o.at); err != nil {
			return fmt.Errorf("-at: %w", err)
		}
	}
	_, v, err := vault()
	if err != nil {
		return err
	}
	c, err := v.At(ctx, at)
	if err != nil {
		return err
	}
	plain, err := v.Open(ctx, c, identities...)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }()
	if _, err := io.Copy(o.out, plain); err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	_, _ = fmt.Fprintf(o.log, "%s of %s\n", c.Key, c.At.In(clock.Seoul).Format(time.RFC3339))
	return nil
}
