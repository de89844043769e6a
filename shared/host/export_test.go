package host

import (
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/limit"
	"github.com/madang-council/madang/shared/secret"
)

// AddressRule is the bucket of an address that is no campus.
func AddressRule() limit.Rule { return addressRule(false) }

// AddressBucket is the name of the bucket of an address.
func AddressBucket(k secret.Key, a netip.Addr, now time.Time) string {
	return addressBucket(hex.EncodeToString(k.Clients(clock.Day(now)).Hash(a)))
}
