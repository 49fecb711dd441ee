// Signs webhook bodies with the providers' own libraries. Reads lines of JSON {provider, secret, body, id, at}, the body
// in Base64, `at` in seconds; writes one line of JSON with the headers for each.
import '@shopify/shopify-api/adapters/node'
import { createSHA256HMAC } from '@shopify/shopify-api/runtime'
import { createInterface } from 'node:readline'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'

const stripe = new Stripe('sk_test_none')
const signers = {
  stripe: async ({ secret, body, at }) => ({
    'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at }),
  }),
  shopify: async ({ secret, body }) => ({ 'x-shopify-hmac-sha256': await createSHA256HMAC(secret, body) }),
  standard: async ({ secret, body, id, at }) => ({
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1000), body),
  }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  const body = Buffer.from(asked.body, 'base64').toString('utf8')
  console.log(JSON.stringify(await signers[asked.provider]({ ...asked, body })))
}
