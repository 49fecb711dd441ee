// Looks at pages as people do: narrow and wide, light and dark; and lets axe-core look for what keeps people out.
// Says on standard error what is wrong; exit code 1 then. With a last argument it leaves pictures in that folder.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [addresses, executablePath, pictures] = process.argv.slice(2)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const browser = await chromium.launch({ executablePath, headless: true, args: flags })
const wrong = []
try {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      const viewport = { width, height: 844 }
      const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true })
      const tab = await context.newPage()
      for (const [place, address] of addresses.split(',').entries()) {
        const where = `page ${place}, ${width} pixels, ${colorScheme}`
        await tab.goto(address)
        if (pictures) await tab.screenshot({ path: join(pictures, `${place}-${width}-${colorScheme}.png`), fullPage: true })
        const ground = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor)
        const [red, green, blue] = ground.match(/\d+/g).map(Number)
        if ((red + green + blue < 384) !== (colorScheme === 'dark')) wrong.push(`${where}: the ground is ${ground}`)
        const isWide = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
        if (isWide) wrong.push(`${where}: it must be scrolled sideways`)
        await tab.addScriptTag({ content: axe })
        const found = await tab.evaluate((values) => axe.run(document, { runOnly: values }), rules)
        for (const { id, nodes } of found.violations) {
          wrong.push(`${where}: ${id}: ${nodes.map((each) => each.target.join(' ')).join(', ')}`)
        }
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
}
for (const each of wrong) console.error(each)
process.exit(wrong.length ? 1 : 0)
