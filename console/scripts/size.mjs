// Fails the build when what the first screen loads is over its limit. Reads the manifest that Vite wrote.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 350;
const out = new URL(process.env.FIELDFARE_CONSOLE_OUT ? `file://${process.env.FIELDFARE_CONSOLE_OUT}/` : "../../fieldfare/web/console/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", out), "utf8"));
const FIRST = ["index.html", "src/features/now/NowPage.tsx"];

const files = new Set();
function take(key) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`The manifest has no entry ${key}.`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const sheet of chunk.css ?? []) files.add(sheet);
  for (const other of chunk.imports ?? []) take(other);
}
FIRST.forEach(take);

const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, out))).length, 0);
const size = (bytes / 1024).toFixed(1);
if (bytes > LIMIT_KB * 1024) {
  process.stderr.write(`The first screen loads ${size} KB gzipped; the limit is ${LIMIT_KB} KB. Load what it does not show lazily.\n`);
  process.exit(1);
}
process.stdout.write(`The first screen loads ${size} KB gzipped in ${files.size} files (limit ${LIMIT_KB} KB).\n`);
