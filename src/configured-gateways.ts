import type { AssumeRoleDeps } from './access/sessions/assume-role.ts'
import { loadCodeKey } from './base/configured-keys.ts'
import type { Logger } from './base/logger.ts'
import { type CredentialsSource, ownSource } from './identity-pools/credentials/credentials-source.ts'
import type { StsOptions } from './identity-pools/credentials/sts-source.ts'
import type { CodeKeys } from './messaging/code-encryption.ts'
import type { Gateway, Gateways } from './messaging/gateways/gateway.ts'
import { createInboxGateway } from './messaging/gateways/inbox-gateway.ts'
import { createSmsHttpGateway } from './messaging/gateways/sms-http-gateway.ts'
import { createTwilioGateway } from './messaging/gateways/twilio-gateway.ts'
import { createUnconfiguredGateway } from './messaging/gateways/unconfigured-gateway.ts'
import type { EmailMessage, SmsMessage } from './messaging/message.ts'
import type { Settings } from './settings.ts'
import type { Db } from './storage/db.ts'

/** Ends a warning to the operator: the settings of which one choice sets up a gateway for e-mail. */
const enoughForEmail = '--smtp-url or --ses-region, with --email-from'
/** Ends a warning to the operator: the settings of which one choice sets up a gateway for text messages. */
const enoughForSms = '--sms-gateway-url, --twilio-url with --twilio-from, or --sns-region'

/**
 * The gateways that the settings name. Without a gateway for a medium, `dev` puts its messages into the inbox; `serve` keeps them in the
 * outbox and logs a warning at the start. The libraries for mail and AWS are only loaded when they are needed, because they load slowly.
 */
export async function configuredGateways(settings: Settings, db: Db, logger: Pick<Logger, 'warn'>): Promise<Gateways> {
  const inbox = createInboxGateway(db)
  const missing = (medium: string, enough: string) => {
    if (settings.mode === 'dev') return inbox
    logger.warn({ medium }, `No gateway for ${medium} is set: messages wait in the outbox until they expire. Set ${enough}.`)
    return createUnconfiguredGateway(enough)
  }
  return {
    email: (await emailGateway(settings)) ?? missing('e-mail', enoughForEmail),
    sms: (await smsGateway(settings)) ?? missing('SMS', enoughForSms),
  }
}

async function emailGateway({ smtpUrl, sesRegion, sesEndpoint, emailFrom = '' }: Settings): Promise<Gateway<EmailMessage> | undefined> {
  if (smtpUrl !== undefined) {
    const { createSmtpGateway } = await import('./messaging/gateways/smtp-gateway.ts')
    return createSmtpGateway({ url: smtpUrl, defaultFrom: emailFrom })
  }
  if (sesRegion === undefined) return undefined
  const { createSesGateway } = await import('./messaging/gateways/ses-gateway.ts')
  return createSesGateway({ region: sesRegion, endpoint: sesEndpoint, defaultFrom: emailFrom })
}

async function smsGateway(settings: Settings): Promise<Gateway<SmsMessage> | undefined> {
  const { smsGatewayUrl, smsGatewayToken, snsRegion, snsEndpoint, twilioUrl, twilioFrom = '' } = settings
  if (smsGatewayUrl !== undefined) {
    return createSmsHttpGateway({ url: smsGatewayUrl, ...(smsGatewayToken === undefined ? {} : { bearerToken: smsGatewayToken }) })
  }
  if (twilioUrl !== undefined) return createTwilioGateway({ url: twilioUrl, from: twilioFrom })
  if (snsRegion === undefined) return undefined
  const { createSnsGateway } = await import('./messaging/gateways/sns-gateway.ts')
  return createSnsGateway({ region: snsRegion, endpoint: snsEndpoint })
}

/**
 * The keys that encrypt codes for custom senders. Undefined in `serve` when no key is set: messages for custom senders then wait, and the
 * log says why.
 */
export function configuredCodeKeys(settings: Settings): CodeKeys | undefined {
  const key = loadCodeKey(settings)
  if (key !== undefined) return { kind: 'local', key }
  const { kmsRegion: region, kmsEndpoint: endpoint } = settings
  return region === undefined && endpoint === undefined ? undefined : { kind: 'kms', region, endpoint }
}

type CredentialsOptions = AssumeRoleDeps &
  Pick<StsOptions, 'clock' | 'publicUrl' | 'signingKeys' | 'withoutSlot'> & { readonly settings: Settings }

/**
 * What gives the credentials of identities: this server, or the STS of `--sts-url`. The library for AWS is only loaded when it is needed,
 * because it loads slowly.
 */
export async function configuredCredentials(options: CredentialsOptions): Promise<{ readonly source: CredentialsSource; close(): void }> {
  const { region, stsUrl: url } = options.settings
  if (url === undefined) return { source: ownSource(options), close: () => undefined }
  const { stsSource } = await import('./identity-pools/credentials/sts-source.ts')
  return stsSource({ ...options, url, region })
}
