package main

import (
	"context"
	"errors"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type attributes = map[string]types.AttributeValue

func keyOf(pk, sk string) attributes { return attributes{"pk": str(pk), "sk": num(sk)} }

// transaction has all four actions; its last one passes if the item's n is wanted.
func transaction(wanted string) []types.TransactWriteItem {
	return []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: keyOf("tx", "9"), ConditionExpression: aws.String("attribute_not_exists(pk)")}},
		{Update: &types.Update{TableName: table, Key: keyOf("tx", "0"), UpdateExpression: aws.String("SET n = n + :n"),
			ExpressionAttributeValues: attributes{":n": num("5")}}},
		{Delete: &types.Delete{TableName: table, Key: keyOf("tx", "1")}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: keyOf("tx", "2"), ConditionExpression: aws.String("n = :n"),
			ExpressionAttributeValues:           attributes{":n": num(wanted)},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
	}
}

func checkWritten(ctx context.Context, client *dynamodb.Client, what string) {
	var gets []types.TransactGetItem
	for _, sk := range []string{"0", "1", "2", "9"} {
		gets = append(gets, types.TransactGetItem{Get: &types.Get{TableName: table, Key: keyOf("tx", sk), ProjectionExpression: aws.String("n")}})
	}
	answer, err := client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: gets})
	must(err)
	check(what, reflect.DeepEqual(answer.Responses, []types.ItemResponse{
		{Item: attributes{"n": num("15")}}, {}, {Item: attributes{"n": num("10")}}, {Item: attributes{}}}))
}

func transactions(ctx context.Context, client *dynamodb.Client) {
	for _, sk := range []string{"0", "1", "2"} {
		item := keyOf("tx", sk)
		item["n"] = num("10")
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item})
		must(err)
	}
	write := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("Go"), TransactItems: transaction("10"),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal}
	answer, err := client.TransactWriteItems(ctx, write)
	must(err)
	check("a transaction writes", aws.ToFloat64(answer.ConsumedCapacity[0].WriteCapacityUnits) == 8)
	checkWritten(ctx, client, "a transaction reads")
	answer, err = client.TransactWriteItems(ctx, write)
	must(err)
	check("a repeated token costs a read", aws.ToFloat64(answer.ConsumedCapacity[0].ReadCapacityUnits) == 8)
	checkWritten(ctx, client, "and does nothing")

	write.TransactItems = transaction("11")
	_, err = client.TransactWriteItems(ctx, write)
	var mismatch *types.IdempotentParameterMismatchException
	check("a token of another transaction", errors.As(err, &mismatch))

	write.ClientRequestToken = nil
	_, err = client.TransactWriteItems(ctx, write)
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		check("a cancelled transaction", false)
		return
	}
	old := keyOf("tx", "2")
	old["n"] = num("10")
	failed, message := aws.String("ConditionalCheckFailed"), aws.String("The conditional request failed")
	check("a cancelled transaction", reflect.DeepEqual(canceled.CancellationReasons, []types.CancellationReason{
		{Code: failed, Message: message}, {Code: aws.String("None")}, {Code: aws.String("None")},
		{Code: failed, Message: message, Item: old}}))
	checkWritten(ctx, client, "it changes nothing")
}
