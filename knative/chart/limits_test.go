package chart_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/madang-council/madang/knative/edge/nginxtest"
)

// limited are the numbers by which the edge counts addresses, at a rate that nothing comes back
// by while a test asks, and few enough to use up.
var limited = strings.NewReplacer("rate=200r/s", "rate=1r/m", "rate=20000r/s", "rate=1r/m", "burst=1000 ", "burst=3 ", "burst=100000 ", "burst=300 ")

// Whom the edge counts as one, on a real Nginx in front of which a balancer says whose a request is: an address of
// IPv4, however it is written, and 64 bits of IPv6. One of site.campusNetworks has a hundred times as much, and what
// is used up is used up for every kind of address.
func TestEdgeLimits(t *testing.T) {
	nginxtest.Need(t)
	l := listenTo(t, "", limited, set("edge.trustedProxies", []any{"127.0.0.1/32"}), set("edge.tls.mode", "none"), set("site.url", "http://madang.example.ac.kr"),
		set("site.campusNetworks", []any{"198.51.100.0/28", "2001:db8:ca::/48"}))
	l.client.DisableKeepAlives = false
	ask := func(path, from string) int {
		t.Helper()
		response, err := l.get("http", path, "X-Forwarded-For", from)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return response.StatusCode
	}
	const own, campus = 4, 301 // the first and the burst
	for _, row := range []struct {
		name    string
		address func(i int) string
		free    int
	}{
		{"one address", func(int) string { return "203.0.113.7" }, own},
		{"the one beside it", func(int) string { return "203.0.113.8" }, own},
		{"many addresses of one customer's IPv6", func(i int) string { return fmt.Sprintf("2001:db8:1:2:%x::%x", i, i) }, own},
		{"the customer beside them", func(i int) string { return fmt.Sprintf("2001:db8:1:3::%x", i) }, own},
		{"IPv6 that has the bytes of a line's end in it", func(i int) string { return fmt.Sprintf("2001:a0a:d0a:a::a0a:%x", i) }, own},
		{"IPv4 written as IPv6", func(int) string { return "::ffff:203.0.113.9" }, own},
		{"many of them, each its own", func(i int) string { return fmt.Sprintf("::ffff:203.0.113.%d", 100+i) }, 50},
		{"an address of the campus", func(int) string { return "198.51.100.7" }, campus},
		{"one beyond the campus", func(int) string { return "198.51.100.16" }, own},
		{"IPv6 of the campus", func(i int) string { return fmt.Sprintf("2001:db8:ca:1::%x", i) }, campus},
		{"IPv6 beyond the campus", func(i int) string { return fmt.Sprintf("2001:db8:cb:1::%x", i) }, own},
	} {
		for i := range row.free {
			if status := ask("/v1/members/me", row.address(i)); status != http.StatusOK {
				t.Errorf("%s: request %d of %d is answered %d", row.name, i, row.free, status)
				break
			}
		}
		if row.free == 50 {
			continue
		}
		refused := 0
		for i := range 5 { // one may come back meanwhile
			if ask("/v1/members/me", row.address(row.free+i)) == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused < 4 {
			t.Errorf("%s: of 5 requests more than %d %d are refused", row.name, row.free, refused)
		}
	}
	if status := ask("/v1/members/me", "203.0.113.9"); status != http.StatusTooManyRequests {
		t.Errorf("an address that was used up as IPv6 is answered %d as IPv4", status)
	}
	for _, path := range []string{"/v1/main", "/v1/members/me", "/nowhere", "/files/x/post/2026/03/01a203c0-3f11-7960-a837-c645ff8746a5/320.jpg"} {
		if status := ask(path, "203.0.113.7"); status != http.StatusTooManyRequests {
			t.Errorf("who has nothing left is answered %d at %s", status, path)
		}
	}
}

// A campus has a hundred times the requests of another address, as it has of functions, and connections that leave
// others two thirds of a replica's, of whose two workers each request that a function answers takes two.
func TestCampusIsAHundred(t *testing.T) {
	number := func(file, pattern string) int {
		t.Helper()
		content, err := os.ReadFile("files/edge/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(content)
		if found == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		n, err := strconv.Atoi(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for what, pair := range map[string][3]int{
		"rates":       {number("nginx.conf", `zone=visitor:10m rate=(\d+)r/s`), number("nginx.conf", `zone=campus:1m rate=(\d+)r/s`), 100},
		"bursts":      {number("limits.conf", `zone=visitor burst=(\d+)`), number("limits.conf", `zone=campus burst=(\d+)`), 100},
		"connections": {number("limits.conf", `limit_conn connections (\d+)`), number("limits.conf", `limit_conn campus_connections (\d+)`), 10},
	} {
		if pair[1] != pair[0]*pair[2] {
			t.Errorf("%s: %d, and %d for a campus", what, pair[0], pair[1])
		}
	}
	template, err := os.ReadFile("templates/edge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	worker, err := strconv.Atoi(regexp.MustCompile(`worker_connections (\d+)`).FindStringSubmatch(string(template))[1])
	if err != nil || worker < 3*number("limits.conf", `campus_connections (\d+)`) {
		t.Errorf("a worker has %d connections: %v", worker, err)
	}
}
