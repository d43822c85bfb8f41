// dynamodb-admin in headless Chromium: lists tables, opens Movies, edits an item, creates and deletes a table.
// Usage: scenario.js URL SCREENSHOT
import puppeteer from 'puppeteer-core'

const [, , url, screenshot] = process.argv
const check = (what, condition) => console.log(`${condition ? 'ok' : 'not ok'} - dynamodb-admin: ${what}`)
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage']
})
const page = await browser.newPage()
page.setDefaultTimeout(120000)
page.on('dialog', (dialog) => dialog.accept())
const text = () => page.evaluate(() => document.body.innerText)
const go = (path) => page.goto(url + path, { waitUntil: 'networkidle0' })
const tables = () => page.$$eval('[data-table-name]', (rows) => rows.map((row) => row.dataset.tableName))

await go('/')
check('tables are listed', (await tables()).includes('Movies'))

await go('/tables/Movies')
check('Movies is opened', /\b(19|20)\d\d\b/.test(await text()) && (await page.$$('table tbody tr')).length > 10)
await page.screenshot({ path: screenshot })

const link = await page.$$eval('table tbody a', (links) => links.map((a) => a.getAttribute('href')).find((href) => href.includes('/items/')))
await page.goto(new URL(link, url).href, { waitUntil: 'networkidle0' })
await page.evaluate(() => {
  const item = JSON.parse(editor.getValue())
  item.edited = 'in a browser'
  editor.setValue(JSON.stringify(item))
})
const save = () => page.waitForResponse((response) => response.request().method() === 'PUT')
const [saved] = await Promise.all([save(), page.click('#saveButton')])
check('an item is edited', saved.ok())
await page.reload({ waitUntil: 'networkidle0' })
check('the edit is kept', (await page.evaluate(() => JSON.parse(editor.getValue()).edited)) === 'in a browser')

await go('/create-table')
await page.type('#TableName', 'FromBrowser')
await page.type('#HashAttributeName', 'id')
await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle0' }), page.click('#saveButton')])
check('a table is created', (await tables()).includes('FromBrowser'))
await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle0' }), page.evaluate(() => deleteTable('FromBrowser'))])
check('a table is deleted', !(await tables()).includes('FromBrowser'))
await browser.close()
