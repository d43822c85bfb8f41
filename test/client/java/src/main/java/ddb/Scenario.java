// The clients' common scenario with the Java SDK v2: the client, then the enhanced client.
package ddb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbBean;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSortKey;
import software.amazon.awssdk.enhanced.dynamodb.model.QueryConditional;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

public final class Scenario {
    static final String TABLE = "java";

    private static final Map<String, AttributeValue> ITEM = Map.ofEntries(
            Map.entry("pk", string("every type")), Map.entry("sk", number("1")),
            Map.entry("string", string("h\u00e9\0llo \uD83D\uDE00")),
            Map.entry("number", number("-12345678901234567890.123456789")),
            Map.entry("binary", AttributeValue.fromB(bytes(0, 255, 16))),
            Map.entry("true", AttributeValue.fromBool(true)), Map.entry("null", AttributeValue.fromNul(true)),
            Map.entry("map", AttributeValue.fromM(Map.of("list", AttributeValue.fromL(List.of(
                    string(""), AttributeValue.fromM(Map.of()), AttributeValue.fromL(List.of())))))),
            Map.entry("strings", AttributeValue.fromSs(List.of("a", "b"))),
            Map.entry("numbers", AttributeValue.fromNs(List.of("1", "2.5"))),
            Map.entry("binaries", AttributeValue.fromBs(List.of(bytes(0), bytes(1)))));

    private static final Map<String, AttributeValue> KEY = Map.of("pk", ITEM.get("pk"), "sk", ITEM.get("sk"));

    private static AttributeValue string(String text) {
        return AttributeValue.fromS(text);
    }

    private static AttributeValue number(String text) {
        return AttributeValue.fromN(text);
    }

    private static SdkBytes bytes(int... values) {
        byte[] result = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (byte) values[i];
        }
        return SdkBytes.fromByteArray(result);
    }

    static void check(String what, boolean condition) {
        System.out.println((condition ? "ok" : "not ok") + " - Java SDK: " + what);
    }

    private static void createTable(DynamoDbClient client) {
        client.createTable(table -> table.tableName(TABLE).billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(
                        AttributeDefinition.builder().attributeName("pk").attributeType(ScalarAttributeType.S).build(),
                        AttributeDefinition.builder().attributeName("sk").attributeType(ScalarAttributeType.N).build())
                .keySchema(KeySchemaElement.builder().attributeName("pk").keyType(KeyType.HASH).build(),
                        KeySchemaElement.builder().attributeName("sk").keyType(KeyType.RANGE).build()));
        client.waiter().waitUntilTableExists(table -> table.tableName(TABLE));
        check("a table is made", client.listTables().tableNames().contains(TABLE));
    }

    private static void errorsByClass(DynamoDbClient client) {
        try {
            client.updateItem(update -> update.tableName(TABLE).key(KEY).updateExpression("SET a = :a")
                    .conditionExpression("attribute_exists(b)").expressionAttributeValues(Map.of(":a", number("1")))
                    .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD));
            check("a condition that fails", false);
        } catch (ConditionalCheckFailedException error) {
            check("a condition that fails", error.item().get("pk").equals(ITEM.get("pk")));
        }
        try {
            client.getItem(get -> get.tableName("missing").key(KEY));
            check("a missing table", false);
        } catch (ResourceNotFoundException error) {
            check("a missing table", true);
        }
        try {
            client.putItem(put -> put.tableName(TABLE).item(Map.of("pk", string("x"))));
            check("a missing key", false);
        } catch (DynamoDbException error) {
            check("a missing key", error.awsErrorDetails().errorCode().equals("ValidationException"));
        }
    }

    private static void batchAndQuery(DynamoDbClient client) {
        for (int start = 0; start < 100; start += 25) {
            List<WriteRequest> requests = IntStream.range(start, start + 25).mapToObj(number -> WriteRequest.builder()
                    .putRequest(PutRequest.builder().item(Map.of("pk", string("many"), "sk",
                            number(String.valueOf(number)), "text", string("x".repeat(1000)))).build()).build()).toList();
            check("a batch is written", client.batchWriteItem(batch -> batch.requestItems(Map.of(TABLE, requests)))
                    .unprocessedItems().isEmpty());
        }
        List<Integer> lengths = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (QueryResponse page : client.queryPaginator(query -> query.tableName(TABLE).limit(30)
                .keyConditionExpression("pk = :p").expressionAttributeValues(Map.of(":p", string("many"))))) {
            lengths.add(page.items().size());
            page.items().forEach(item -> numbers.add(Integer.valueOf(item.get("sk").n())));
        }
        check("a query in pages", lengths.equals(List.of(30, 30, 30, 10)));
        check("in order", numbers.equals(IntStream.range(0, 100).boxed().toList()));
    }

    /** What the enhanced client maps items to. */
    @DynamoDbBean
    public static class Song {
        private String pk;
        private Integer sk;
        private String title;

        @DynamoDbPartitionKey
        public String getPk() {
            return pk;
        }

        public void setPk(String pk) {
            this.pk = pk;
        }

        @DynamoDbSortKey
        public Integer getSk() {
            return sk;
        }

        public void setSk(Integer sk) {
            this.sk = sk;
        }

        public String getTitle() {
            return title;
        }

        public void setTitle(String title) {
            this.title = title;
        }
    }

    private static void enhanced(DynamoDbClient client) {
        DynamoDbTable<Song> table = DynamoDbEnhancedClient.builder().dynamoDbClient(client).build()
                .table(TABLE, TableSchema.fromBean(Song.class));
        for (int number = 0; number < 3; number++) {
            Song song = new Song();
            song.setPk("songs");
            song.setSk(number);
            song.setTitle("title " + number);
            table.putItem(song);
        }
        Song song = table.getItem(Key.builder().partitionValue("songs").sortValue(1).build());
        check("a bean comes back", song.getTitle().equals("title 1"));
        song.setTitle("another");
        table.updateItem(song);
        List<String> titles = table.query(QueryConditional.keyEqualTo(key -> key.partitionValue("songs")))
                .items().stream().map(Song::getTitle).toList();
        check("the enhanced client's query", titles.equals(List.of("title 0", "another", "title 2")));
    }

    public static void main(String[] arguments) {
        try (DynamoDbClient client = DynamoDbClient.create()) {
            createTable(client);
            client.putItem(put -> put.tableName(TABLE).item(ITEM));
            check("every type comes back", client.getItem(get -> get.tableName(TABLE).key(KEY)).item().equals(ITEM));
            errorsByClass(client);
            batchAndQuery(client);
            enhanced(client);
            Transactions transactions = new Transactions(client);
            transactions.items();
            transactions.statements();
            client.deleteTable(table -> table.tableName(TABLE));
            client.waiter().waitUntilTableNotExists(table -> table.tableName(TABLE));
            check("the table is gone", !client.listTables().tableNames().contains(TABLE));
        }
    }
}
