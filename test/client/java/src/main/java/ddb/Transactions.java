// Transactions with the Java SDK v2, of items and of statements.
package ddb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementErrorCodeEnum;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.DuplicateItemException;
import software.amazon.awssdk.services.dynamodb.model.ExecuteStatementResponse;
import software.amazon.awssdk.services.dynamodb.model.ExecuteTransactionRequest;
import software.amazon.awssdk.services.dynamodb.model.IdempotentParameterMismatchException;
import software.amazon.awssdk.services.dynamodb.model.ItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ParameterizedStatement;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactGetItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

final class Transactions {
    private static final String TABLE = Scenario.TABLE;

    private final DynamoDbClient client;

    Transactions(DynamoDbClient client) {
        this.client = client;
    }

    private static Map<String, AttributeValue> item(String pk, int sk) {
        return Map.of("pk", AttributeValue.fromS(pk), "sk", AttributeValue.fromN(String.valueOf(sk)));
    }

    private static Map<String, AttributeValue> item(String pk, int sk, String n) {
        return Map.of("pk", AttributeValue.fromS(pk), "sk", AttributeValue.fromN(String.valueOf(sk)), "n", AttributeValue.fromN(n));
    }

    private static Map<String, AttributeValue> only(String name, String number) {
        return Map.of(name, AttributeValue.fromN(number));
    }

    // ---- Of items ----

    /** All four actions; the last one passes if the item's n is wanted. */
    private static TransactWriteItemsRequest.Builder write(String wanted) {
        return TransactWriteItemsRequest.builder().returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).transactItems(
                TransactWriteItem.builder().put(put -> put.tableName(TABLE).item(item("tx", 9))
                        .conditionExpression("attribute_not_exists(pk)")).build(),
                TransactWriteItem.builder().update(update -> update.tableName(TABLE).key(item("tx", 0))
                        .updateExpression("SET n = n + :n").expressionAttributeValues(only(":n", "5"))).build(),
                TransactWriteItem.builder().delete(delete -> delete.tableName(TABLE).key(item("tx", 1))).build(),
                TransactWriteItem.builder().conditionCheck(check -> check.tableName(TABLE).key(item("tx", 2))
                        .conditionExpression("n = :n").expressionAttributeValues(only(":n", wanted))
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)).build());
    }

    private void checkWritten(String what) {
        List<ItemResponse> responses = client.transactGetItems(read -> read.transactItems(
                Stream.of(0, 1, 2, 9).map(sk -> TransactGetItem.builder().get(get -> get.tableName(TABLE)
                        .key(item("tx", sk)).projectionExpression("n")).build()).toList())).responses();
        Scenario.check(what, responses.get(0).item().equals(only("n", "15")) && !responses.get(1).hasItem()
                && responses.get(2).item().equals(only("n", "10")) && responses.get(3).hasItem());
    }

    void items() {
        IntStream.range(0, 3).forEach(sk -> client.putItem(put -> put.tableName(TABLE).item(item("tx", sk, "10"))));
        TransactWriteItemsRequest first = write("10").clientRequestToken("Java").build();
        Scenario.check("a transaction writes",
                client.transactWriteItems(first).consumedCapacity().get(0).writeCapacityUnits() == 8);
        checkWritten("a transaction reads");
        Scenario.check("a repeated token costs a read",
                client.transactWriteItems(first).consumedCapacity().get(0).readCapacityUnits() == 8);
        checkWritten("and does nothing");
        try {
            client.transactWriteItems(write("11").clientRequestToken("Java").build());
            Scenario.check("a token of another transaction", false);
        } catch (IdempotentParameterMismatchException error) {
            Scenario.check("a token of another transaction", true);
        }
        try {
            client.transactWriteItems(write("11").build());
            Scenario.check("a cancelled transaction", false);
        } catch (TransactionCanceledException error) {
            CancellationReason none = CancellationReason.builder().code("None").build();
            CancellationReason failed = CancellationReason.builder().code("ConditionalCheckFailed")
                    .message("The conditional request failed").build();
            Scenario.check("a cancelled transaction", error.cancellationReasons().equals(List.of(
                    failed, none, none, failed.toBuilder().item(item("tx", 2, "10")).build())));
        }
        checkWritten("it changes nothing");
    }

    // ---- Of statements ----

    private List<Map<String, AttributeValue>> run(String statement, AttributeValue... parameters) {
        return client.executeStatement(request -> request.statement(statement)
                .parameters(parameters.length > 0 ? List.of(parameters) : null)).items();
    }

    private void singleStatements() {
        for (int number = 0; number < 25; number++) {
            run("INSERT INTO java VALUE {'pk': ?, 'sk': ?, 'n': 0, 'set': <<'a', 'b'>>}",
                    AttributeValue.fromS("ql"), AttributeValue.fromN(String.valueOf(number)));
        }
        try {
            run("INSERT INTO java VALUE {'pk': 'ql', 'sk': 1}");
            Scenario.check("an inserted item is there already", false);
        } catch (DuplicateItemException error) {
            Scenario.check("an inserted item is there already", true);
        }
        Map<String, AttributeValue> found = run("SELECT * FROM java WHERE pk = ? AND sk = ?",
                AttributeValue.fromS("ql"), AttributeValue.fromN("3")).get(0);
        Scenario.check("a statement reads", found.get("set").ss().equals(List.of("a", "b")) && found.size() == 4);
        Scenario.check("a statement updates", run("UPDATE java SET n = n + 7 REMOVE \"set\" "
                + "WHERE pk = 'ql' AND sk = 3 RETURNING ALL NEW *").equals(List.of(item("ql", 3, "7"))));
        Scenario.check("a statement deletes", run("DELETE FROM java WHERE pk = 'ql' AND sk = 3 RETURNING ALL OLD *")
                .equals(List.of(item("ql", 3, "7"))));
    }

    private void pages() {
        List<Integer> lengths = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        String token = null;
        do {
            String next = token;
            ExecuteStatementResponse page = client.executeStatement(request -> request
                    .statement("SELECT sk FROM java WHERE pk = ?").parameters(AttributeValue.fromS("ql")).limit(10).nextToken(next));
            lengths.add(page.items().size());
            page.items().forEach(item -> numbers.add(Integer.valueOf(item.get("sk").n())));
            token = page.nextToken();
        } while (token != null);
        Scenario.check("pages of a statement", lengths.equals(List.of(10, 10, 4))
                && numbers.equals(IntStream.range(0, 25).filter(number -> number != 3).boxed().toList()));
    }

    private void batch() {
        List<BatchStatementResponse> responses = client.batchExecuteStatement(batch -> batch.statements(Stream.of(
                "UPDATE java SET n = 2 WHERE pk = 'ql' AND sk = 0", "UPDATE java SET n = 2 WHERE pk = 'ql' AND sk = 3",
                "INSERT INTO java VALUE {'pk': 'ql', 'sk': 2}")
                .map(statement -> BatchStatementRequest.builder().statement(statement).build()).toList())).responses();
        Scenario.check("a batch with errors", responses.get(0).error() == null && responses.get(0).tableName().equals(TABLE)
                && responses.get(1).error().code() == BatchStatementErrorCodeEnum.CONDITIONAL_CHECK_FAILED
                && responses.get(2).error().code() == BatchStatementErrorCodeEnum.DUPLICATE_ITEM);
    }

    private List<ItemResponse> transaction(String token, String... statements) {
        return client.executeTransaction(ExecuteTransactionRequest.builder().clientRequestToken(token)
                .transactStatements(Stream.of(statements)
                        .map(statement -> ParameterizedStatement.builder().statement(statement).build()).toList())
                .build()).responses();
    }

    void statements() {
        singleStatements();
        pages();
        batch();
        String update = "UPDATE java SET n = n + 1 WHERE pk = 'ql' AND sk = 1";
        for (int time = 0; time < 2; time++) {
            transaction("Java", "EXISTS(SELECT * FROM java WHERE pk = 'ql' AND sk = 0 AND n = 2)", update);
        }
        List<ItemResponse> read = transaction(null, "SELECT n FROM java WHERE pk = 'ql' AND sk = 1",
                "SELECT n FROM java WHERE pk = 'ql' AND sk = 3");
        Scenario.check("statements in a transaction, once", read.get(0).item().equals(only("n", "1")) && !read.get(1).hasItem());
        try {
            transaction(null, "EXISTS(SELECT * FROM java WHERE pk = 'ql' AND sk = 0 AND n = 3)", update);
            Scenario.check("statements that are cancelled", false);
        } catch (TransactionCanceledException error) {
            Scenario.check("statements that are cancelled", error.cancellationReasons().stream()
                    .map(CancellationReason::code).toList().equals(List.of("ConditionalCheckFailed", "None")));
        }
    }
}
