// Lets a test do something in the middle: says `half`, waits for a line and returns it.
import { createInterface } from 'node:readline'

export async function pause() {
  process.stdin.ref?.()
  console.log('half')
  const lines = createInterface({ input: process.stdin })
  const line = await new Promise((resolve) => lines.once('line', resolve))
  lines.close()
  process.stdin.unref?.()
  return line
}
