package release

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Phase is how far a release is, or how it ended.
type Phase string

// Phases of a record, and outcomes of a command.
const (
	Green      Phase = "green"       // green is made and asked; traffic is where it was
	Held       Phase = "held"        // as green, until Promote or Rollback
	Switching  Phase = "switching"   // traffic moves, to green or back, or is watched
	Released   Phase = "released"    // green serves
	RolledBack Phase = "rolled-back" // blue serves
	Unchanged  Phase = "unchanged"   // outcome: nothing to release
	Pinned     Phase = "pinned"      // outcome of Pin
	Failed     Phase = "failed"      // outcome: nothing was moved
	Refused    Phase = "refused"     // outcome: somebody else has the lock
)

// Change is one function in a release.
type Change struct {
	Function  string `json:"function"`
	From      string `json:"from"`         // the Revision that served
	To        string `json:"to,omitempty"` // the green Revision, once it is made
	FromImage string `json:"fromImage"`
	ToImage   string `json:"toImage"`
}

// Step is what took how long.
type Step struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// Summary is what a command did, for the pipeline.
type Summary struct {
	Release   string    `json:"release,omitempty"`
	Namespace string    `json:"namespace"`
	Outcome   Phase     `json:"outcome"`
	Reason    string    `json:"reason,omitempty"`
	Started   time.Time `json:"started"`
	Seconds   float64   `json:"seconds"`
	Changed   []Change  `json:"changed"`
	Routes    *Routes   `json:"routes,omitempty"` // of the edges, where they change
	Unchanged []string  `json:"unchanged"`
	Absent    []string  `json:"absent"` // Services that the images do not name: left as they are
	Steps     []Step    `json:"steps"`
}

// done completes the summary.
func (s *session) done(err error) Summary {
	sum := s.summary
	sum.Release = s.record.ID
	sum.Seconds = seconds(s.started)
	if err != nil {
		sum.Reason = err.Error()
		switch {
		case errors.Is(err, ErrRefused):
			sum.Outcome = Refused
		case sum.Outcome != RolledBack:
			sum.Outcome = Failed
		}
	}
	if sum.Changed == nil {
		sum.Changed = []Change{}
	}
	if sum.Unchanged == nil {
		sum.Unchanged = []string{}
	}
	if sum.Absent == nil {
		sum.Absent = []string{}
	}
	s.say("%s %s", sum.Outcome, sum.Reason)
	return sum
}

// step does one thing and writes down how long it took.
func (s *session) step(ctx context.Context, name string, do func(context.Context) error) error {
	start := time.Now()
	s.say("%s …", name)
	err := do(ctx)
	took := Step{Name: name, Seconds: seconds(start)}
	s.summary.Steps = append(s.summary.Steps, took)
	if err != nil {
		s.say("%s failed after %.2f s: %v", name, took.Seconds, err)
		return fmt.Errorf("%s: %w", name, err)
	}
	s.say("%s took %.2f s", name, took.Seconds)
	return nil
}

// say shows progress: the time of day, the seconds since the start, what happens.
func (s *session) say(format string, args ...any) {
	if s.Out == nil {
		return
	}
	s.saying.Lock()
	defer s.saying.Unlock()
	_, _ = fmt.Fprintf(s.Out, "%s %7.2fs  %s\n", time.Now().Format("15:04:05.000"), time.Since(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// seconds since start, to the millisecond.
func seconds(start time.Time) float64 {
	return float64(time.Since(start).Milliseconds()) / 1000
}
