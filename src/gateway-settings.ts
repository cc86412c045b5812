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

/** How these settings contradict each other, each in one line without any secret. */
export function gatewaySettingsErrors(settings: GatewaySettings): string[] {
  const { smtpUrl, emailFrom, sesRegion, sesEndpoint, smsGatewayUrl, snsRegion, snsEndpoint, twilioUrl, twilioFrom } = settings
  const emailSettings = namesOfSet({ '--smtp-url': smtpUrl, '--ses-region': sesRegion })
  const smsSettings = namesOfSet({ '--sms-gateway-url': smsGatewayUrl, '--sns-region': snsRegion, '--twilio-url': twilioUrl })
  const errors = malformedUrls({ '--smtp-url': smtpUrl, '--sms-gateway-url': smsGatewayUrl, '--twilio-url': twilioUrl })
  if (emailSettings.length > 1)
    errors.push(`${emailSettings.join(' and ')} are both set. Set only one of them: there is one way to send e-mail.`)
  if (smsSettings.length > 1)
    errors.push(`${smsSettings.join(' and ')} are set together. Set only one of them: there is one way to send text messages.`)
  if (emailSettings.length === 1 && emailFrom === undefined)
    errors.push(`--email-from is required with ${emailSettings[0]}: it is the sender of e-mail.`)
  if (sesEndpoint !== undefined && sesRegion === undefined) errors.push('--ses-endpoint is of no use without --ses-region.')
  if (snsEndpoint !== undefined && snsRegion === undefined) errors.push('--sns-endpoint is of no use without --sns-region.')
  if ((twilioUrl === undefined) !== (twilioFrom === undefined))
    errors.push('--twilio-url and --twilio-from go together: set both or neither.')
  if (twilioUrl !== undefined && !hasCredentials(twilioUrl))
    errors.push('--twilio-url must hold the credentials: https://SID:TOKEN@HOST/PATH')
  for (const [name, url] of Object.entries({ '--ses-endpoint': sesEndpoint, '--sns-endpoint': snsEndpoint, '--twilio-url': twilioUrl })) {
    if (url === undefined || !isUnencrypted(url)) continue
    errors.push(`${name}: only a loopback address may be http:, because codes and credentials are sent there. Use https:.`)
  }
  return errors
}

function malformedUrls(settings: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(settings).flatMap(([name, url]) => {
    const problem = url === undefined ? undefined : findUrlProblem(url)
    return problem === undefined ? [] : [`${name}: ${problem}`]
  })
}

/** Why a gateway at this valid URL cannot be used: a sentence that does not quote the URL, because it holds a password. */
export function findUrlProblem(text: string): string | undefined {
  const { hostname, username, password } = new URL(text)
  if (hostname === '') return 'the address names no host. Write it like smtp://USER:PASSWORD@HOST:PORT.'
  try {
    decodeURIComponent(username + password)
    return undefined
  } catch {
    return 'the user name or the password is not percent-encoded correctly. Write a percent sign as %25, an @ as %40.'
  }
}

function namesOfSet(settings: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(settings).filter((name) => settings[name] !== undefined)
}

function hasCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username !== '' && password !== ''
}

export function isUnencrypted(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
