// Requests over HTTP, and what their answers say.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

type object = map[string]any

// The answer is not known: the request may have been carried out, or be carried out yet.
var errUnknown = fmt.Errorf("no answer")

// The request has certainly not been carried out, and says nothing of the items.
var errNothing = fmt.Errorf("nothing done")

type client struct {
	http    http.Client
	address string // the file that holds the endpoint's URL while there is one
}

func newClient(address string) *client {
	return &client{http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 20 * time.Second}, address}
}

// The endpoint's URL, or "" while there is none.
func (c *client) url() string {
	text, err := os.ReadFile(c.address)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Sends the request; the body of an answer that is an exception is given as well.
func (c *client) call(operation string, parameters object) (object, string, error) {
	url := c.url()
	if url == "" {
		time.Sleep(10 * time.Millisecond)
		return nil, "", errNothing
	}
	body, _ := json.Marshal(parameters)
	request, _ := http.NewRequest("POST", url, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	response, err := c.http.Do(request)
	if err != nil {
		time.Sleep(10 * time.Millisecond)
		return nil, "", errUnknown
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	answer := object{}
	if err != nil || json.Unmarshal(text, &answer) != nil {
		return nil, "", errUnknown
	}
	if response.StatusCode == 200 {
		return answer, "", nil
	}
	exception, _ := answer["__type"].(string)
	return answer, exception[strings.Index(exception, "#")+1:], nil
}

func newToken() string {
	bytes := make([]byte, 16)
	rand.Read(bytes)
	return fmt.Sprintf("%x", bytes)
}

// ---- Items ----

func table(item int) string {
	if item == itemsInGroup-1 {
		return "Slow"
	}
	return "Items"
}

func key(group, item int) object {
	return object{"pk": object{"S": fmt.Sprintf("group %d", group)}, "sk": object{"N": fmt.Sprint(item)}}
}

func list(text string) object {
	elements := []object{}
	for _, element := range strings.Split(text, ",") {
		elements = append(elements, object{"N": element})
	}
	return object{"L": elements}
}

// The list of an item in an answer, "" where there is none.
func listOf(item any) string {
	attributes, _ := item.(object)
	value, _ := attributes["list"].(object)
	elements, _ := value["L"].([]any)
	texts := []string{}
	for _, element := range elements {
		texts = append(texts, element.(object)["N"].(string))
	}
	return strings.Join(texts, ",")
}

// ---- Reads ----

// How a read of several items at one moment is asked for.
func (c *client) read(in input, how int) (output, error) {
	if len(in.Reads) == 1 {
		return c.readOne(in, how)
	}
	if how%2 == 0 && in.Reads[len(in.Reads)-1] != itemsInGroup-1 {
		return c.readPage(in)
	}
	gets := []object{}
	for _, item := range in.Reads {
		gets = append(gets, object{"Get": object{"TableName": table(item), "Key": key(in.Group, item)}})
	}
	answer, exception, err := c.call("TransactGetItems", object{"TransactItems": gets})
	if err != nil || exception != "" {
		return output{}, errNothing
	}
	out := output{}
	for _, response := range answer["Responses"].([]any) {
		out.Items = append(out.Items, listOf(response.(object)["Item"]))
	}
	return out, nil
}

func (c *client) readOne(in input, how int) (output, error) {
	item := in.Reads[0]
	var found any
	var answer object
	var exception string
	var err error
	if how%2 == 0 {
		answer, exception, err = c.call("GetItem", object{"TableName": table(item), "Key": key(in.Group, item), "ConsistentRead": true})
		found = answer["Item"]
	} else {
		answer, exception, err = c.call("ExecuteStatement", object{
			"Statement":  fmt.Sprintf(`SELECT * FROM "%s" WHERE pk = ? AND sk = ?`, table(item)),
			"Parameters": []any{key(in.Group, item)["pk"], key(in.Group, item)["sk"]}, "ConsistentRead": true})
		if items, _ := answer["Items"].([]any); len(items) > 0 {
			found = items[0]
		}
	}
	if err != nil || exception != "" {
		return output{}, errNothing
	}
	return output{Items: []string{listOf(found)}}, nil
}

// A page of Query is one moment's.
func (c *client) readPage(in input) (output, error) {
	answer, exception, err := c.call("Query", object{"TableName": "Items", "ConsistentRead": true, "KeyConditionExpression": "pk = :pk",
		"ExpressionAttributeValues": object{":pk": key(in.Group, 0)["pk"]}})
	if err != nil || exception != "" {
		return output{}, errNothing
	}
	out := output{}
	found := map[string]string{}
	for _, item := range answer["Items"].([]any) {
		found[item.(object)["sk"].(object)["N"].(string)] = listOf(item)
	}
	for _, item := range in.Reads {
		out.Items = append(out.Items, found[fmt.Sprint(item)])
	}
	return out, nil
}

// ---- Actions ----

// The action's parameters, as single operations and transactions both take them.
func parameters(group int, a action) object {
	result := object{"TableName": table(a.Item), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
	names, values := object{}, object{}
	switch a.Condition {
	case absent:
		result["ConditionExpression"] = "attribute_not_exists(pk)"
	case present:
		result["ConditionExpression"] = "attribute_exists(pk)"
	case equals:
		result["ConditionExpression"] = "#l = :expected"
		names["#l"] = "list"
		values[":expected"] = list(a.Expected)
	}
	if a.Change == put {
		item := key(group, a.Item)
		item["list"] = list(a.Value)
		result["Item"] = item
	} else {
		result["Key"] = key(group, a.Item)
	}
	if a.Change == appendTo {
		result["UpdateExpression"] = "SET #l = list_append(if_not_exists(#l, :none), :one)"
		names["#l"] = "list"
		values[":none"] = object{"L": []object{}}
		values[":one"] = list(a.Value)
	}
	if len(names) > 0 {
		result["ExpressionAttributeNames"] = names
	}
	if len(values) > 0 {
		result["ExpressionAttributeValues"] = values
	}
	return result
}

// The action as a PartiQL statement. An INSERT asks that the item is absent and an UPDATE that it is there.
func statement(group int, a action, returning string) object {
	texts := []string{`EXISTS(SELECT * FROM "%s"`, `UPDATE "%s" SET "list" = ?`, `DELETE FROM "%s"`,
		`UPDATE "%s" SET "list" = list_append("list", ?)`}
	text := fmt.Sprintf(texts[a.Change], table(a.Item))
	values := []any{}
	if a.Change == put && a.Condition == absent {
		text = fmt.Sprintf(`INSERT INTO "%s" VALUE {'list': ?, 'pk': ?, 'sk': ?}`, table(a.Item))
	} else {
		text += ` WHERE pk = ? AND sk = ?`
	}
	if a.Value != "" {
		values = append(values, list(a.Value))
	}
	values = append(values, key(group, a.Item)["pk"], key(group, a.Item)["sk"])
	switch a.Condition {
	case present:
		text += ` AND attribute_exists("list")`
	case equals:
		text += ` AND "list" = ?`
		values = append(values, list(a.Expected))
	}
	switch a.Change {
	case check:
		text += ")"
	case put, appendTo:
		if a.Condition != absent {
			text += returning
		}
	}
	return object{"Statement": text, "Parameters": values, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
}

// A single action by the operation of its name, or by a statement; what is there after it is in the answer's member.
func (c *client) act(in input, byStatement bool) (output, error) {
	a := in.Actions[0]
	operation, member := []string{"", "PutItem", "DeleteItem", "UpdateItem"}[a.Change], "Attributes"
	request := parameters(in.Group, a)
	if a.Change == appendTo {
		request["ReturnValues"] = "ALL_NEW"
	}
	if byStatement {
		operation, member = "ExecuteStatement", "Items"
		request = statement(in.Group, a, " RETURNING ALL NEW *")
	}
	answer, exception, err := c.call(operation, request)
	switch {
	case err != nil:
		return output{Unknown: true}, err
	case exception == "ConditionalCheckFailedException":
		return output{Failed: []bool{true}, Items: []string{listOf(answer["Item"])}}, nil
	case exception == "DuplicateItemException":
		return output{Failed: []bool{true}, Items: []string{untold}}, nil
	case exception == "InternalServerError":
		return output{Unknown: true}, errUnknown
	case exception != "":
		return output{}, errNothing
	}
	item := answer[member]
	if items, _ := item.([]any); len(items) > 0 {
		item = items[0]
	}
	if after := listOf(item); after != "" {
		return output{Done: true, After: &after}, nil
	}
	return output{Done: true}, nil
}

// The operation for the actions, and its request.
func transaction(in input, byStatements bool) (string, object) {
	items := []object{}
	for _, a := range in.Actions {
		name := []string{"ConditionCheck", "Put", "Delete", "Update"}[a.Change]
		if byStatements {
			items = append(items, statement(in.Group, a, ""))
		} else {
			items = append(items, object{name: parameters(in.Group, a)})
		}
	}
	if byStatements {
		return "ExecuteTransaction", object{"TransactStatements": items}
	}
	return "TransactWriteItems", object{"TransactItems": items}
}

// Whose conditions have failed; false where a reason is another.
func failures(answer object) (output, bool) {
	out := output{}
	for _, reason := range answer["CancellationReasons"].([]any) {
		code := reason.(object)["Code"].(string)
		if code != "None" && code != "ConditionalCheckFailed" && code != "DuplicateItem" {
			return out, false
		}
		item := listOf(reason.(object)["Item"])
		if code == "DuplicateItem" {
			item = untold
		}
		out.Failed = append(out.Failed, code != "None")
		out.Items = append(out.Items, item)
	}
	return out, true
}

// With a token, it is sent until there is an answer, or once more, and is done once at most all the same.
func (c *client) transact(in input, byStatements, withToken, repeat bool, stop func() bool) (output, error) {
	operation, request := transaction(in, byStatements)
	if withToken {
		request["ClientRequestToken"] = newToken()
	}
	done, unknown := false, false
	for {
		answer, exception, err := c.call(operation, request)
		switch {
		case err == nil && exception == "":
			if done || !repeat {
				return output{Done: true}, nil
			}
			done = true
		case err == nil && exception == "TransactionCanceledException":
			if out, judged := failures(answer); judged {
				return out, nil
			}
		}
		unknown = unknown || err == errUnknown || exception == "InternalServerError"
		if !withToken || !(done || unknown) || stop() {
			if done {
				return output{Done: true}, nil
			}
			return output{Unknown: true}, nothingUnless(unknown)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func nothingUnless(unknown bool) error {
	if unknown {
		return errUnknown
	}
	return errNothing
}

// Puts and deletions in one request, of which each is an operation of its own.
func (c *client) batch(in input) (output, error) {
	requests := map[string][]object{}
	for _, a := range in.Actions {
		request := object{"DeleteRequest": object{"Key": key(in.Group, a.Item)}}
		if a.Change == put {
			request = object{"PutRequest": object{"Item": parameters(in.Group, a)["Item"]}}
		}
		requests[table(a.Item)] = append(requests[table(a.Item)], request)
	}
	answer, exception, err := c.call("BatchWriteItem", object{"RequestItems": requests})
	if err != nil || exception == "InternalServerError" {
		return output{Unknown: true}, nothingUnless(err != errNothing)
	}
	if exception != "" {
		return output{}, errNothing
	}
	if left, _ := answer["UnprocessedItems"].(object); len(left) > 0 {
		return output{Unknown: true}, errUnknown
	}
	return output{Done: true}, nil
}
