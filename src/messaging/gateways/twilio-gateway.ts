import { OutboundError, type OutboundResponse, requestOutbound } from '../../base/outbound-http.ts'
import type { SmsMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'

type Options = {
  /** The URL, with the account SID as its user and the token as its password. Its host may be in a private network. */
  readonly url: string
  /** A phone number, a sender name, or the SID of a messaging service. */
  readonly from: string
  readonly timeoutMs?: number
}

const maxResponseBytes = 64 * 1024
const messagingService = /^MG[0-9a-f]{32}$/

/**
 * Twilio's codes for errors of the sender or the account. They have the same statuses as errors of the recipient, but the operator can fix
 * them, and then a retry succeeds.
 */
const senderErrors = new Set([20003, 20404, 21212, 21603, 21606, 21659, 21660, 21701, 21702, 21703, 21704])

const refusalStatuses = new Set([400, 422])

/** Sends text messages through Twilio's API, which other providers have as well. */
export function createTwilioGateway({ url: text, from, timeoutMs = 10_000 }: Options): Gateway<SmsMessage> {
  const { url, authorization } = readUrl(text)
  const sender: Record<string, string> = messagingService.test(from) ? { MessagingServiceSid: from } : { From: from }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'lifeguard', authorization }
  return {
    kind: 'twilio',
    async deliver({ message }, signal) {
      const body = new URLSearchParams({ To: message.recipient, ...sender, Body: message.text }).toString()
      const { status, body: answer } = await post({ url, headers, body, timeoutMs, signal })
      if (status >= 200 && status <= 299) return
      const code = codeIn(answer)
      const refused = refusalStatuses.has(status) && !(code !== undefined && senderErrors.has(code))
      throw new DeliveryError(`Twilio HTTP ${status}${code === undefined ? '' : `, code ${code}`}`, { refused })
    },
  }
}

/** @NOTE The error does not quote the URL, because it holds a password. */
function readUrl(text: string): { url: string; authorization: string } {
  const url = URL.parse(text)
  if (url === null || url.password === '') throw new RangeError('The Twilio URL must be https://SID:TOKEN@HOST/PATH.')
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return { url: url.href, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

type Post = { url: string; headers: Record<string, string>; body: string; timeoutMs: number; signal: AbortSignal }

async function post(request: Post): Promise<OutboundResponse> {
  try {
    return await requestOutbound({ ...request, method: 'POST', maxResponseBytes, allowPrivate: true })
  } catch (error) {
    throw error instanceof OutboundError ? new DeliveryError(`Twilio: ${error.message}`, { cause: error }) : error
  }
}

/** The number of Twilio's error. The text of the error is left out, because it quotes the recipient. */
function codeIn(answer: Buffer): number | undefined {
  try {
    const { code } = JSON.parse(answer.toString()) as { code?: unknown }
    return typeof code === 'number' && Number.isSafeInteger(code) ? code : undefined
  } catch {
    return undefined
  }
}
