// The clients' common scenario with the Go SDK v2.
package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

var table = aws.String("golang")

func check(what string, condition bool) {
	word := "ok"
	if !condition {
		word = "not ok"
	}
	fmt.Printf("%s - Go SDK: %s\n", word, what)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func str(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
func num(text string) types.AttributeValue { return &types.AttributeValueMemberN{Value: text} }

var item = map[string]types.AttributeValue{
	"pk": str("every type"), "sk": num("1"), "string": str("h\u00e9\x00llo \U0001f600"),
	"number": num("-12345678901234567890.123456789"),
	"binary": &types.AttributeValueMemberB{Value: []byte{0, 255, 16}},
	"true":   &types.AttributeValueMemberBOOL{Value: true},
	"null":   &types.AttributeValueMemberNULL{Value: true},
	"map": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{
			str(""), &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}},
			&types.AttributeValueMemberL{Value: []types.AttributeValue{}}}}}},
	"strings":  &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
	"numbers":  &types.AttributeValueMemberNS{Value: []string{"1", "2.5"}},
	"binaries": &types.AttributeValueMemberBS{Value: [][]byte{{0}, {1}}},
}

func createTable(ctx context.Context, client *dynamodb.Client) {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange}}})
	must(err)
	must(dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: table}, 20*time.Second))
	tables, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
	must(err)
	check("a table is made", slices.Contains(tables.TableNames, *table))
}

func errorsByClass(ctx context.Context, client *dynamodb.Client, key map[string]types.AttributeValue) {
	_, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: table, Key: key, UpdateExpression: aws.String("SET a = :a"),
		ConditionExpression:                 aws.String("attribute_exists(b)"),
		ExpressionAttributeValues:           map[string]types.AttributeValue{":a": num("1")},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	var failed *types.ConditionalCheckFailedException
	check("a condition that fails", errors.As(err, &failed) && reflect.DeepEqual(failed.Item["pk"], item["pk"]))

	_, err = client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("missing"), Key: key})
	var missing *types.ResourceNotFoundException
	check("a missing table", errors.As(err, &missing))

	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: map[string]types.AttributeValue{"pk": str("x")}})
	var api smithy.APIError
	check("a missing key", errors.As(err, &api) && api.ErrorCode() == "ValidationException")
}

func batchAndQuery(ctx context.Context, client *dynamodb.Client) {
	for start := 0; start < 100; start += 25 {
		var requests []types.WriteRequest
		for number := start; number < start+25; number++ {
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
				"pk": str("many"), "sk": num(fmt.Sprint(number)), "text": str(strings.Repeat("x", 1000))}}})
		}
		answer, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{*table: requests}})
		must(err)
		check("a batch is written", len(answer.UnprocessedItems) == 0)
	}

	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: table, KeyConditionExpression: aws.String("pk = :p"), Limit: aws.Int32(30),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": str("many")}})
	var lengths, numbers []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(err)
		lengths = append(lengths, len(page.Items))
		var rows []struct {
			Number int `dynamodbav:"sk"`
		}
		must(attributevalue.UnmarshalListOfMaps(page.Items, &rows))
		for _, row := range rows {
			numbers = append(numbers, row.Number)
		}
	}
	check("a query in pages", slices.Equal(lengths, []int{30, 30, 30, 10}))
	check("in order", len(numbers) == 100 && slices.IsSorted(numbers))
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	must(err)
	client := dynamodb.NewFromConfig(settings)
	createTable(ctx, client)

	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item})
	must(err)
	key := map[string]types.AttributeValue{"pk": item["pk"], "sk": item["sk"]}
	found, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})
	must(err)
	check("every type comes back", reflect.DeepEqual(found.Item, item))

	errorsByClass(ctx, client, key)
	batchAndQuery(ctx, client)
	transactions(ctx, client)
	statements(ctx, client)

	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table})
	must(err)
	must(dynamodb.NewTableNotExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: table}, 20*time.Second))
	tables, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
	must(err)
	check("the table is gone", !slices.Contains(tables.TableNames, *table))
}
