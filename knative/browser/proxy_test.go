package browser

import (
	"io"
	"net"
	"sync"
	"testing"
)

// line is a connection to a host that can be cut, as a cable is: what is under way breaks
// off, and nobody gets through until it is mended.
type line struct {
	listener net.Listener
	mu       sync.Mutex
	to       string
	open     map[net.Conn]bool
	left     int // bytes towards the host until it is cut by itself; below 0 for never
	cut      bool
}

// newLine listens; nothing gets through before join.
func newLine(t *testing.T) *line {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, open: map[net.Conn]bool{}, left: -1, cut: true}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(conn)
		}
	}()
	return l
}

func (l *line) address() string { return "http://" + l.listener.Addr().String() }

// join connects the line, or mends it. It is cut again after so many bytes; below 0 never.
func (l *line) join(to string, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to, l.left, l.cut = to, bytes, false
}

// isCut says whether nobody gets through.
func (l *line) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// carry carries one connection in both directions.
func (l *line) carry(near net.Conn) {
	far, err := l.dial()
	if err != nil {
		_ = near.Close()
		return
	}
	if !l.hold(near, far) {
		return
	}
	go func() {
		_, _ = io.Copy(near, far)
		l.drop(near, far)
	}()
	_, _ = io.Copy(io.MultiWriter(far, counter{l}), near)
	l.drop(near, far)
}

func (l *line) dial() (net.Conn, error) {
	l.mu.Lock()
	to, cut := l.to, l.cut
	l.mu.Unlock()
	if cut {
		return nil, net.ErrClosed
	}
	return net.Dial("tcp", to)
}

func (l *line) hold(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if l.cut {
			_ = c.Close()
		} else {
			l.open[c] = true
		}
	}
	return !l.cut
}

func (l *line) drop(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(l.open, c)
	}
}

// counter counts what goes to the host, and cuts the line when it is enough.
type counter struct{ l *line }

func (c counter) Write(b []byte) (int, error) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if c.l.left >= 0 && !c.l.cut {
		if c.l.left -= len(b); c.l.left < 0 {
			c.l.cut = true
			for conn := range c.l.open {
				_ = conn.Close()
			}
			clear(c.l.open)
		}
	}
	return len(b), nil
}
