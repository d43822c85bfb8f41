// TypeDORM's entities with unique attributes, which it keeps by transactions, as its documentation shows them.
import { createRequire } from 'node:module'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, ScanCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'

// its ES modules are for bundlers
const require = createRequire(import.meta.url)
require('reflect-metadata')
const { Attribute, AutoGenerateAttribute, AUTO_GENERATE_ATTRIBUTE_STRATEGY, Entity, INDEX_TYPE, Table } = require('@typedorm/common')
const { WriteTransaction, ReadTransaction, createConnection, getEntityManager, getTransactionManger } = require('@typedorm/core')
const { DocumentClientV3 } = require('@typedorm/document-client')

const check = (what, condition) => console.log(`${condition ? 'ok' : 'not ok'} - TypeDORM: ${what}`)
const client = new DynamoDBClient({})
const TableName = 'TypeDORM'

const table = new Table({
  name: TableName,
  partitionKey: 'PK',
  sortKey: 'SK',
  indexes: { GSI1: { type: INDEX_TYPE.GSI, partitionKey: 'GSI1PK', sortKey: 'GSI1SK' } }
})
await client.send(new CreateTableCommand({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['PK', 'SK', 'GSI1PK', 'GSI1SK'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [{ AttributeName: 'PK', KeyType: 'HASH' }, { AttributeName: 'SK', KeyType: 'RANGE' }],
  GlobalSecondaryIndexes: [{
    IndexName: 'GSI1',
    KeySchema: [{ AttributeName: 'GSI1PK', KeyType: 'HASH' }, { AttributeName: 'GSI1SK', KeyType: 'RANGE' }],
    Projection: { ProjectionType: 'ALL' }
  }]
}))
await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName })

// The documentation's class User, with its decorators as plain JavaScript calls them.
class User {}
const decorate = (name, type, decorator) => {
  Reflect.defineMetadata('design:type', type, User.prototype, name)
  decorator(User.prototype, name)
}
decorate('id', String, AutoGenerateAttribute({ strategy: AUTO_GENERATE_ATTRIBUTE_STRATEGY.UUID4 }))
decorate('name', String, Attribute())
decorate('email', String, Attribute({ unique: true }))
decorate('status', String, Attribute())
decorate('updatedAt', String, AutoGenerateAttribute({ strategy: AUTO_GENERATE_ATTRIBUTE_STRATEGY.EPOCH_DATE, autoUpdate: true }))
Entity({
  name: 'user',
  primaryKey: { partitionKey: 'USER#{{id}}', sortKey: 'USER#{{id}}' },
  indexes: { GSI1: { partitionKey: 'USER#{{id}}', sortKey: 'USER#{{id}}#STATUS#{{status}}', type: INDEX_TYPE.GSI } }
})(User)

createConnection({ table, entities: [User], documentClient: new DocumentClientV3(client) })
const entityManager = getEntityManager()
const transactionManager = getTransactionManger()
const user = (fields) => Object.assign(new User(), { status: 'active', ...fields })
const count = async () => (await client.send(new ScanCommand({ TableName }))).Count
const refused = async (what, action) => {
  try {
    await action()
    check(what, false)
  } catch (error) {
    check(what, error.cancellationReasons?.some((reason) => reason.code === 'ConditionalCheckFailed'))
  }
}

const loki = await entityManager.create(user({ name: 'Loki', email: 'loki@asgard.com' }))
check('an entity with a unique attribute is created', loki.id.length === 36 && await count() === 2)
await refused('the same attribute again is refused', () => entityManager.create(user({ name: 'Another', email: 'loki@asgard.com' })))
check('which leaves nothing behind', await count() === 2)
check('it is found', (await entityManager.findOne(User, { id: loki.id })).name === 'Loki')
const thor = await entityManager.create(user({ name: 'Thor', email: 'thor@asgard.com' }))
await refused('an update to one that is there is refused', () => entityManager.update(User, { id: thor.id }, { email: 'loki@asgard.com' }))
const updated = await entityManager.update(User, { id: loki.id }, { email: 'trickster@asgard.com', status: 'inactive' })
check('a unique attribute is updated', updated.email === 'trickster@asgard.com' && await count() === 4)
const found = await entityManager.find(User, { id: loki.id }, { queryIndex: 'GSI1', keyCondition: { BEGINS_WITH: `USER#${loki.id}#STATUS#inactive` } })
check('an index has it', found.items.length === 1)

await transactionManager.write(new WriteTransaction()
  .addCreateItem(user({ id: '1', name: 'Odin', email: 'odin@asgard.com' }))
  .addUpdateItem(User, { id: thor.id }, { name: 'Thor Odinson' }))
check('a transaction writes', await count() === 6)
const read = await transactionManager.read(new ReadTransaction().addGetItem(User, { id: '1' }).addGetItem(User, { id: thor.id }))
check('a transaction reads', read.map((one) => one.name).join() === 'Odin,Thor Odinson')
await entityManager.delete(User, { id: loki.id })
check('an entity is deleted with what kept it unique', await count() === 4)
await client.send(new DeleteTableCommand({ TableName }))
