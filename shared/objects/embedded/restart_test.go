package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
)

const folderVariable = "EMBEDDED_TEST_FOLDER"

// TestMain is also the process that the restart test kills.
func TestMain(m *testing.M) {
	dir := os.Getenv(folderVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	server, err := embedded.Open(dir, config())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String())
	fmt.Println((&http.Server{Handler: server, ReadHeaderTimeout: time.Minute}).Serve(listener))
	os.Exit(1)
}

// process starts the store as a process of its own.
func process(t testing.TB, dir string) (address string, command *exec.Cmd) {
	t.Helper()
	command = exec.Command(os.Args[0])
	command.Env = append(os.Environ(), folderVariable+"="+dir)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(command) })
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(address, "http") {
		t.Fatalf("no address: %q, %v", address, err)
	}
	return strings.TrimSpace(address), command
}

// kill ends a process with SIGKILL; it may have ended already.
func kill(command *exec.Cmd) {
	_ = command.Process.Kill()
	_ = command.Wait()
}

func TestUploadSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	const size = 5 << 20
	pieces := [][]byte{bytes.Repeat([]byte{'a'}, size), bytes.Repeat([]byte{'b'}, size), []byte("the end")}
	const key = "압수/자료.zip"
	meta := objects.Meta{ContentType: "application/zip", Disposition: objects.Attachment("자료.zip")}
	ctx := t.Context()

	address, running := process(t, dir)
	store := connect(t, address, nil)
	if err := store.EnsureBucket(ctx); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(ctx, "done", strings.NewReader("done"), 4, objects.Meta{}); err != nil {
		t.Fatal(err)
	}
	id, err := store.StartMultipart(ctx, key, meta)
	if err != nil {
		t.Fatal(err)
	}
	put(ctx, t, store, key, id, 1, pieces[0])
	// The second part is on its way when the process dies.
	halfway := make(chan struct{})
	signed, _, err := store.SignPart(ctx, key, id, 2, size, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed, &stalling{content: pieces[1], reached: halfway})
		if err != nil {
			answered <- err
			return
		}
		r.ContentLength = size
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			answer.Body.Close()
		}
		answered <- err
	}()
	<-halfway
	kill(running)
	if err := <-answered; err == nil {
		t.Fatal("the part was acknowledged by a dead process")
	}

	address, running = process(t, dir)
	store = connect(t, address, nil)
	parts, err := store.Parts(ctx, key, id)
	if err != nil || len(parts) != 1 || parts[0].Number != 1 || parts[0].Size != size {
		t.Fatalf("parts %+v, %v", parts, err)
	}
	if data, err := os.ReadDir(filepath.Join(dir, "bucket", "data")); err != nil || len(data) != 2 {
		t.Errorf("%d data files for an object and a part (%v)", len(data), err)
	}
	put(ctx, t, store, key, id, 2, pieces[1])
	put(ctx, t, store, key, id, 3, pieces[2])
	if parts, err = store.Parts(ctx, key, id); err != nil {
		t.Fatal(err)
	}
	if err := store.CompleteMultipart(ctx, key, id, parts); err != nil {
		t.Fatal(err)
	}
	kill(running)

	address, _ = process(t, dir)
	store = connect(t, address, nil)
	if err := store.CompleteMultipart(ctx, key, id, parts); err != nil {
		t.Errorf("completing again after a restart: %v", err)
	}
	info, err := store.Stat(ctx, key)
	if err != nil || info.Size != 2*size+7 || info.Disposition != meta.Disposition {
		t.Errorf("%+v, %v", info, err)
	}
	r, err := store.Open(ctx, key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); err != nil || !bytes.Equal(got.Bytes(), bytes.Join(pieces, nil)) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	for u := range store.ListMultiparts(ctx, "") {
		t.Errorf("upload %+v is left", u)
	}
}

func put(ctx context.Context, t *testing.T, store *objects.Store, key, id string, number int, body []byte) {
	t.Helper()
	signed, _, err := store.SignPart(ctx, key, id, number, int64(len(body)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if status := do(t, http.MethodPut, signed, string(body), nil); status != http.StatusOK {
		t.Fatalf("part %d: status %d", number, status)
	}
}

// stalling gives half of its content, says so, and then gives no more until the connection breaks.
type stalling struct {
	content []byte
	at      int
	reached chan struct{}
}

func (s *stalling) Read(p []byte) (int, error) {
	half := len(s.content) / 2
	if s.at == half {
		close(s.reached)
		s.at++
	}
	if s.at > half {
		time.Sleep(2 * time.Second)
		return 0, net.ErrClosed
	}
	n := copy(p, s.content[s.at:half])
	s.at += n
	return n, nil
}
