import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { createTransport } from 'nodemailer'
import type { EmailMessage } from '../message.ts'
import { awsDeliveryError } from './aws-failure.ts'
import type { Gateway } from './gateway.ts'
import { mailOf, requireOneAddress } from './mail.ts'

type Options = {
  readonly region: string
  /** Undefined for AWS's own endpoint of the region. */
  readonly endpoint?: string | undefined
  /** The sender for pools that do not set one. */
  readonly defaultFrom: string
  readonly timeoutMs?: number
}

/** Errors by which SES refuses this message in particular. Other errors concern the account or the sender, or soon pass. */
const refusals = new Set(['MessageRejected', 'BadRequestException'])

/** Sends e-mail through Amazon SES (API v2), with the credentials of the AWS SDK's standard chain. */
export function createSesGateway({ region, endpoint, defaultFrom, timeoutMs = 10_000 }: Options): Gateway<EmailMessage> {
  const client = new SESv2Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    // The SDK must not retry, because the outbox retries what fails.
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
    kind: 'ses',
    async deliver(outgoing, signal) {
      const { recipient, from = defaultFrom, sourceArn, configurationSet } = outgoing.message
      requireOneAddress(recipient)
      const { message: raw } = await composer.sendMail(mailOf(outgoing, defaultFrom))
      const command = new SendEmailCommand({
        FromEmailAddress: from,
        FromEmailAddressIdentityArn: sourceArn,
        ConfigurationSetName: configurationSet,
        // The recipient is set here, so that SES does not take it from the headers of the mail.
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
