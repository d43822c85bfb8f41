// Usage: history ADDRESS STOP
//
// Clients read and change items at the endpoint whose URL is in the file ADDRESS
// while that is there, until there is a file STOP. Then Porcupine judges whether
// what they were told is linearizable, each group of items being one object: so
// transactions within a group are strictly serializable.
//
// What had no answer may have been done at any time since it was sent.
package main

import (
	"fmt"
	"math"
	"math/rand"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	clients = 12
	// clients at work on a group, and how many operations of each: few enough to be judged quickly
	clientsOfGroup  = 6
	operationsAtOne = 10
)

type recorder struct {
	lock       sync.Mutex
	operations []porcupine.Operation
	kinds      map[string]int
}

func (r *recorder) add(id int, in input, out output, begin, end int64) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.operations = append(r.operations, porcupine.Operation{ClientId: id, Input: in, Output: out, Call: begin, Return: end})
}

func (r *recorder) count(kind string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.kinds[kind]++
}

// ---- What a client does ----

type worker struct {
	*client
	*recorder
	id     int
	start  time.Time
	random *rand.Rand
	next   int
	stop   func() bool
	seen   state // as last read; the items may have changed since
}

func (w *worker) value() string {
	if w.random.Intn(4) == 0 {
		return fmt.Sprint(w.random.Intn(2)) // which may be there already
	}
	w.next++
	return fmt.Sprint(w.id*100000 + w.next + 10)
}

func (w *worker) condition(item int) (condition, string) {
	c := condition(w.random.Intn(4))
	if c == equals && w.seen[item] == "" {
		c = absent
	}
	if c == equals {
		return c, w.seen[item]
	}
	return c, ""
}

func (w *worker) action(c change, item int) action {
	a := action{Change: c, Item: item}
	a.Condition, a.Expected = w.condition(item)
	if c == put || c == appendTo {
		a.Value = w.value()
	}
	return a
}

// The action as a PartiQL statement can have it.
func (a action) forStatement() action {
	a.Statement = true
	switch {
	case a.Change == put && a.Condition == none:
		a.Condition = absent
	case a.Change == remove && a.Condition == absent:
		a.Condition = none
	case (a.Change == check || a.Change == appendTo) && a.Condition != equals:
		a.Condition = present
	}
	return a
}

func forStatements(actions []action) []action {
	result := []action{}
	for _, a := range actions {
		result = append(result, a.forStatement())
	}
	return result
}

// Two such at a time must not both succeed: each checks what the other changes.
func (w *worker) skew() []action {
	items := w.random.Perm(itemsInGroup)
	result := []action{}
	looked := action{Change: check, Item: items[0], Condition: absent}
	if w.seen[items[0]] != "" {
		looked.Condition, looked.Expected = equals, w.seen[items[0]]
	}
	result = append(result, looked)
	changed := action{Change: put, Item: items[1], Value: w.value()}
	if w.seen[items[1]] != "" && w.random.Intn(2) == 0 {
		changed = action{Change: remove, Item: items[1]}
	}
	return append(result, changed)
}

func (w *worker) anything() []action {
	result := []action{}
	for _, item := range w.random.Perm(itemsInGroup)[:2+w.random.Intn(itemsInGroup-1)] {
		a := w.action(change(w.random.Intn(4)), item)
		if a.Change == check && a.Condition == none {
			a.Condition = present
		}
		result = append(result, a)
	}
	return result
}

func (w *worker) now() int64 {
	return time.Since(w.start).Nanoseconds()
}

// Notes what has been asked and answered; actions of a batch are noted one by one.
func (w *worker) note(kind string, begin int64, ins []input, out output, err error) {
	end := w.now()
	if err == errNothing {
		w.count(kind + ": nothing done")
		return
	}
	if err == errUnknown {
		end = math.MaxInt64
		out = output{Unknown: true}
		kind += ": unknown"
	} else if ins[0].Reads == nil && !out.Done {
		kind += ": condition failed"
	}
	w.count(kind)
	for _, in := range ins {
		w.add(w.id, in, out, begin, end)
	}
}

func (w *worker) read(group int, items []int) {
	in := input{Group: group, Reads: items}
	begin := w.now()
	out, err := w.client.read(in, w.random.Intn(2))
	w.note(fmt.Sprintf("read of %d", len(items)), begin, []input{in}, out, err)
	if err == nil {
		for i, item := range items {
			w.seen[item] = out.Items[i]
		}
	}
}

func (w *worker) transact(group int, actions []action, withToken bool) {
	byStatements := w.random.Intn(2) == 0
	kind := "transaction"
	if byStatements {
		actions = forStatements(actions)
		kind += " of statements"
	}
	in := input{Group: group, Actions: actions}
	begin := w.now()
	out, err := w.client.transact(in, byStatements, withToken, withToken && w.random.Intn(4) == 0, w.stop)
	if withToken {
		kind += " with token"
	}
	w.note(kind, begin, []input{in}, out, err)
}

func (w *worker) write(group int) {
	in := input{Group: group, Actions: []action{w.action(put+change(w.random.Intn(3)), w.random.Intn(itemsInGroup))}}
	kind := "single write"
	byStatement := w.random.Intn(2) == 0
	if byStatement {
		in.Actions = forStatements(in.Actions)
		kind = "statement"
	}
	begin := w.now()
	out, err := w.act(in, byStatement)
	w.note(kind, begin, []input{in}, out, err)
}

func (w *worker) writeBatch(group int) {
	whole := input{Group: group}
	singles := []input{}
	for _, item := range w.random.Perm(itemsInGroup)[:2] {
		a := action{Change: put, Item: item, Value: w.value()}
		if w.random.Intn(2) == 0 {
			a = action{Change: remove, Item: item}
		}
		whole.Actions = append(whole.Actions, a)
		singles = append(singles, input{Group: group, Actions: []action{a}})
	}
	begin := w.now()
	out, err := w.batch(whole)
	w.note("batch", begin, singles, out, err)
}

func (w *worker) step(group int) {
	switch w.random.Intn(10) {
	case 0:
		w.read(group, []int{w.random.Intn(itemsInGroup)})
	case 1:
		w.read(group, []int{0, 1, 2})
	case 2:
		w.read(group, []int{0, 1, 2, 3})
	case 3, 4:
		w.write(group)
	case 5:
		w.writeBatch(group)
	case 6, 7:
		w.read(group, []int{0, 1, 2, 3})
		w.transact(group, w.skew(), w.random.Intn(2) == 0)
	default:
		w.transact(group, w.anything(), w.random.Intn(2) == 0)
	}
}

// Clients of a group wait for each other before a new one, and meet.
func (w *worker) run(groups []int, meet func(round int)) {
	for round := 0; !w.stop(); round++ {
		meet(round)
		w.seen = state{}
		group := groups[0] + round*clients/clientsOfGroup
		for i := 0; i < operationsAtOne && !w.stop(); i++ {
			w.step(group)
		}
	}
}

// A function that returns when so many have called it with the same number, or all is over.
func meeting(count int, stop func() bool) func(int) {
	var lock sync.Mutex
	arrived := map[int]int{}
	return func(round int) {
		lock.Lock()
		arrived[round]++
		lock.Unlock()
		for !stop() {
			lock.Lock()
			all := arrived[round] == count
			lock.Unlock()
			if all {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func record(address, stopFile string) *recorder {
	r := &recorder{kinds: map[string]int{}}
	start := time.Now()
	var all sync.WaitGroup
	var meet func(int)
	var once sync.Mutex
	over := false
	stop := func() bool {
		once.Lock()
		defer once.Unlock()
		if !over {
			_, err := os.Stat(stopFile)
			over = err == nil
		}
		return over
	}
	for id := 0; id < clients; id++ {
		if id%clientsOfGroup == 0 {
			meet = meeting(clientsOfGroup, stop)
		}
		w := &worker{client: newClient(address), recorder: r, id: id, start: start,
			random: rand.New(rand.NewSource(time.Now().UnixNano() + int64(id))), stop: stop}
		all.Add(1)
		go func(meet func(int), groups []int) {
			defer all.Done()
			w.run(groups, meet)
		}(meet, []int{id / clientsOfGroup})
	}
	all.Wait()
	return r
}

// ---- Judging ----

func ok(what string, holds bool) {
	if holds {
		fmt.Println("ok - " + what)
	} else {
		fmt.Println("not ok - " + what)
	}
}

// Judges each group by itself. There are orders without number where many have no answer at once, so a
// group may be too hard for the time it is given.
func judge(groups [][]porcupine.Operation) map[porcupine.CheckResult]int {
	results := map[porcupine.CheckResult]int{}
	for _, group := range groups {
		results[porcupine.CheckOperationsTimeout(porcupine.Model{Init: model.Init, Step: model.Step}, group, 5*time.Second)]++
	}
	return results
}

// Shows what a group's clients were told that no order explains.
func show(history []porcupine.Operation) {
	for _, group := range model.Partition(history) {
		result, _ := porcupine.CheckOperationsVerbose(porcupine.Model{Init: model.Init, Step: model.Step}, group, time.Minute)
		if result != porcupine.Illegal {
			continue
		}
		sort.Slice(group, func(i, j int) bool { return group[i].Call < group[j].Call })
		fmt.Printf("#   group %d: %s\n", group[0].Input.(input).Group, result)
		for _, o := range group {
			end := "never"
			if o.Return != math.MaxInt64 {
				end = fmt.Sprintf("%.3f", float64(o.Return)/1e6)
			}
			fmt.Printf("#   %.3f-%s ms, client %d: %s\n", float64(o.Call)/1e6, end, o.ClientId, describe(o.Input.(input), o.Output.(output)))
		}
		return
	}
}

// The same history with one answer that is wrong: a read finds what nobody wrote.
func spoil(history []porcupine.Operation) []porcupine.Operation {
	result := append([]porcupine.Operation{}, history...)
	for i := len(result) / 2; i < len(result); i++ {
		if in := result[i].Input.(input); in.Reads != nil {
			out := result[i].Output.(output)
			out.Items = append([]string{"9"}, out.Items[1:]...)
			result[i].Output = out
			break
		}
	}
	return result
}

func main() {
	r := record(os.Args[1], os.Args[2])
	kinds := []string{}
	for kind, count := range r.kinds {
		kinds = append(kinds, fmt.Sprintf("%s: %d", kind, count))
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		fmt.Println("# " + kind)
	}
	begin := time.Now()
	groups := model.Partition(r.operations)
	results := judge(groups)
	fmt.Printf("# %d operations on %d groups, judged in %.1f s: %d ok, %d illegal, %d too hard\n", len(r.operations), len(groups),
		time.Since(begin).Seconds(), results[porcupine.Ok], results[porcupine.Illegal], results[porcupine.Unknown])
	ok("what the clients were told is strictly serializable", results[porcupine.Illegal] == 0)
	if results[porcupine.Illegal] > 0 {
		show(r.operations)
	}
	ok("nearly all of it could be judged", results[porcupine.Ok] >= len(groups)*9/10)
	ok("one wrong answer among them is found", porcupine.CheckOperationsTimeout(model, spoil(r.operations), time.Minute) == porcupine.Illegal)
	missing := []string{}
	for _, kind := range []string{"read of 1", "read of 4", "single write", "single write: condition failed", "statement",
		"statement: condition failed", "batch", "transaction", "transaction: condition failed", "transaction with token",
		"transaction of statements", "transaction of statements: condition failed", "transaction of statements with token"} {
		if r.kinds[kind] == 0 {
			missing = append(missing, kind)
		}
	}
	ok(fmt.Sprintf("there were some of each kind %v", missing), len(missing) == 0)
}
