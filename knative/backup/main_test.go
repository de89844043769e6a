package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

// place is a storage, a key and a folder with a pipe, as a pod of the CronJob has them.
func place(t *testing.T) (dir, key string) {
	t.Helper()
	server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(func() { listening.Close(); _ = server.Close() })
	var identity, recipient bytes.Buffer
	if err := run(t.Context(), []string{"key"}, &identity, &recipient); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	key = filepath.Join(dir, "backup.key")
	if err := os.WriteFile(key, identity.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"S3_ENDPOINT": listening.URL, "S3_REGION": "KR1", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret",
		"DATABASE_URL": "postgres://postgres@127.0.0.1:1/away", "BACKUP_BUCKET": "copies", "BACKUP_RECIPIENTS": strings.TrimSpace(recipient.String()),
	} {
		t.Setenv(name, value)
	}
	return dir, key
}

// dumped does what the container of pg_dump does: a pipe, the dump, and how it ended.
func dumped(t *testing.T, dir, content, status string) {
	t.Helper()
	go func() {
		time.Sleep(50 * time.Millisecond) // the other container may be first
		pipe := filepath.Join(dir, "pipe")
		if err := syscall.Mkfifo(pipe, 0o644); err != nil {
			t.Error(err)
			return
		}
		if err := os.WriteFile(pipe, []byte(content), 0); err != nil {
			t.Error(err)
		}
		if status == "" {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "whole"), []byte(status+"\n"), 0o644); err != nil {
			t.Error(err)
		}
	}()
}

func TestSaveListAndFetch(t *testing.T) {
	dir, key := place(t)
	dumped(t, dir, "everything", "0")
	var out, log bytes.Buffer
	save := []string{"save", "-dump", filepath.Join(dir, "pipe"), "-whole", filepath.Join(dir, "whole")}
	if err := run(t.Context(), save, &out, &log); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "could not be noted") {
		t.Errorf("a database that is away was told: %s", log.String())
	}
	out.Reset()
	if err := run(t.Context(), []string{"list"}, &out, &log); err != nil || strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), ".dump.age") {
		t.Errorf("list: %q, %v", out.String(), err)
	}
	out.Reset()
	if err := run(t.Context(), []string{"fetch", "-identity", key}, &out, &log); err != nil || out.String() != "everything" {
		t.Errorf("fetch: %q, %v", out.String(), err)
	}
	if err := run(t.Context(), []string{"fetch", "-identity", key, "-at", "2020-01-01T00:00:00Z"}, &out, &log); err == nil {
		t.Error("a copy of before there was one")
	}
}

// Who looks for copies by hand has a region by default, and is told what else is missing.
func TestNamesWhatIsMissing(t *testing.T) {
	dir, key := place(t)
	dumped(t, dir, "everything", "0")
	var out, log bytes.Buffer
	if err := run(t.Context(), []string{"save", "-dump", filepath.Join(dir, "pipe"), "-whole", filepath.Join(dir, "whole")}, &out, &log); err != nil {
		t.Fatal(err)
	}
	t.Setenv("S3_REGION", "")
	if err := run(t.Context(), []string{"fetch", "-identity", key}, &out, &log); err != nil {
		t.Errorf("without a region: %v", err)
	}
	for _, name := range []string{"BACKUP_BUCKET", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"} {
		was := os.Getenv(name)
		t.Setenv(name, "")
		for _, command := range [][]string{{"list"}, {"fetch", "-identity", key}} {
			if err := run(t.Context(), command, &out, &log); err == nil || !strings.Contains(err.Error(), name+" must be set") {
				t.Errorf("%s without %s: %v", command[0], name, err)
			}
		}
		t.Setenv(name, was)
	}
}

// What is over goes in a night in which nothing is saved, whatever the reason; the newest copy stays, and what is not there is
// no failure.
func TestTidiesWithoutSaving(t *testing.T) {
	for name, args := range map[string][]string{"tidy": {"tidy"}, "no recipient": {"save"}, "no dump": {"save", "-dump", "none"}} {
		t.Run(name, func(t *testing.T) {
			dir, _ := place(t)
			var out, log bytes.Buffer
			if err := run(t.Context(), []string{"tidy"}, &out, &log); err != nil || out.Len() > 0 {
				t.Fatalf("there is no bucket yet: %q, %v", out.String(), err)
			}
			dumped(t, dir, "everything", "0")
			if err := run(t.Context(), []string{"save", "-dump", filepath.Join(dir, "pipe"), "-whole", filepath.Join(dir, "whole")}, &out, &log); err != nil {
				t.Fatal(err)
			}
			store, _, err := vault()
			if err != nil {
				t.Fatal(err)
			}
			for _, old := range []string{"database/20200101T043000Z.dump.age", "database/20200201T043000Z.dump.age"} {
				if err := store.Put(t.Context(), old, strings.NewReader("x"), 1, objects.Meta{}); err != nil {
					t.Fatal(err)
				}
			}
			if name == "no recipient" {
				t.Setenv("BACKUP_RECIPIENTS", "")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			out.Reset()
			if err := run(ctx, args, &out, &log); (err == nil) != (name == "tidy") || strings.Count(out.String(), "its time is over") != 2 {
				t.Errorf("%q, %v", out.String(), err)
			}
			out.Reset()
			if err := run(t.Context(), []string{"list"}, &out, &log); err != nil || strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), "2020") {
				t.Errorf("%q is left, %v", out.String(), err)
			}
		})
	}
}

// A dump that failed, or whose process died, is no copy.
func TestSaveRefuses(t *testing.T) {
	for name, status := range map[string]string{"failed": "1", "killed": ""} {
		t.Run(name, func(t *testing.T) {
			dir, _ := place(t)
			dumped(t, dir, "half of it", status)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			var out, log bytes.Buffer
			if err := run(ctx, []string{"save", "-dump", filepath.Join(dir, "pipe"), "-whole", filepath.Join(dir, "whole")}, &out, &log); err == nil {
				t.Error("saved")
			}
			out.Reset()
			if err := run(t.Context(), []string{"list"}, &out, &log); err != nil || out.Len() > 0 {
				t.Errorf("%q is there: %v", out.String(), err)
			}
		})
	}
}

// Nobody waits for a dump that never begins: for a pipe that nobody makes, and for one that
// nobody writes into, as when the other container ends between the two.
func TestNoDump(t *testing.T) {
	for why, made := range map[string]bool{"not there": false, "nobody writes": true} {
		dir, _ := place(t)
		if made {
			if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		var out bytes.Buffer
		if err := run(ctx, []string{"save", "-dump", filepath.Join(dir, "pipe"), "-whole", filepath.Join(dir, "whole")}, &out, &out); err == nil || !strings.Contains(err.Error(), why) {
			t.Error(err)
		}
		cancel()
	}
}

func TestWithoutRecipient(t *testing.T) {
	place(t)
	t.Setenv("BACKUP_RECIPIENTS", "")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"save"}, &out, &out); err == nil || !strings.Contains(err.Error(), "nobody could read") {
		t.Error(err)
	}
}
