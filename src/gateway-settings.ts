import { isLoopbackHost } from './loopback.ts'

/** The settings that say how messages are sent. */
type GatewaySettings = {
  readonly smtpUrl: string | undefined
  readonly emailFrom: string | undefined
  readonly sesRegion: string | undefined
  readonly sesEndpoint: string | undefined
  readonly smsGatewayUrl: string | undefined
  readonly snsRegion: string | undefined
  readonly snsEndpoint: string | undefined
  readonly twilioUrl: string | undefined
  readonly twilioFrom: string | undefined
}

/** How these settings contradict each other, in one line without any secret. Undefined when they do not. */
export function gatewaySettingsError(settings: GatewaySettings): string | undefined {
  const { smtpUrl, emailFrom, sesRegion, sesEndpoint, smsGatewayUrl, snsRegion, snsEndpoint, twilioUrl, twilioFrom } = settings
  const emailSettings = namesOfSet({ '--smtp-url': smtpUrl, '--ses-region': sesRegion })
  const smsSettings = namesOfSet({ '--sms-gateway-url': smsGatewayUrl, '--sns-region': snsRegion, '--twilio-url': twilioUrl })
  if (emailSettings.length > 1) return `${emailSettings.join(' and ')} are both set. Set only one of them: there is one way to send e-mail.`
  if (smsSettings.length > 1)
    return `${smsSettings.join(' and ')} are set together. Set only one of them: there is one way to send text messages.`
  if (emailSettings.length === 1 && emailFrom === undefined) {
    return `--email-from is required with ${emailSettings[0]}: it is the sender of e-mail.`
  }
  if (sesEndpoint !== undefined && sesRegion === undefined) return '--ses-endpoint is of no use without --ses-region.'
  if (snsEndpoint !== undefined && snsRegion === undefined) return '--sns-endpoint is of no use without --sns-region.'
  if ((twilioUrl === undefined) !== (twilioFrom === undefined)) return '--twilio-url and --twilio-from go together: set both or neither.'
  if (twilioUrl !== undefined && !hasCredentials(twilioUrl)) {
    return '--twilio-url must hold the credentials: https://SID:TOKEN@HOST/PATH'
  }
  const unencrypted = Object.entries({ '--ses-endpoint': sesEndpoint, '--sns-endpoint': snsEndpoint, '--twilio-url': twilioUrl }).find(
    ([, url]) => url !== undefined && isUnencrypted(url),
  )
  return unencrypted && `${unencrypted[0]}: only a loopback address may be http:, because codes and credentials are sent there. Use https:.`
}

function namesOfSet(settings: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(settings).filter((name) => settings[name] !== undefined)
}

function hasCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username !== '' && password !== ''
}

function isUnencrypted(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
