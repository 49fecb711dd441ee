// Sends every kind of call through the unmodified SDK: node rudder_node.mjs ADDRESS KEY COUNT. Prints the ids as JSON.
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { pause } from './pause.mjs'

const [address, writeKey, count] = process.argv.slice(2)
const failures = []
const analytics = new RudderAnalytics(writeKey, {
  dataPlaneUrl: address,
  flushInterval: 200,
  retryCount: 12,
  errorHandler: (error) => failures.push(String(error.message)),
})
const ids = []
const delivered = []

function send(method, call) {
  const messageId = `rudder-node-${ids.length}`
  ids.push(messageId)
  delivered.push(new Promise((resolve) => analytics[method]({ messageId, ...call }, resolve)))
}

for (let i = 0; i < Number(count); i += 1) {
  if (i === Math.floor(Number(count) / 2)) {
    await Promise.all(delivered)
    await pause()
  }
  send('track', { userId: `u${i % 7}`, event: 'Checked In', properties: { location_id: 'club-1', i } })
}
send('identify', { userId: 'u1', traits: { plan: 'gold' } })
send('page', { anonymousId: 'a1', name: 'Home', properties: { path: '/' } })
send('screen', { anonymousId: 'a1', name: 'Start' })
send('group', { userId: 'u1', groupId: 'g1', traits: { name: 'Club' } })
send('alias', { userId: 'u1', previousId: 'a1' })
await Promise.all(delivered)
console.log(JSON.stringify({ ids, failures }))
process.exit(0)
