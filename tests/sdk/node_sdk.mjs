// Sends every kind of call through the unmodified SDK: node node_sdk.mjs ADDRESS KEY COUNT. Prints the message ids as JSON.
import { Analytics } from '@segment/analytics-node'
import { pause } from './pause.mjs'

const [address, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host: address, flushAt: 15, flushInterval: 200, maxRetries: 12 })
const ids = []
const failures = []
analytics.on('error', (error) => failures.push(String(error.code ?? error)))

function send(method, call) {
  const messageId = `node-${ids.length}`
  ids.push(messageId)
  analytics[method]({ messageId, ...call })
}

for (let i = 0; i < Number(count); i += 1) {
  if (i === Math.floor(Number(count) / 2)) {
    await analytics.flush()
    await pause()
  }
  send('track', { userId: `u${i % 7}`, event: 'Checked In', properties: { location_id: 'club-1', i } })
}
send('identify', { userId: 'u1', traits: { plan: 'gold' } })
send('page', { anonymousId: 'a1', name: 'Home', properties: { path: '/' } })
send('screen', { anonymousId: 'a1', name: 'Start' })
send('group', { userId: 'u1', groupId: 'g1', traits: { name: 'Club' } })
send('alias', { userId: 'u1', previousId: 'a1' })
await analytics.closeAndFlush()
console.log(JSON.stringify({ ids, failures }))
