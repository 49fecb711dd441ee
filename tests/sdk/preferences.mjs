// A person who has no mouse and no scripts changes a choice in the preference centre: Tab, arrows, Space and Enter alone.
// Says on standard error what could not be reached, read or pressed; exit code 1 then.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [address, executablePath] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'fieldfare-preferences-'))
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const context = await chromium.launchPersistentContext(folder, {
  executablePath,
  headless: true,
  args: flags,
  viewport: { width: 320, height: 640 },
})
const wrong = []
const check = (holds, what) => {
  if (!holds) wrong.push(what)
}
try {
  const [tab] = context.pages()
  await tab.goto(address)
  const seen = () =>
    tab.evaluate(() => {
      const { id, name, value, tagName } = document.activeElement
      const style = getComputedStyle(document.activeElement)
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
      const target = document.activeElement.closest('label') ?? document.activeElement
      const box = target.getBoundingClientRect()
      return { id, name, value, tagName, outlined, height: box.height, width: box.width }
    })
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)
  check(wide, 'at 320 pixels the page must be scrolled sideways')
  const stops = []
  for (let presses = 0; presses < 40; presses += 1) {
    await tab.keyboard.press('Tab')
    const here = await seen()
    if (here.tagName === 'BODY') break
    stops.push(here)
    check(here.outlined, `no visible focus: ${here.tagName} ${here.id}`)
    if (here.tagName === 'INPUT' || here.tagName === 'BUTTON') {
      check(here.height >= 24 && here.width >= 24, `a target of ${here.width} x ${here.height}: ${here.id}`)
    }
    if (here.id === 'choice.news.email.yes') {
      await tab.keyboard.press('ArrowDown')
      check((await seen()).id === 'choice.news.email.no', 'an arrow does not reach the other answer')
    }
    if (here.tagName === 'BUTTON' && here.value === 'save') {
      await Promise.all([tab.waitForNavigation(), tab.keyboard.press('Enter')])
      break
    }
  }
  check(stops[0]?.tagName === 'A', 'the first stop is no way past what comes before')
  check(stops.some((each) => each.value === 'save'), 'the button is never reached')
  const heading = await tab.textContent('h1')
  check(heading.includes('gespeichert'), `after saving the page says: ${heading}`)
  check((await tab.locator('[role=status]').count()) === 1, 'nothing is said to whoever cannot see')
} finally {
  await context.close()
  rmSync(folder, { recursive: true, force: true })
}
for (const each of wrong) console.error(each)
process.exit(wrong.length ? 1 : 0)
