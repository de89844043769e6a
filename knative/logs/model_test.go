package main

import (
	"fmt"
	"maps"
	"math/rand"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/operation/logs"
)

// history is one that a random one is made of, and what must be true of it.
type history struct {
	*testing.T
	random    *rand.Rand
	api       *api
	storage   *memory
	now       *running
	written   map[string][]string // by pod
	excused   map[string]bool     // pods whose lines may be lost: nobody could read them, or who had read them was killed
	counted   float64             // lines that were dropped, by all who ran
	restarted map[string]bool
	killed    bool
	pods      int
}

func (h *history) count() {
	n := h.now.book.counts()
	h.counted += n[`madang_logs_dropped_lines_total{why="flood"}`] + n[`madang_logs_dropped_lines_total{why="storage"}`]
}

func (h *history) begin() {
	h.pods++
	name := fmt.Sprint("pod-", h.pods)
	h.api.begin(name, "function", "function")
	h.written[name] = nil
}

func (h *history) alive() string {
	h.api.mu.Lock()
	defer h.api.mu.Unlock()
	for name := range h.api.pods { // in any order
		return name
	}
	return ""
}

// remove takes a pod away. Who follows it reads it to its end.
func (h *history) remove(name string) {
	if h.now == nil || !h.api.following(name) {
		h.excused[name] = true
	}
	h.api.remove(name)
}

// stop ends the program well, or not: what it had read of pods that are gone is lost then.
func (h *history) stop(well bool) {
	if h.now == nil {
		return
	}
	defer h.api.breakStreams() // that nobody reads any more
	if well {
		h.excuseThoseBeingRead()
		if h.now.stop() == nil {
			h.count()
			h.now = nil
			return
		}
	}
	h.now.crash()
	h.count()
	h.now, h.killed = nil, true
	h.api.mu.Lock()
	defer h.api.mu.Unlock()
	for name := range h.written {
		if h.api.pods[name] == nil {
			h.excused[name] = true
		}
	}
}

// excuseThoseBeingRead excuses pods that are gone while their logs are still read: at the end
// of the program nobody reads on.
func (h *history) excuseThoseBeingRead() {
	h.now.mu.Lock()
	defer h.now.mu.Unlock()
	h.api.mu.Lock()
	defer h.api.mu.Unlock()
	for _, f := range h.now.followers {
		if h.api.pods[f.pod] == nil {
			h.excused[f.pod] = true
		}
	}
}

func (h *history) step() {
	name := h.alive()
	defer func() {
		h.Logf("%s: %d lines, followed %t, excused %t; read %t, storage %q", name, len(h.written[name]), h.api.following(name), h.excused[name], h.now != nil, h.storage.mode)
	}()
	n := h.random.Intn(100)
	h.Logf("step %d", n)
	switch {
	case n < 15 || name == "":
		h.begin()
	case n < 60:
		for range 1 + h.random.Intn(30) {
			text := fmt.Sprintf("%s line %d", name, len(h.written[name]))
			h.written[name] = append(h.written[name], text)
			h.api.change(func() {
				if h.random.Intn(4) > 0 {
					h.api.clock = h.api.clock.Add(time.Duration(h.random.Intn(700)) * time.Millisecond)
				}
				h.api.append(name, "function", h.api.clock, text+"\n")
			})
		}
	case n < 68:
		h.remove(name)
	case n < 74:
		h.api.breakStreams()
	case n < 78: // an end, and what begins after it; a log before the last one is lost, and it may have been nobody's
		h.restarted[name] = true
		h.excused[name] = h.excused[name] || h.api.pods[name].containers["function"].restarts > 0
		h.api.stop(name, "function")
		time.Sleep(time.Duration(h.random.Intn(30)) * time.Millisecond)
		h.api.restart(name, "function")
	case n < 86:
		h.storage.set([]string{"fails", "hangs", "lies"}[h.random.Intn(3)])
	case n < 92:
		h.storage.set("")
	case n < 96:
		h.stop(h.random.Intn(3) > 0)
	default:
		time.Sleep(time.Duration(h.random.Intn(60)) * time.Millisecond)
	}
	if h.now == nil && h.random.Intn(2) == 0 {
		h.now = start(h.T, h.api, h.storage, func(c *collector) { c.book.limits.spool, c.minuteBytes = 4<<10, 8<<10 })
	}
}

// Whatever happens to pods, to the network, to the storage and to this program: no line is
// found twice or changed, those of a pod are found in their order, and what was written
// while somebody read is found, or counted as dropped. HISTORY names one that failed.
func TestHistories(t *testing.T) {
	first, n := time.Now().UnixNano(), 30
	if text := os.Getenv("HISTORY"); text != "" {
		seed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, n = seed, 1
	}
	for i := range n {
		t.Run(fmt.Sprint(first+int64(i)), func(t *testing.T) {
			t.Parallel()
			h := &history{T: t, random: rand.New(rand.NewSource(first + int64(i))), api: newAPI(t), storage: newMemory(), written: map[string][]string{}, excused: map[string]bool{}, restarted: map[string]bool{}}
			for range 60 {
				h.step()
			}
			h.storage.set("")
			if h.now == nil {
				h.now = start(t, h.api, h.storage)
			}
			h.judge()
		})
	}
}

// judge waits until everything is read and stored, and compares.
func (h *history) judge() {
	h.Helper()
	before := h.counted
	var missing []string
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		found := stored(h.T, h.storage)
		missing = nil
		h.storage.mu.Lock()
		unread := maps.Clone(h.storage.unread)
		h.storage.mu.Unlock()
		for name, texts := range h.written {
			at := map[string]int{}
			for i, text := range found[name+"/function"] {
				if _, twice := at[text]; twice {
					h.Fatalf("%q is found twice", text)
				}
				at[text] = i
			}
			last := -1
			for _, text := range texts {
				i, there := at[text]
				switch {
				case there && i < last:
					h.Fatalf("%q is found before the line that was written before it", text)
				case there:
					last = i
				case !h.excused[name] && !unread[name]:
					missing = append(missing, text)
				}
			}
		}
		h.counted = before
		h.count()
		if float64(len(missing)) <= h.counted {
			break
		}
		if time.Now().After(end) {
			h.Fatalf("%q are missing, and %v were dropped; %v logs were not read to their ends", missing, h.counted, h.now.book.counts()["madang_logs_unread_total"])
		}
	}
	if h.killed {
		return
	}
	// Nobody was killed: what was stored was stored once.
	again := map[string]bool{}
	for _, key := range h.storage.keys() {
		found, err := logs.Vault{Storage: only{h.storage, key}}.Find(h.Context(), time.Time{}, time.Now().Add(time.Hour), " line ")
		if err != nil {
			h.Fatal(err)
		}
		for _, l := range found.Lines {
			if again[string(l.Text)] && !h.restarted[l.Pod] {
				h.Fatalf("%q was stored twice", l.Text)
			}
			again[string(l.Text)] = true
		}
	}
}
