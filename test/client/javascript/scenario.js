// The clients' common scenario with the JavaScript SDK v3: the client, then the document client.
import {
  BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand, DeleteTableCommand, DynamoDBClient,
  GetItemCommand, ListTablesCommand, PutItemCommand, ResourceNotFoundException, UpdateItemCommand, paginateQuery,
  waitUntilTableExists, waitUntilTableNotExists
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { isDeepStrictEqual } from 'node:util'

const check = (what, condition) => console.log(`${condition ? 'ok' : 'not ok'} - JavaScript SDK: ${what}`)
const TableName = 'javascript'
const client = new DynamoDBClient({})

await client.send(new CreateTableCommand({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'N' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }]
}))
await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName })
check('a table is made', (await client.send(new ListTablesCommand({}))).TableNames.includes(TableName))

const item = {
  pk: { S: 'every type' }, sk: { N: '1' }, string: { S: 'h\u00e9\u0000llo \u{1f600}' },
  number: { N: '-12345678901234567890.123456789' }, binary: { B: new Uint8Array([0, 255, 16]) }, true: { BOOL: true },
  null: { NULL: true }, map: { M: { list: { L: [{ S: '' }, { M: {} }, { L: [] }] } } },
  strings: { SS: ['a', 'b'] }, numbers: { NS: ['1', '2.5'] },
  binaries: { BS: [new Uint8Array([0]), new Uint8Array([1])] }
}
const Key = { pk: item.pk, sk: item.sk }
await client.send(new PutItemCommand({ TableName, Item: item }))
check('every type comes back', isDeepStrictEqual((await client.send(new GetItemCommand({ TableName, Key }))).Item, item))

try {
  await client.send(new UpdateItemCommand({
    TableName, Key, UpdateExpression: 'SET a = :a', ConditionExpression: 'attribute_exists(b)',
    ExpressionAttributeValues: { ':a': { N: '1' } }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD'
  }))
  check('a condition that fails', false)
} catch (error) {
  check('a condition that fails', error instanceof ConditionalCheckFailedException && error.Item.pk.S === 'every type')
}
try {
  await client.send(new GetItemCommand({ TableName: 'missing', Key }))
  check('a missing table', false)
} catch (error) {
  check('a missing table', error instanceof ResourceNotFoundException)
}
try {
  await client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'x' } } }))
  check('a missing key', false)
} catch (error) {
  check('a missing key', error.name === 'ValidationException')
}

for (let start = 0; start < 100; start += 25) {
  const requests = Array.from({ length: 25 }, (_, i) => ({
    PutRequest: { Item: { pk: { S: 'many' }, sk: { N: String(start + i) }, text: { S: 'x'.repeat(1000) } } }
  }))
  const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }))
  check('a batch is written', Object.keys(answer.UnprocessedItems).length === 0)
}
const pages = []
for await (const page of paginateQuery({ client, pageSize: 30 }, {
  TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'many' } }
})) pages.push(page.Items.map((found) => Number(found.sk.N)))
check('a query in pages', isDeepStrictEqual(pages.map((page) => page.length), [30, 30, 30, 10]))
check('in order', isDeepStrictEqual(pages.flat(), [...Array(100).keys()]))

const documents = DynamoDBDocumentClient.from(client)
const document = { pk: 'document', sk: 1, map: { list: [1.5, 'x', null, true] }, set: new Set(['a', 'b']) }
await documents.send(new PutCommand({ TableName, Item: document }))
check('a document comes back', isDeepStrictEqual(
  (await documents.send(new GetCommand({ TableName, Key: { pk: 'document', sk: 1 } }))).Item, document))
const found = await documents.send(new QueryCommand({
  TableName, KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b',
  ExpressionAttributeValues: { ':p': 'many', ':a': 10, ':b': 12 }
}))
check("a document client's query", isDeepStrictEqual(found.Items.map((one) => one.sk), [10, 11, 12]))

await client.send(new DeleteTableCommand({ TableName }))
await waitUntilTableNotExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName })
check('the table is gone', !(await client.send(new ListTablesCommand({}))).TableNames.includes(TableName))
