// Pictures of every screen at 1280 and 390 pixels, light and dark, and what axe finds on each; for people to look at.
// FIELDFARE_URL names a console that runs, FIELDFARE_TOKEN its token. Ends with 1 when axe has serious findings, when
// something is wider than the screen, or when a screen says that it failed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { openBrowser } from "./browser.mjs";
import { enter, makeUser } from "./enter.mjs";
import { SCREENS } from "./list.mjs";

const base = process.env.FIELDFARE_URL ?? "http://127.0.0.1:8601";
const out = new URL("../../build/screens/", import.meta.url);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const only = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const WRITTEN_TO = `SELECT coalesce(r.into_id, m.profile_id) FROM messages m LEFT JOIN redirects r USING (profile_id)
  GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`;

/** Somebody who was written to most often. */
async function person() {
  const headers = { authorization: `Bearer ${process.env.FIELDFARE_TOKEN}`, "content-type": "application/json" };
  const answered = await fetch(`${base}/api/v1/sql`, { method: "POST", headers, body: JSON.stringify({ sql: WRITTEN_TO }) });
  if (!answered.ok) throw new Error(`nobody is known who was written to: ${await answered.text()}`);
  const { rows } = await answered.json();
  if (rows.length === 0) throw new Error("nobody was written to yet: serve a demo's data");
  return String(rows[0][0]);
}

await makeUser(base);
const somebody = await person();
const browser = await openBrowser();
const findings = [];
for (const scheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme: scheme, reducedMotion: "reduce", bypassCSP: true });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await enter(page, base);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const [name, path] of SCREENS) {
      if (only.length > 0 && !only.some((each) => name.startsWith(each))) continue;
      await page.goto(base + path.replace("PERSON", somebody), { waitUntil: "load" });
      // Live events keep the network busy for ever; so what is waited for is what a person waits for.
      await page.waitForFunction(() => document.querySelector("h1") !== null && document.querySelector("[role=status],.mantine-Skeleton-root,.mantine-Loader-root") === null, undefined, { timeout: 30_000 }).catch(() => findings.push({ name, width, scheme, what: "still loading after 30 s" }));
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: new URL(`${name}-${width}-${scheme}.png`, out).pathname, fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 1) findings.push({ name, width, scheme, what: `${wide} px wider than the screen` });
      const alerts = await page.locator('[role=alert]:has-text("could not be shown"), [role=alert]:has-text("has a defect")').allInnerTexts();
      for (const text of alerts) findings.push({ name, width, scheme, what: text.replaceAll("\n", " ") });
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const each of found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
        findings.push({ name, width, scheme, what: `axe ${each.id}: ${each.help}`, where: each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) });
      }
    }
  }
  for (const text of new Set(errors)) findings.push({ scheme, what: `error on the page: ${text}` });
  await context.close();
}
await browser.close();
writeFileSync(new URL("findings.json", out), JSON.stringify(findings, null, 1));
process.stdout.write(`${findings.length} findings; see build/screens/findings.json\n`);
process.exit(findings.length > 0 ? 1 : 0);
