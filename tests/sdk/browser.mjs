// Sends every kind of call through the unmodified browser SDK in a real Chromium page:
// node browser.mjs ADDRESS KEY COUNT STRATEGY CHROMIUM. Prints the message ids as JSON. STRATEGY is standard or batching.
// The page asks the door for its settings; when told, its last calls are made while it is being left.
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { pause } from './pause.mjs'

const [address, writeKey, count, strategy, executablePath] = process.argv.slice(2)
const bundled = await build({
  stdin: {
    contents: "import { AnalyticsBrowser } from '@segment/analytics-next'; globalThis.AnalyticsBrowser = AnalyticsBrowser",
    resolveDir: import.meta.dirname ?? process.cwd(),
  },
  bundle: true,
  format: 'iife',
  platform: 'browser',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  write: false,
  logLevel: 'error',
})
const page = '<!doctype html><title>Shop</title><script src="/sdk.js"></script>'
const shop = createServer((request, response) => {
  const script = request.url === '/sdk.js'
  response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' })
  response.end(script ? bundled.outputFiles[0].text : page)
})
await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve))
const home = `http://127.0.0.1:${shop.address().port}/`

const folder = mkdtempSync(join(tmpdir(), 'fieldfare-browser-'))
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
flags.push('--disable-component-update', '--disable-sync')
const context = await chromium.launchPersistentContext(folder, { executablePath, headless: true, args: flags })
const failures = []
try {
  const tab = await context.newPage()
  const ids = []
  await tab.exposeFunction('tell', (id) => ids.push(id))
  await tab.goto(home)
  const config = strategy === 'batching' ? { strategy, config: { size: 4, timeout: 300 } } : { strategy }
  await tab.evaluate(
    async ([cdnURL, key, deliveryStrategy]) => {
      const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL }, { integrations: { 'Segment.io': { deliveryStrategy } } })
      globalThis.analytics = analytics
      await analytics.addSourceMiddleware(({ payload, next }) => {
        globalThis.tell(payload.obj.messageId)
        next(payload)
      })
      await analytics.ready()
    },
    [address, writeKey, config],
  )
  const track = (from, to) =>
    tab.evaluate(
      async ([first, last]) => {
        for (let i = first; i < last; i += 1) await globalThis.analytics.track('Checked In', { location_id: 'club-1', i })
      },
      [from, to],
    )
  const half = Math.floor(Number(count) / 2)
  await track(0, half)
  await pause()
  await track(half, Number(count))
  await tab.evaluate(async () => {
    await globalThis.analytics.identify('u1', { plan: 'gold' })
    await globalThis.analytics.page('Home')
    await globalThis.analytics.screen('Start')
    await globalThis.analytics.group('g1', { name: 'Club' })
    await globalThis.analytics.alias('u2', 'u1')
  })
  console.log('sent')
  if ((await pause()) === 'leave') {
    // The page is left right after two more calls: only what the browser keeps alive can still go out.
    await tab.evaluate(() => {
      globalThis.analytics.track('Checked In', { location_id: 'club-1', leaving: 1 })
      globalThis.analytics.track('Checked In', { location_id: 'club-1', leaving: 2 })
      return new Promise((resolve) => setTimeout(resolve, 20))
    })
    await tab.goto('about:blank')
  }
  console.log(JSON.stringify({ ids, failures }))
  await pause()
} finally {
  await context.close()
  shop.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)
