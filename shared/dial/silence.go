package dial

import (
	"net"
	"time"
)

// silence is how long the other side may leave what was sent without a sign that it arrived, before the connection ends. A
// machine that loses its power says nothing, and what waits for it would wait for as long as its request may take. Linux sends again after
// 0.2, 0.6, 1.4 and 3 s, so that four losses in a row are survived.
const silence = 5 * time.Second

// Direct is a Func for connections that stay open: they end when the other side has been silent, also while nothing is sent.
func Direct() Func {
	d := net.Dialer{Control: unheard, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence, Interval: silence / 5, Count: 5}}
	return d.DialContext
}
