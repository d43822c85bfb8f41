// Transactions with guregu/dynamo, as its documentation and its own tests make them.
package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"
)

type widget struct {
	UserID int       `dynamo:",hash"`
	Time   time.Time `dynamo:",range"`
	Msg    string    `dynamo:"Message"`
	Count  int       `dynamo:",omitempty"`
}

func check(what string, condition bool) {
	word := "ok"
	if !condition {
		word = "not ok"
	}
	fmt.Printf("%s - guregu/dynamo: %s\n", word, what)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func date(day int) time.Time { return time.Date(1969, 1, day, 1, 1, 1, 0, time.UTC) }

func write(ctx context.Context, db *dynamo.DB, table dynamo.Table) {
	var cost dynamo.ConsumedCapacity
	tx := db.WriteTx().Idempotent(true).ConsumedCapacity(&cost)
	tx.Put(table.Put(widget{UserID: 69, Time: date(1), Msg: "dog"}))
	tx.Put(table.Put(widget{UserID: 69, Time: date(2), Msg: "cat"}).If("attribute_not_exists(UserID)"))
	tx.Check(table.Check("UserID", 69).Range("Time", date(3)).IfNotExists())
	must(tx.Run(ctx))
	check("a transaction is written", cost.Write == 6 && cost.Read == 0)
	// costs add up
	must(tx.Run(ctx))
	check("again it only costs a read", cost.Write == 6 && cost.Read == 6)
}

func read(ctx context.Context, db *dynamo.DB, table dynamo.Table) {
	var first, missing widget
	get := db.GetTx()
	get.GetOne(table.Get("UserID", 69).Range("Time", dynamo.Equal, date(1)), &first)
	get.GetOne(table.Get("UserID", 69).Range("Time", dynamo.Equal, date(3)), &missing)
	must(get.Run(ctx))
	check("a transaction is read", first == widget{69, date(1), "dog", 0} && missing == widget{})

	var all []widget
	get = db.GetTx()
	get.Get(table.Get("UserID", 69).Range("Time", dynamo.Equal, date(1)))
	get.Get(table.Get("UserID", 69).Range("Time", dynamo.Equal, date(2)))
	must(get.All(ctx, &all))
	check("all of it at once", reflect.DeepEqual(all, []widget{{69, date(1), "dog", 0}, {69, date(2), "cat", 0}}))
}

func cancel(ctx context.Context, db *dynamo.DB, table dynamo.Table) {
	tx := db.WriteTx()
	tx.Update(table.Update("UserID", 69).Range("Time", date(1)).Add("Count", 1))
	tx.Check(table.Check("UserID", 69).Range("Time", date(2)).If("'Message' = ?", "dog"))
	tx.Delete(table.Delete("UserID", 69).Range("Time", date(3)).If("attribute_exists(UserID)"))
	err := tx.Run(ctx)
	var canceled *types.TransactionCanceledException
	check("a condition cancels a transaction", dynamo.IsCondCheckFailed(err) && errors.As(err, &canceled))
	var codes []string
	for _, reason := range canceled.CancellationReasons {
		codes = append(codes, *reason.Code)
	}
	check("its reasons", reflect.DeepEqual(codes, []string{"None", "ConditionalCheckFailed", "ConditionalCheckFailed"}))
	var first widget
	must(table.Get("UserID", 69).Range("Time", dynamo.Equal, date(1)).One(ctx, &first))
	check("and nothing is changed", first.Count == 0)

	tx = db.WriteTx()
	tx.Update(table.Update("UserID", 69).Range("Time", date(1)).Add("Count", 1))
	tx.Delete(table.Delete("UserID", 69).Range("Time", date(2)))
	must(tx.Run(ctx))
	var all []widget
	must(table.Get("UserID", 69).All(ctx, &all))
	check("an update and a delete", reflect.DeepEqual(all, []widget{{69, date(1), "dog", 1}}))
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(dynamo.RetryTxConflicts)
	}))
	must(err)
	db := dynamo.New(settings)
	must(db.CreateTable("Widgets", widget{}).OnDemand(true).Run(ctx))
	table := db.Table("Widgets")
	write(ctx, db, table)
	read(ctx, db, table)
	cancel(ctx, db, table)
	must(table.DeleteTable().Run(ctx))
}
