package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func run(ctx context.Context, client *dynamodb.Client, statement string, parameters ...types.AttributeValue) ([]attributes, error) {
	answer, err := client.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: &statement, Parameters: parameters})
	if err != nil {
		return nil, err
	}
	return answer.Items, nil
}

func singleStatements(ctx context.Context, client *dynamodb.Client) {
	for number := range 25 {
		_, err := run(ctx, client, "INSERT INTO golang VALUE {'pk': ?, 'sk': ?, 'n': 0, 'set': <<'a', 'b'>>}", str("ql"), num(fmt.Sprint(number)))
		must(err)
	}
	_, err := run(ctx, client, "INSERT INTO golang VALUE {'pk': 'ql', 'sk': 1}")
	var duplicate *types.DuplicateItemException
	check("an inserted item is there already", errors.As(err, &duplicate))

	item := keyOf("ql", "3")
	item["n"] = num("0")
	item["set"] = &types.AttributeValueMemberSS{Value: []string{"a", "b"}}
	items, err := run(ctx, client, "SELECT * FROM golang WHERE pk = ? AND sk = ?", str("ql"), num("3"))
	must(err)
	check("a statement reads", reflect.DeepEqual(items, []attributes{item}))
	items, err = run(ctx, client, `UPDATE golang SET n = n + 7 REMOVE "set" WHERE pk = 'ql' AND sk = 3 RETURNING MODIFIED NEW *`)
	must(err)
	check("a statement updates", reflect.DeepEqual(items, []attributes{{"n": num("7")}}))
	items, err = run(ctx, client, "DELETE FROM golang WHERE pk = 'ql' AND sk = 3 RETURNING ALL OLD *")
	must(err)
	check("a statement deletes", len(items) == 1 && reflect.DeepEqual(items[0]["n"], num("7")))
}

func statementPages(ctx context.Context, client *dynamodb.Client) {
	var lengths []int
	var numbers []string
	input := &dynamodb.ExecuteStatementInput{
		Statement: aws.String("SELECT sk FROM golang WHERE pk = ?"), Parameters: []types.AttributeValue{str("ql")}, Limit: aws.Int32(10)}
	for {
		page, err := client.ExecuteStatement(ctx, input)
		must(err)
		lengths = append(lengths, len(page.Items))
		for _, item := range page.Items {
			numbers = append(numbers, item["sk"].(*types.AttributeValueMemberN).Value)
		}
		if page.NextToken == nil {
			break
		}
		input.NextToken = page.NextToken
	}
	check("pages of a statement", slices.Equal(lengths, []int{10, 10, 4}) &&
		slices.Equal(numbers[:5], []string{"0", "1", "2", "4", "5"}) && numbers[23] == "24")
}

func batchOfStatements(ctx context.Context, client *dynamodb.Client) {
	batch, err := client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{
		{Statement: aws.String("UPDATE golang SET n = 2 WHERE pk = 'ql' AND sk = 0")},
		{Statement: aws.String("UPDATE golang SET n = 2 WHERE pk = 'ql' AND sk = 3")},
		{Statement: aws.String("INSERT INTO golang VALUE {'pk': 'ql', 'sk': ?}"), Parameters: []types.AttributeValue{num("2")}}}})
	must(err)
	check("a batch with errors", batch.Responses[0].Error == nil && *batch.Responses[0].TableName == *table &&
		batch.Responses[1].Error.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed &&
		batch.Responses[2].Error.Code == types.BatchStatementErrorCodeEnumDuplicateItem)
}

// statementTransaction passes if the item's n is wanted.
func statementTransaction(wanted string) *dynamodb.ExecuteTransactionInput {
	return &dynamodb.ExecuteTransactionInput{ClientRequestToken: aws.String("Go" + wanted), TransactStatements: []types.ParameterizedStatement{
		{Statement: aws.String("EXISTS(SELECT * FROM golang WHERE pk = 'ql' AND sk = 0 AND n = ?)"), Parameters: []types.AttributeValue{num(wanted)}},
		{Statement: aws.String("UPDATE golang SET n = n + 1 WHERE pk = 'ql' AND sk = 1")}}}
}

func statements(ctx context.Context, client *dynamodb.Client) {
	singleStatements(ctx, client)
	statementPages(ctx, client)
	batchOfStatements(ctx, client)

	for range 2 {
		_, err := client.ExecuteTransaction(ctx, statementTransaction("2"))
		must(err)
	}
	read, err := client.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
		{Statement: aws.String("SELECT n FROM golang WHERE pk = 'ql' AND sk = 1")},
		{Statement: aws.String("SELECT n FROM golang WHERE pk = 'ql' AND sk = 3")}}})
	must(err)
	check("statements in a transaction, once", reflect.DeepEqual(read.Responses, []types.ItemResponse{{Item: attributes{"n": num("1")}}, {}}))

	_, err = client.ExecuteTransaction(ctx, statementTransaction("3"))
	var canceled *types.TransactionCanceledException
	check("statements that are cancelled", errors.As(err, &canceled) && len(canceled.CancellationReasons) == 2 &&
		*canceled.CancellationReasons[0].Code == "ConditionalCheckFailed" && *canceled.CancellationReasons[1].Code == "None")
}
