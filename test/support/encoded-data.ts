import { createHmac } from 'node:crypto'

export const windowsChrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'

export const deviceData = { UserAgent: windowsChrome, DeviceId: 'abcdefghij0123456789:1700000000000', ClientTimezone: '-07:00' }

/** EncodedData as a client makes it; `changes` are those of an attacker, or of another kind of client. */
export type EncodedDataParts = {
  readonly clientId: string
  readonly poolId: string
  readonly username?: string | undefined
  readonly now: number
  readonly contextData?: unknown
  readonly version?: string
  /** Replaces the payload after it was signed. */
  readonly replacedPayload?: string
  /** Signed in place of the usual payload. */
  readonly payload?: string
}

export function encodeData({ clientId, poolId, username = 'ana', now, ...parts }: EncodedDataParts): string {
  const { contextData = deviceData, version = 'JS20171115' } = parts
  const payload = parts.payload ?? JSON.stringify({ contextData, username, userPoolId: poolId, timestamp: String(now) })
  const signature = createHmac('sha256', clientId).update(version).update(payload).digest('base64')
  return Buffer.from(JSON.stringify({ payload: parts.replacedPayload ?? payload, signature, version })).toString('base64')
}
