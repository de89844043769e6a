package delivery

import "time"

// DigestAfter is the first time of a digest behind a time, and AwakeFrom the first time from one on that is in no quiet hours.
func DigestAfter(p Policy, t time.Time) time.Time { return p.digest(t) }

// AwakeFrom is the first time from one on that is in no quiet hours.
func AwakeFrom(p Policy, t time.Time) time.Time { return p.awake(t) }
