import { createTransport } from 'nodemailer'
import type { EmailMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'
import { mailOf, requireOneAddress } from './mail.ts'

type Options = {
  /** `smtp://user:password@host:port` or `smtps://…`. With `?requireTLS=true` nothing is sent without encryption. */
  readonly url: string
  /** The sender for pools that do not set one. */
  readonly defaultFrom: string
  /** A connection on which the server is silent this long counts as dead. */
  readonly silenceMs?: number
  readonly maxConnections?: number
}

/** Sends e-mail over SMTP (RFC 5321). Connections are kept for further messages. */
export function createSmtpGateway({ url, defaultFrom, silenceMs = 20_000, maxConnections = 8 }: Options): Gateway<EmailMessage> {
  const transport = createTransport({
    ...readSmtpUrl(url),
    pool: true,
    maxConnections,
    // One retry, for a kept connection that the server has closed in the meantime. The outbox retries everything else.
    maxRequeues: 1,
    ...timeLimits(silenceMs),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // An idle connection that is lost is no failure. Without a listener, the `error` event would end the process.
  transport.on('error', () => undefined)

  return {
    kind: 'smtp',
    async deliver(outgoing, signal) {
      requireOneAddress(outgoing.message.recipient)
      try {
        await transport.sendMail({ ...mailOf(outgoing, defaultFrom), signal })
      } catch (error) {
        throw deliveryErrorOf(error)
      }
    },
    async close() {
      transport.close()
    },
  }
}

/** Connects and signs in, and sends no message. Returns why that is not possible, without anything that the server wrote. */
export async function findSmtpProblem(url: string, timeoutMs: number): Promise<string | undefined> {
  const transport = createTransport({ ...readSmtpUrl(url), ...timeLimits(timeoutMs) })
  const { promise: timeout, resolve } = Promise.withResolvers<string>()
  const noAnswer = `no answer within ${timeoutMs / 1000} seconds`
  const timer = setTimeout(() => resolve(noAnswer), 2 * timeoutMs)
  try {
    return await Promise.race([transport.verify().then(() => undefined), timeout])
  } catch (error) {
    const { code, responseCode, message } = error as SmtpFailure & Error
    if (code === 'ETIMEDOUT') return noAnswer
    if (code === 'EDNS') return 'the host name is unknown'
    if (code === 'EAUTH') return 'it refuses the user name or the password'
    if (code === 'ETLS') return 'the encryption failed, or it offers none'
    if (/ECONNREFUSED/.test(message)) return 'nothing listens there'
    return `SMTP ${typeof responseCode === 'number' ? responseCode : code}`
  } finally {
    clearTimeout(timer)
    transport.close()
  }
}

function timeLimits(ms: number) {
  return { connectionTimeout: ms, greetingTimeout: ms, socketTimeout: ms, dnsTimeout: ms }
}

/** @NOTE The errors do not quote the URL, because it holds a password. */
function readSmtpUrl(text: string) {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '') {
    throw new RangeError('The SMTP URL must be smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT.')
  }
  const secure = url.protocol === 'smtps:'
  const auth = url.username === '' ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // A password is never sent unencrypted to another machine: an attacker on the way may have hidden STARTTLS.
    requireTLS: !secure && (url.searchParams.get('requireTLS') === 'true' || (url.username !== '' && !isLoopback(url.hostname))),
    ...auth,
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

type SmtpFailure = { readonly code?: unknown; readonly responseCode?: unknown; readonly command?: unknown }

/** The DeliveryError for a failure. Its reason holds only codes, because the server's text may quote the message or the recipient. */
function deliveryErrorOf(error: unknown): DeliveryError {
  const { code, responseCode, command } = error as SmtpFailure
  const cause = { cause: error }
  if (typeof responseCode !== 'number') return new DeliveryError(`SMTP ${typeof code === 'string' ? code : 'failure'}`, cause)
  const at = typeof command === 'string' && /^[A-Z ]{3,12}$/.test(command) ? ` to ${command}` : ''
  // RFC 5321 §4.2.1: 5yz is permanent. A refused connection or login says nothing about the message.
  const refused = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return new DeliveryError(`SMTP ${responseCode}${at}`, { ...cause, refused })
}
