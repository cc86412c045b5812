import { createHmac } from 'node:crypto'

/** A request that a receiver can verify: `id` is the same in each attempt to deliver the same thing. */
type Signed = { readonly id: string; readonly body: string }

/**
 * The headers of the Standard Webhooks specification (https://www.standardwebhooks.com): an HMAC-SHA-256 over id, time and body. Without a
 * secret there is no signature. The time is the machine's, since receivers reject requests that are older than their time window.
 */
export function webhookHeaders({ id, body }: Signed, secret: Buffer | undefined): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000).toString()
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp }
  if (secret === undefined) return headers
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}

/**
 * Reads a secret as the specification writes it: `whsec_` and the base64 form of 24 to 64 bytes. Undefined for any other text.
 */
export function readWebhookSecret(text: string): Buffer | undefined {
  const base64 = text.replace(/^whsec_/, '')
  const secret = Buffer.from(base64, 'base64')
  // Encoded again and compared, because Node skips characters that are not base64 and reports no error.
  const isBase64 = secret.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '')
  return isBase64 && secret.length >= 24 && secret.length <= 64 ? secret : undefined
}

/** Completes the sentence "… is not", for a secret that `readWebhookSecret` does not read. */
export const webhookSecretForm = 'the base64 form of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)'
