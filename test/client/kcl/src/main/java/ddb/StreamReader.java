// Prints the records of a stream up to its end, read by the Kinesis Client Library with the DynamoDB Streams adapter.
package ddb;

import com.amazonaws.services.dynamodbv2.streamsadapter.AmazonDynamoDBStreamsAdapterClient;
import com.amazonaws.services.dynamodbv2.streamsadapter.StreamsSchedulerFactory;
import com.amazonaws.services.dynamodbv2.streamsadapter.adapter.DynamoDBStreamsClientRecord;
import com.amazonaws.services.dynamodbv2.streamsadapter.model.DynamoDBStreamsProcessRecordsInput;
import com.amazonaws.services.dynamodbv2.streamsadapter.polling.DynamoDBStreamsPollingConfig;
import com.amazonaws.services.dynamodbv2.streamsadapter.processor.DynamoDBStreamsShardRecordProcessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.StreamDescription;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.KinesisClientLibException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;

public final class StreamReader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> ENDED = ConcurrentHashMap.newKeySet();

    private static final class Processor implements DynamoDBStreamsShardRecordProcessor {
        private String shard;

        @Override
        public void initialize(InitializationInput input) {
            shard = input.shardId();
        }

        @Override
        public void processRecords(DynamoDBStreamsProcessRecordsInput input) {
            try {
                for (DynamoDBStreamsClientRecord record : input.records()) {
                    print(shard, record.getRecord());
                }
                input.checkpointer().checkpoint();
            } catch (KinesisClientLibException | JsonProcessingException exception) {
                throw new IllegalStateException(exception);
            }
        }

        @Override
        public void leaseLost(LeaseLostInput input) {
        }

        @Override
        public void shardEnded(ShardEndedInput input) {
            try {
                input.checkpointer().checkpoint();
                ENDED.add(shard);
            } catch (KinesisClientLibException exception) {
                throw new IllegalStateException(exception);
            }
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {
        }
    }

    private static void print(String shard, Record record) throws JsonProcessingException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", record.eventNameAsString());
        line.put("keys", json(record.dynamodb().keys()));
        line.put("old", record.dynamodb().hasOldImage() ? json(record.dynamodb().oldImage()) : null);
        line.put("new", record.dynamodb().hasNewImage() ? json(record.dynamodb().newImage()) : null);
        line.put("sequence", record.dynamodb().sequenceNumber());
        line.put("shard", shard);
        System.out.println(JSON.writeValueAsString(line));
    }

    private static Map<String, Object> json(Map<String, AttributeValue> item) {
        Map<String, Object> result = new LinkedHashMap<>();
        item.forEach((name, value) -> result.put(name, json(value)));
        return result;
    }

    /** The types that the movies have. */
    private static Map<String, Object> json(AttributeValue value) {
        Object content = switch (value.type()) {
            case S -> value.s();
            case N -> value.n();
            case BOOL -> value.bool();
            case M -> json(value.m());
            case L -> {
                List<Object> list = new ArrayList<>();
                value.l().forEach(member -> list.add(json(member)));
                yield list;
            }
            default -> throw new IllegalArgumentException(value.toString());
        };
        return Map.of(value.type().toString(), content);
    }

    private static Scheduler scheduler(String arn, DynamoDbStreamsClient streams) {
        Region region = Region.of(System.getenv("AWS_REGION"));
        AmazonDynamoDBStreamsAdapterClient adapter = new AmazonDynamoDBStreamsAdapterClient(streams, region);
        ConfigsBuilder configs = new ConfigsBuilder(
                StreamsSchedulerFactory.createSingleStreamTracker(arn,
                        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
                "kcl", adapter, DynamoDbAsyncClient.create(), CloudWatchAsyncClient.create(), "worker", Processor::new);
        DynamoDBStreamsPollingConfig polling = new DynamoDBStreamsPollingConfig(adapter);
        polling.idleTimeBetweenReadsInMillis(250);
        return StreamsSchedulerFactory.createScheduler(
                configs.checkpointConfig(),
                configs.coordinatorConfig().parentShardPollIntervalMillis(500L).shardConsumerDispatchPollIntervalMillis(200L),
                configs.leaseManagementConfig().billingMode(BillingMode.PAY_PER_REQUEST).failoverTimeMillis(2000L)
                        .shardSyncIntervalMillis(1000L).leasesRecoveryAuditorExecutionFrequencyMillis(1000L),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(), configs.retrievalConfig().retrievalSpecificConfig(polling), adapter);
    }

    /** Whether the stream is closed, and all its shards have been read. */
    private static boolean isRead(DynamoDbStreamsClient streams, String arn) {
        StreamDescription description = streams.describeStream(request -> request.streamArn(arn)).streamDescription();
        return description.streamStatusAsString().equals("DISABLED")
                && ENDED.containsAll(description.shards().stream().map(Shard::shardId).toList());
    }

    public static void main(String[] arguments) throws Exception {
        String arn = arguments[0];
        DynamoDbStreamsClient streams = DynamoDbStreamsClient.create();
        Scheduler scheduler = scheduler(arn, streams);
        Thread thread = new Thread(scheduler);
        thread.setDaemon(true);
        thread.start();
        while (!isRead(streams, arn)) {
            Thread.sleep(500);
        }
        scheduler.shutdown();
        System.out.flush();
        System.exit(0);
    }
}
