// A group of items as one object, for Porcupine: what each operation on it must answer, were they done one after the other.
package main

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// items of a group; the last one's table has a trigger that takes its time
const itemsInGroup = 4

// What each item of a group holds: its list, or "" where it is absent.
type state [itemsInGroup]string

type change int

const (
	check change = iota
	put
	remove
	appendTo
)

type condition int

const (
	none condition = iota
	absent
	present
	equals
)

// One action on an item, alone or in a transaction.
type action struct {
	Change    change
	Item      int
	Condition condition
	Expected  string // the list, for equals
	Value     string // one element
	Statement bool   // of PartiQL
}

// A read of items at one moment, or actions that are done all or none.
type input struct {
	Group   int
	Reads   []int
	Actions []action
}

// What is told of an item where nothing is.
const untold = "?"

type output struct {
	Unknown bool     // the connection broke before the answer
	Done    bool     // of actions
	Failed  []bool   // which conditions failed, where it was not done
	Items   []string // what was read, or was there where a condition failed
	After   *string  // the item of a single action, after it
}

func (a action) passes(item string) bool {
	// a DELETE's condition is on the item that it deletes, if there is one
	if a.Statement && a.Change == remove && item == "" {
		return true
	}
	switch a.Condition {
	case absent:
		return item == ""
	case present:
		return item != ""
	case equals:
		return item == a.Expected
	}
	return true
}

func (a action) apply(item string) string {
	switch a.Change {
	case put:
		return a.Value
	case remove:
		return ""
	case appendTo:
		if item == "" {
			return a.Value
		}
		return item + "," + a.Value
	}
	return item
}

func stepReads(s state, in input, out output) bool {
	for i, item := range in.Reads {
		if !out.Unknown && out.Items[i] != s[item] {
			return false
		}
	}
	return true
}

func stepActions(s state, in input, out output) (bool, state) {
	done, after := true, s
	for i, a := range in.Actions {
		passes := a.passes(s[a.Item])
		done = done && passes
		if !out.Unknown && !out.Done && (out.Failed[i] == passes || (!passes && out.Items[i] != untold && out.Items[i] != s[a.Item])) {
			return false, s
		}
		after[a.Item] = a.apply(s[a.Item])
	}
	switch {
	case out.Unknown && !done:
		return true, s
	case out.Unknown:
		return true, after
	case out.Done != done:
		return false, s
	case !done:
		return true, s
	case out.After != nil && *out.After != after[in.Actions[0].Item]:
		return false, s
	}
	return true, after
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		groups := map[int][]porcupine.Operation{}
		for _, operation := range history {
			group := operation.Input.(input).Group
			groups[group] = append(groups[group], operation)
		}
		result := [][]porcupine.Operation{}
		for _, group := range groups {
			result = append(result, group)
		}
		return result
	},
	Init: func() interface{} { return state{} },
	Step: func(before, in, out interface{}) (bool, interface{}) {
		if in.(input).Reads != nil {
			return stepReads(before.(state), in.(input), out.(output)), before
		}
		return stepActions(before.(state), in.(input), out.(output))
	},
	DescribeOperation: func(in, out interface{}) string { return describe(in.(input), out.(output)) },
	DescribeState:     func(s interface{}) string { return fmt.Sprintf("%q", s) },
}

func describe(in input, out output) string {
	if in.Reads != nil {
		return fmt.Sprintf("read %v: %q", in.Reads, out.Items)
	}
	parts := []string{}
	for _, a := range in.Actions {
		part := fmt.Sprintf("%s %d %s", []string{"check", "put", "delete", "append"}[a.Change], a.Item, a.Value)
		if a.Statement {
			part = "statement: " + part
		}
		if a.Condition != none {
			part += fmt.Sprintf(" if %s%s", []string{"", "absent", "present", "= "}[a.Condition], a.Expected)
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, "; ")
	switch {
	case out.Unknown:
		return text + ": unknown"
	case !out.Done:
		return text + fmt.Sprintf(": failed %v %q", out.Failed, out.Items)
	case out.After != nil:
		return text + ": done, then " + *out.After
	}
	return text + ": done"
}
