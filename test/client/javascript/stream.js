// Prints the records of a stream up to its end, shards in parallel: node stream.js ARN
import {
  DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand
} from '@aws-sdk/client-dynamodb-streams'
import { setTimeout } from 'node:timers/promises'

const StreamArn = process.argv[2]
const client = new DynamoDBStreamsClient({ maxAttempts: 20 })
const readers = new Map()

async function readShard (ShardId, parent) {
  await parent
  let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
  while (ShardIterator !== undefined) {
    const { Records, NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }))
    for (const { eventName, dynamodb } of Records) {
      console.log(JSON.stringify({
        event: eventName, keys: dynamodb.Keys, old: dynamodb.OldImage ?? null, new: dynamodb.NewImage ?? null,
        sequence: dynamodb.SequenceNumber, shard: ShardId
      }))
    }
    ShardIterator = NextShardIterator
    if (Records.length === 0) await setTimeout(200)
  }
}

let known
do {
  known = readers.size
  let ended = false
  while (!ended) {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }))
    for (const { ShardId, ParentShardId } of StreamDescription.Shards) {
      if (!readers.has(ShardId)) readers.set(ShardId, readShard(ShardId, readers.get(ParentShardId)))
    }
    ended = StreamDescription.StreamStatus === 'DISABLED'
    if (!ended) await setTimeout(200)
  }
  await Promise.all(readers.values())
} while (known !== readers.size)
