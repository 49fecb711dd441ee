// Sends every kind of call through the unmodified SDK: node jitsu.mjs ADDRESS KEY COUNT. Prints the ids as JSON.
// This SDK sends each call once, by itself; the ids are those that it chose, read from what it hands to `fetch`.
import { jitsuAnalytics } from '@jitsu/js'
import { pause } from './pause.mjs'

const [host, writeKey, count] = process.argv.slice(2)
const ids = []
const failures = []
const masked = []
const analytics = jitsuAnalytics({
  host,
  writeKey,
  errorPolicy: (message) => failures.push(message),
  fetch: (url, request) => {
    const call = JSON.parse(request.body)
    ids.push(call.messageId)
    masked.push(call.writeKey)
    return fetch(url, request)
  },
})
for (let i = 0; i < Number(count); i += 1) {
  if (i === Math.floor(Number(count) / 2)) await pause()
  await analytics.track('Checked In', { location_id: 'club-1', i })
}
await analytics.identify('u1', { plan: 'gold' })
await analytics.page('Home', { path: '/' })
await analytics.group('g1', { name: 'Club' })
if (masked.includes(writeKey)) failures.push('the body holds the key: this SDK no longer masks it')
console.log(JSON.stringify({ ids, failures }))
process.exit(0)
