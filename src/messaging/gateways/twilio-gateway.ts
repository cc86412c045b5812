import { OutboundError, type OutboundResponse, requestOutbound } from '../../base/outbound-http.ts'
import type { SmsMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'

type Options = {
  /** With account SID and token as user and password; given by the operator, so it may lie in a private network. */
  readonly url: string
  /** A number, a name, or the SID of a messaging service. */
  readonly from: string
  readonly timeoutMs?: number
}

const maxResponseBytes = 64 * 1024
const messagingService = /^MG[0-9a-f]{32}$/

/**
 * Twilio's codes for what is wrong with the sender or the account. They come with the same statuses as those about the recipient, but
 * the operator can mend them, and then the message goes out.
 */
const sendersFaults = new Set([20003, 20404, 21212, 21603, 21606, 21659, 21660, 21701, 21702, 21703, 21704])

const refusals = new Set([400, 422])

/** Text messages by Twilio's API, which other gateways speak as well. */
export function createTwilioGateway({ url: text, from, timeoutMs = 10_000 }: Options): Gateway<SmsMessage> {
  const { url, authorization } = readUrl(text)
  const sender: Record<string, string> = messagingService.test(from) ? { MessagingServiceSid: from } : { From: from }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'lifeguard', authorization }
  return {
    async deliver({ message }, signal) {
      const body = new URLSearchParams({ To: message.recipient, ...sender, Body: message.text }).toString()
      const { status, body: answer } = await post({ url, headers, body, timeoutMs, signal })
      if (status >= 200 && status <= 299) return
      const code = codeIn(answer)
      const refused = refusals.has(status) && !(code !== undefined && sendersFaults.has(code))
      throw new DeliveryError(`Twilio HTTP ${status}${code === undefined ? '' : `, code ${code}`}`, { refused })
    },
  }
}

/** @NOTE Throws an error that does not repeat the URL, which holds a password. */
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

/** The number alone: the words beside it quote the recipient. */
function codeIn(answer: Buffer): number | undefined {
  try {
    const { code } = JSON.parse(answer.toString()) as { code?: unknown }
    return typeof code === 'number' && Number.isSafeInteger(code) ? code : undefined
  } catch {
    return undefined
  }
}
