// The clients' common scenario with the JavaScript SDK v3: the client, then the document client.
import {
  BatchExecuteStatementCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand,
  DeleteTableCommand, DuplicateItemException, DynamoDBClient, ExecuteStatementCommand, ExecuteTransactionCommand,
  GetItemCommand, IdempotentParameterMismatchException, ListTablesCommand, PutItemCommand, ResourceNotFoundException,
  TransactGetItemsCommand, TransactWriteItemsCommand, TransactionCanceledException, UpdateItemCommand, paginateQuery,
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
await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName })
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

// ---- transactions ----
const keyOf = (pk, sk) => ({ pk: { S: pk }, sk: { N: String(sk) } })
const equal = isDeepStrictEqual
for (const sk of [0, 1, 2]) await client.send(new PutItemCommand({ TableName, Item: { ...keyOf('tx', sk), n: { N: '10' } } }))
const transaction = (wanted) => ({
  ClientRequestToken: `JavaScript ${wanted}`,
  ReturnConsumedCapacity: 'TOTAL',
  TransactItems: [
    { Put: { TableName, Item: keyOf('tx', 9), ConditionExpression: 'attribute_not_exists(pk)' } },
    { Update: { TableName, Key: keyOf('tx', 0), UpdateExpression: 'SET n = n + :n', ExpressionAttributeValues: { ':n': { N: '5' } } } },
    { Delete: { TableName, Key: keyOf('tx', 1) } },
    { ConditionCheck: {
      TableName, Key: keyOf('tx', 2), ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': { N: wanted } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD'
    } }
  ]
})
const readAll = new TransactGetItemsCommand({
  TransactItems: [0, 1, 2, 9].map((sk) => ({ Get: { TableName, Key: keyOf('tx', sk), ProjectionExpression: 'n' } }))
})
const written = [{ Item: { n: { N: '15' } } }, {}, { Item: { n: { N: '10' } } }, { Item: {} }]
const first = await client.send(new TransactWriteItemsCommand(transaction('10')))
check('a transaction writes', first.ConsumedCapacity[0].WriteCapacityUnits === 8)
check('a transaction reads', equal((await client.send(readAll)).Responses, written))
const again = await client.send(new TransactWriteItemsCommand(transaction('10')))
check('a repeated token costs a read', again.ConsumedCapacity[0].ReadCapacityUnits === 8)
check('and does nothing', equal((await client.send(readAll)).Responses, written))
try {
  await client.send(new TransactWriteItemsCommand({ ...transaction('11'), ClientRequestToken: 'JavaScript 10' }))
  check('a token of another transaction', false)
} catch (error) {
  check('a token of another transaction', error instanceof IdempotentParameterMismatchException)
}
try {
  await client.send(new TransactWriteItemsCommand(transaction('11')))
  check('a cancelled transaction', false)
} catch (error) {
  check('a cancelled transaction', error instanceof TransactionCanceledException && equal(error.CancellationReasons, [
    { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }, { Code: 'None' }, { Code: 'None' },
    { Code: 'ConditionalCheckFailed', Item: { ...keyOf('tx', 2), n: { N: '10' } }, Message: 'The conditional request failed' }]))
}
check('it changes nothing', equal((await client.send(readAll)).Responses, written))

// ---- statements ----
const run = (Statement, Parameters, more) => client.send(new ExecuteStatementCommand({ Statement, Parameters, ...more }))
for (let sk = 0; sk < 25; sk++) {
  await run(`INSERT INTO ${TableName} VALUE {'pk': ?, 'sk': ?, 'n': 0, 'set': <<'a', 'b'>>}`, [{ S: 'ql' }, { N: String(sk) }])
}
try {
  await run(`INSERT INTO ${TableName} VALUE {'pk': 'ql', 'sk': 1}`)
  check('an inserted item is there already', false)
} catch (error) {
  check('an inserted item is there already', error instanceof DuplicateItemException)
}
check('a statement reads', equal((await run(`SELECT * FROM ${TableName} WHERE pk = ? AND sk = ?`, [{ S: 'ql' }, { N: '3' }])).Items,
  [{ ...keyOf('ql', 3), n: { N: '0' }, set: { SS: ['a', 'b'] } }]))
check('a statement updates', equal(
  (await run(`UPDATE ${TableName} SET n = n + 7 REMOVE "set" WHERE pk = 'ql' AND sk = 3 RETURNING ALL NEW *`)).Items,
  [{ ...keyOf('ql', 3), n: { N: '7' } }]))
check('a statement deletes', equal(
  (await run(`DELETE FROM ${TableName} WHERE pk = 'ql' AND sk = 3 RETURNING ALL OLD *`)).Items, [{ ...keyOf('ql', 3), n: { N: '7' } }]))
const statementPages = []
let NextToken
do {
  const page = await run(`SELECT sk FROM ${TableName} WHERE pk = ?`, [{ S: 'ql' }], { Limit: 10, NextToken })
  statementPages.push(page.Items.map((one) => Number(one.sk.N)))
  NextToken = page.NextToken
} while (NextToken !== undefined)
check('pages of a statement', equal(statementPages.map((page) => page.length), [10, 10, 4]) &&
  equal(statementPages.flat(), [...Array(25).keys()].filter((sk) => sk !== 3)))
const batch = await client.send(new BatchExecuteStatementCommand({
  Statements: [`UPDATE ${TableName} SET n = 2 WHERE pk = 'ql' AND sk = 0`, `UPDATE ${TableName} SET n = 2 WHERE pk = 'ql' AND sk = 3`,
    `INSERT INTO ${TableName} VALUE {'pk': 'ql', 'sk': 2}`].map((Statement) => ({ Statement }))
}))
check('a batch with errors', equal(batch.Responses.map((one) => one.Error?.Code),
  [undefined, 'ConditionalCheckFailed', 'DuplicateItem']))
const statements = (n) => ({
  ClientRequestToken: `JavaScript ${n}`,
  TransactStatements: [`EXISTS(SELECT * FROM ${TableName} WHERE pk = 'ql' AND sk = 0 AND n = ${n})`,
    `UPDATE ${TableName} SET n = n + 1 WHERE pk = 'ql' AND sk = 1`].map((Statement) => ({ Statement }))
})
for (let time = 0; time < 2; time++) await client.send(new ExecuteTransactionCommand(statements(2)))
const readStatements = await client.send(new ExecuteTransactionCommand({
  TransactStatements: [1, 3].map((sk) => ({ Statement: `SELECT n FROM ${TableName} WHERE pk = 'ql' AND sk = ${sk}` }))
}))
check('statements in a transaction, once', equal(readStatements.Responses, [{ Item: { n: { N: '1' } } }, {}]))
try {
  await client.send(new ExecuteTransactionCommand(statements(3)))
  check('statements that are cancelled', false)
} catch (error) {
  check('statements that are cancelled', error instanceof TransactionCanceledException &&
    equal(error.CancellationReasons.map((reason) => reason.Code), ['ConditionalCheckFailed', 'None']))
}

await client.send(new DeleteTableCommand({ TableName }))
await waitUntilTableNotExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName })
check('the table is gone', !(await client.send(new ListTablesCommand({}))).TableNames.includes(TableName))
