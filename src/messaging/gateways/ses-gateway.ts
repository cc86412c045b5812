import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { createTransport } from 'nodemailer'
import type { EmailMessage } from '../message.ts'
import { awsDeliveryError } from './aws-failure.ts'
import type { Gateway } from './gateway.ts'
import { mailOf, requireOneAddress } from './mail.ts'

type Options = {
  readonly region: string
  /** Undefined for the region's own. */
  readonly endpoint?: string | undefined
  /** The sender of pools that name none. */
  readonly defaultFrom: string
  readonly timeoutMs?: number
}

/** Errors by which SES refuses this very message; others are about the account, the sender, or the moment. */
const refusals = new Set(['MessageRejected', 'BadRequestException'])

/** E-mail by Amazon SES (API v2), with the credentials that AWS's standard chain finds. */
export function createSesGateway({ region, endpoint, defaultFrom, timeoutMs = 10_000 }: Options): Gateway<EmailMessage> {
  const client = new SESv2Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    // The outbox repeats what fails.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  })
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  return {
    async deliver(outgoing, signal) {
      const { recipient, from = defaultFrom, sourceArn, configurationSet } = outgoing.message
      requireOneAddress(recipient)
      const { message: raw } = await composer.sendMail(mailOf(outgoing, defaultFrom))
      const command = new SendEmailCommand({
        FromEmailAddress: from,
        FromEmailAddressIdentityArn: sourceArn,
        ConfigurationSetName: configurationSet,
        // Named here, it is not looked for in the headers.
        Destination: { ToAddresses: [recipient] },
        Content: { Raw: { Data: raw as Buffer } },
      })
      try {
        await client.send(command, { abortSignal: signal })
      } catch (error) {
        throw awsDeliveryError('SES', error, refusals)
      }
    },
    async close() {
      client.destroy()
    },
  }
}
