import { createTransport } from 'nodemailer'
import type { EmailMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'
import { mailOf, requireOneAddress } from './mail.ts'

type Options = {
  /** `smtp://user:password@host:port` or `smtps://…`; `?requireTLS=true` refuses to send in the clear. */
  readonly url: string
  /** The sender of pools that name none. */
  readonly defaultFrom: string
  /** Milliseconds without a word from the server before a connection counts as dead. */
  readonly silenceMs?: number
  readonly maxConnections?: number
}

/** E-mail over SMTP (RFC 5321), by connections that are kept for the next messages. */
export function createSmtpGateway({ url, defaultFrom, silenceMs = 20_000, maxConnections = 8 }: Options): Gateway<EmailMessage> {
  const transport = createTransport({
    ...readSmtpUrl(url),
    pool: true,
    maxConnections,
    // Once, for a kept connection that the server has closed meanwhile; what else fails is for the outbox to repeat.
    maxRequeues: 1,
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    dnsTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // A connection that dies while idle is nobody's failure; unheard, the event would end the process.
  transport.on('error', () => undefined)

  return {
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

/** @NOTE Throws errors that do not repeat the URL, which holds a password. */
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
    // A password is never sent in the clear to another machine because somebody on the way hid STARTTLS.
    requireTLS: !secure && (url.searchParams.get('requireTLS') === 'true' || (url.username !== '' && !isLoopback(url.hostname))),
    ...auth,
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

type SmtpFailure = { readonly code?: unknown; readonly responseCode?: unknown; readonly command?: unknown }

/** Only codes go on: a server's words may quote the message or the recipient. */
function deliveryErrorOf(error: unknown): DeliveryError {
  const { code, responseCode, command } = error as SmtpFailure
  const cause = { cause: error }
  if (typeof responseCode !== 'number') return new DeliveryError(`SMTP ${typeof code === 'string' ? code : 'failure'}`, cause)
  const at = typeof command === 'string' && /^[A-Z ]{3,12}$/.test(command) ? ` to ${command}` : ''
  // RFC 5321 §4.2.1: 5yz is permanent. Being refused a connection or a login says nothing about the message.
  const refused = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return new DeliveryError(`SMTP ${responseCode}${at}`, { ...cause, refused })
}
