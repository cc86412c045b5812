import type { Gateway, Gateways } from './messaging/gateways/gateway.ts'
import { createInboxGateway } from './messaging/gateways/inbox-gateway.ts'
import { createSmsHttpGateway } from './messaging/gateways/sms-http-gateway.ts'
import { createTwilioGateway } from './messaging/gateways/twilio-gateway.ts'
import { createUnconfiguredGateway } from './messaging/gateways/unconfigured-gateway.ts'
import type { EmailMessage, SmsMessage } from './messaging/message.ts'
import type { Settings } from './settings.ts'
import type { Db } from './storage/db.ts'

/**
 * The ways that the settings name. `dev` shows in its inbox what no gateway is set for; `serve` keeps it in the outbox and says so in the
 * log. The libraries of mail and AWS are slow to load, and most laptops never need them.
 */
export async function configuredGateways(settings: Settings, db: Db): Promise<Gateways> {
  const inbox = createInboxGateway(db)
  const missing = (flags: string) => (settings.mode === 'dev' ? inbox : createUnconfiguredGateway(flags))
  return {
    email: (await emailGateway(settings)) ?? missing('--smtp-url'),
    sms: (await smsGateway(settings)) ?? missing('--sms-gateway-url'),
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
