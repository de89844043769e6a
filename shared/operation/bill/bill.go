package bill

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
)

// Price is what nodes cost. They are what is paid for; a pod's part of one is the
// greater of the parts of its processors and of its memory that the pod asks for.
type Price struct {
	Node       string  `json:"node" description:"The type of node that pods run on."`
	Nodes      int     `json:"nodes" description:"How many of these are paid for."`
	WonPerHour float64 `json:"wonPerHour" description:"What one of them costs."`
	CPUs       float64 `json:"cpus" description:"Of one of them."`
	MemoryMiB  float64 `json:"memoryMiB" description:"Of one of them."`
	AlwaysOn   float64 `json:"alwaysOnWonPerHour" description:"What is always on takes so much of the nodes (edge, database, Redis and all that is no function), by what its pods ask for now; 0 where nobody looks at pods."`
	Besides    []Fixed `json:"besides,omitempty" description:"What is paid beside nodes, as a load balancer and volumes; what is not here is not known."`
	Source     string  `json:"source" description:"Where the prices were seen, and when."`
	SourceKO   string  `json:"sourceKo,omitempty" description:"The same in Korean; without it Korean pages say source."`
}

// Fixed is something that is paid every month.
type Fixed struct {
	Name   string  `json:"name" description:"In English."`
	NameKO string  `json:"nameKo,omitempty" description:"The same in Korean; without it Korean pages say name."`
	Won    float64 `json:"wonPerMonth"`
}

// Pod is what a pod costs in an hour that asks for so much.
func (p Price) Pod(cpus, memoryMiB float64) float64 {
	if p.CPUs <= 0 || p.MemoryMiB <= 0 {
		return 0
	}
	return p.WonPerHour * max(cpus/p.CPUs, memoryMiB/p.MemoryMiB)
}

// Bill is what functions took in a month.
type Bill struct {
	Month        string    `json:"month" description:"In Seoul, as 2026-03."`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until" description:"The end of the month, or now."`
	WatchedHours float64   `json:"watchedHours" description:"How long somebody looked. What is missing is not known, and not in the bill."`
	Paid         Paid      `json:"paid"`
	Sleep        Sleep     `json:"sleep"`
	Functions    []Line    `json:"functions" description:"The most expensive first. These are parts of what is paid for nodes, and no further sums."`
	Total        Line      `json:"total"`
	Price        Price     `json:"price"`
}

// Line is a function's part of a bill.
type Line struct {
	Function     string  `json:"function"`
	PodSeconds   float64 `json:"podSeconds"`
	AsleepShare  float64 `json:"asleepShare" description:"The part of the time in which there was no pod, 0 to 1."`
	Starts       int64   `json:"starts" description:"Pods that began."`
	Wakes        int64   `json:"wakes" description:"Cold starts: pods that began while there was none."`
	FormWakes    int64   `json:"formWakes" description:"Pods that began because somebody had opened a form, before it was sent: nobody waited for these."`
	ReadySeconds float64 `json:"readySeconds" description:"How long a pod took until it was ready, on average; 0 where none began."`
	Won          float64 `json:"won"`
	WonPerMonth  float64 `json:"wonPerMonth" description:"What a whole month costs at this rate; 0 before an hour was watched."`
	Warm         Warm    `json:"warm"`
}

// Warm is what keeping the last pod for some minutes after its last request had changed.
type Warm struct {
	Minutes      float64 `json:"minutes"`
	SparedWakes  int64   `json:"sparedWakes" description:"Cold starts that had not been."`
	Won          float64 `json:"won" description:"What that had cost."`
	WonPerSpared float64 `json:"wonPerSpared" description:"For each of them; 0 where there is none."`
	Worth        bool    `json:"worth" description:"It spares at least a third of the cold starts for at most a tenth of a won each."`
}

// Paid is what is paid whether anybody visits or not, at the prices of now, and what takes how
// much of it.
type Paid struct {
	Nodes       float64 `json:"nodesWon" description:"For the nodes, in the watched time."`
	NodesMonth  float64 `json:"nodesWonPerMonth"`
	WonPerMonth float64 `json:"wonPerMonth" description:"With what is paid beside them, as far as it is known."`
	Functions   float64 `json:"functionsShare" description:"The part of the nodes that functions' pods took, 0 to 1."`
	AlwaysOn    float64 `json:"alwaysOnShare" description:"The part of them that what is always on asks for now, 0 to 1; 0 where nobody looks at pods."`
}

// Sleep is how much room functions leave by sleeping. It is room on nodes that are paid for: it
// becomes money where something else uses it, or where there are fewer nodes for it.
type Sleep struct {
	Pods   float64 `json:"pods" description:"How many pods of functions there were, on average."`
	Always float64 `json:"alwaysOnPods" description:"How many there had been, had each function kept one while it slept."`
	Spared float64 `json:"sparedShare" description:"The part of these that were not there, 0 to 1."`
}

// hoursOfMonth is a month's average: 365.25 days in 12 months.
const hoursOfMonth = 730.5

// MakeBill makes a month's bill of what was used on its days.
func MakeBill(month time.Time, now time.Time, days []Usage, p Price) Bill {
	from := clock.Midnight(month).AddDate(0, 0, 1-month.In(clock.Seoul).Day())
	b := Bill{Month: from.Format("2006-01"), From: from, Until: from.AddDate(0, 1, 0), Functions: []Line{}, Price: p}
	if now.Before(b.Until) {
		b.Until = now
	}
	sums, total, watched := map[string]*Usage{}, Usage{}, map[string]int64{}
	for _, d := range days {
		if sums[d.Function] == nil {
			sums[d.Function] = &Usage{Function: d.Function}
		}
		sums[d.Function].add(d)
		total.add(d)
		watched[d.Day] = max(watched[d.Day], d.Watched)
	}
	slept := total.Watched - total.Awake // of all functions
	total.Watched = 0
	for _, w := range watched {
		total.Watched += w
	}
	hours := float64(total.Watched) / 3.6e6
	b.WatchedHours = round(hours, 3)
	asleep := 0.0
	for _, u := range sums {
		l := line(*u)
		b.Functions = append(b.Functions, l)
		asleep += l.AsleepShare / float64(len(sums))
	}
	slices.SortFunc(b.Functions, func(x, y Line) int {
		if x.Won != y.Won {
			return int(math.Copysign(1, y.Won-x.Won))
		}
		return strings.Compare(x.Function, y.Function)
	})
	b.Total = line(total)
	b.Total.AsleepShare = round(asleep, 4)
	b.Paid = paid(total, hours, p)
	if always := total.Pods + slept; total.Watched > 0 && always > 0 {
		b.Sleep = Sleep{
			Pods: round(float64(total.Pods)/float64(total.Watched), 2), Always: round(float64(always)/float64(total.Watched), 2),
			Spared: round(float64(slept)/float64(always), 4),
		}
	}
	return b
}

// paid is what nodes and all else cost of whose watched hours the functions used so much.
func paid(used Usage, hours float64, p Price) Paid {
	nodes := float64(p.Nodes) * p.WonPerHour
	s := Paid{Nodes: round(nodes*hours, 2), NodesMonth: round(nodes*hoursOfMonth, 0)}
	s.WonPerMonth = s.NodesMonth
	for _, f := range p.Besides {
		s.WonPerMonth += round(f.Won, 0)
	}
	if nodes > 0 {
		s.AlwaysOn = round(p.AlwaysOn/nodes, 4)
	}
	if nodes > 0 && hours > 0 {
		s.Functions = round(float64(used.Cost)/1e6/(nodes*hours), 4)
	}
	return s
}

func line(u Usage) Line {
	l := Line{Function: u.Function, PodSeconds: round(float64(u.Pods)/1000, 3), Starts: u.Starts, Wakes: u.Wakes, FormWakes: u.FormWakes, Won: round(float64(u.Cost)/1e6, 4)}
	if u.Watched > 0 {
		l.AsleepShare = round(1-float64(u.Awake)/float64(u.Watched), 4)
	}
	if u.Watched >= time.Hour.Milliseconds() { // less says nothing about a month
		l.WonPerMonth = round(float64(u.Cost)/1e6/(float64(u.Watched)/3.6e6)*hoursOfMonth, 2)
	}
	if u.Readied > 0 {
		l.ReadySeconds = round(float64(u.ReadyTime)/float64(u.Readied)/1000, 3)
	}
	l.Warm = Warm{Minutes: KeepWarm.Minutes(), SparedWakes: u.WarmSaves}
	if u.Pods > 0 {
		l.Warm.Won = round(float64(u.Cost)/1e6*float64(u.WarmTime)/float64(u.Pods), 4)
	}
	if u.WarmSaves > 0 {
		l.Warm.WonPerSpared = round(l.Warm.Won/float64(u.WarmSaves), 4)
		l.Warm.Worth = 3*u.WarmSaves >= u.Wakes && l.Warm.WonPerSpared <= 0.1
	}
	return l
}

func round(v float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(v*p) / p
}
