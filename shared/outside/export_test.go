package outside

import (
	"context"
	"net"
	"net/netip"
)

// Connect is what calls connect by, without what judged the name before.
func Connect(ctx context.Context, c *Client, to netip.AddrPort) (net.Conn, error) {
	return c.connect(ctx, to)
}
