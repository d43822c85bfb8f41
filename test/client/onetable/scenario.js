// OneTable's items with unique attributes, which it keeps by transactions, as its documentation shows them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Table } from 'dynamodb-onetable'

const check = (what, condition) => console.log(`${condition ? 'ok' : 'not ok'} - OneTable: ${what}`)
const schema = {
  format: 'onetable:1.1.0',
  version: '0.0.1',
  indexes: { primary: { hash: 'pk', sort: 'sk' }, gs1: { hash: 'gs1pk', sort: 'gs1sk', project: 'all' } },
  models: {
    Account: {
      pk: { type: String, value: 'account:${id}' },
      sk: { type: String, value: 'account:' },
      id: { type: String, generate: 'ulid' },
      name: { type: String, required: true },
      status: { type: String, default: 'active' }
    },
    User: {
      pk: { type: String, value: '${_type}#${name}' },
      sk: { type: String, value: '${_type}#' },
      gs1pk: { type: String, value: 'role:${role}' },
      gs1sk: { type: String, value: 'user:${name}' },
      name: { type: String },
      email: { type: String, unique: true, required: true },
      phone: { type: String, unique: true },
      role: { type: String, enum: ['user', 'admin'], default: 'user' },
      age: { type: Number }
    }
  },
  params: { isoDates: true, timestamps: true }
}
const table = new Table({ client: new DynamoDBClient({}), name: 'OneTable', partial: false, schema })
const [Account, User] = ['Account', 'User'].map((name) => table.getModel(name))

await table.createTable()
check('a table is made', await table.exists())
const peter = await User.create({ name: 'Peter Smith', email: 'peter@example.com' })
check('an item with a unique attribute is created', peter.role === 'user' && (await table.scanItems()).length === 2)
await User.create({ name: 'Judy Smith', email: 'judy@example.com', phone: '+15555555555' })
check('and one with two of them', (await table.scanItems()).length === 5)

const refused = async (what, action) => {
  try {
    await action()
    check(what, false)
  } catch (error) {
    check(what, error.code === 'UniqueError')
  }
}
await refused('the same attribute again is refused', () => User.create({ name: 'Another Peter', email: 'peter@example.com' }))
await refused('and the same item', () => User.create({ name: 'Peter Smith', email: 'peter2@example.com' }))
await refused('and an update to one that is there', () => User.update({ name: 'Judy Smith', email: 'peter@example.com' }, { return: 'none' }))
check('which leaves nothing behind', (await table.scanItems()).length === 5)

const judy = await User.update({ name: 'Judy Smith', email: 'judy-a@example.com' }, { return: 'get' })
check('a unique attribute is updated', judy.email === 'judy-a@example.com' && (await table.scanItems()).length === 5)
check('so that another may have it', (await User.create({ name: 'Judy Jones', email: 'judy@example.com' })).email === 'judy@example.com')
check('an index has the items', (await User.find({ role: 'user' }, { index: 'gs1' })).length === 3)
await User.remove({ name: 'Judy Smith' })
check('an item is removed with what kept it unique', (await table.scanItems()).length === 4)

const account = await Account.create({ name: 'Acme' })
const transaction = {}
await Account.update({ id: account.id, status: 'closed' }, { transaction })
await User.update({ name: 'Peter Smith', role: 'admin' }, { transaction })
await table.transact('write', transaction)
check('a transaction updates', (await Account.get({ id: account.id })).status === 'closed' &&
  (await User.get({ name: 'Peter Smith' })).role === 'admin')
const reads = {}
await Account.get({ id: account.id }, { transaction: reads })
await User.get({ name: 'Peter Smith' }, { transaction: reads })
const read = await table.transact('get', reads, { parse: true })
check('a transaction reads', read.length === 2 && read[0].name === 'Acme' && read[1].role === 'admin')
await table.deleteTable('DeleteTableForever')
