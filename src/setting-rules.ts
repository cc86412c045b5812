import { type BackupSettings, backupSettingsErrors } from './backup-settings.ts'
import { gatewaySettingsErrors, isUnencrypted } from './gateway-settings.ts'
import { type LogSettings, logSettingsErrors } from './log-settings.ts'
import { isLoopbackHost } from './loopback.ts'
import { masterKeySettingsErrors } from './master-key-settings.ts'

type RuledSettings = LogSettings &
  BackupSettings &
  Parameters<typeof masterKeySettingsErrors>[0] &
  Parameters<typeof gatewaySettingsErrors>[0] & {
    readonly host: string
    readonly region: string
    readonly publicUrl: string | undefined
    readonly allowHttp: boolean
    readonly tlsCert: string | undefined
    readonly tlsKey: string | undefined
    readonly https: boolean
    readonly auditStream: string | undefined
    readonly auditStreamSecret: string | undefined
    readonly codeKeyFile: string | undefined
    readonly kmsRegion: string | undefined
    readonly kmsEndpoint: string | undefined
    readonly stsUrl: string | undefined
    readonly openIdClients: string | undefined
    readonly samlProviders: string | undefined
    readonly applyFile: string | undefined
  }

/** The broken ones among the rules that concern the command or several settings together, each in one line without any secret. */
export function contradictionsOf(settings: RuledSettings): string[] {
  const { mode } = settings
  const problems: string[] = []
  if ((settings.tlsCert === undefined) !== (settings.tlsKey === undefined)) {
    problems.push('--tls-cert and --tls-key go together: set both or neither.')
  }
  if (settings.https && mode === 'serve') {
    problems.push('--https: only dev makes certificates. Use --tls-cert and --tls-key, or a proxy with TLS.')
  }
  if (settings.applyFile !== undefined && mode === 'serve') {
    problems.push('--apply: only dev applies files by itself. For a server in production, run: lifeguard apply FILE')
  }
  if (settings.https && settings.tlsCert !== undefined) {
    problems.push('--https and --tls-cert are both set. Leave one of them out: --https makes a certificate of its own.')
  }
  problems.push(
    ...masterKeySettingsErrors(settings),
    ...gatewaySettingsErrors(settings),
    ...logSettingsErrors(settings),
    ...backupSettingsErrors(settings),
  )
  if (settings.codeKeyFile !== undefined && (settings.kmsRegion ?? settings.kmsEndpoint) !== undefined) {
    problems.push(
      '--code-key-file and --kms-region or --kms-endpoint are both set. Codes are encrypted either by the file or by KMS: leave one of them out.',
    )
  }
  problems.push(...auditStreamProblems(settings))
  problems.push(...stsProblems(settings))
  problems.push(...openIdClientsProblems(settings), ...samlProvidersProblems(settings))
  if (mode === 'serve' && settings.region === 'local') {
    problems.push('--region: local is for dev only. Token verifiers and policies expect a region name such as us-east-1.')
  }
  if (mode === 'dev' && !isLoopbackHost(settings.host)) {
    problems.push(`--host: ${settings.host} is not a loopback address. As dev accepts any credentials, use this instead: lifeguard serve`)
  }
  const publicUrlProblem = settings.publicUrl && publicUrlError(settings.publicUrl, settings)
  return publicUrlProblem ? [...problems, publicUrlProblem] : problems
}

function stsProblems({ stsUrl }: RuledSettings): string[] {
  if (stsUrl === undefined) return []
  const { username, password } = new URL(stsUrl)
  const problems: string[] = []
  if (`${username}${password}` !== '') {
    problems.push('--sts-url: the URL must not contain a user name or password. Requests prove themselves by a token.')
  }
  if (isUnencrypted(stsUrl)) {
    problems.push('--sts-url: only a loopback address may be http:, because credentials are received from there. Use https:.')
  }
  return problems
}

/** Identity pools and policies name an issuer without its scheme, and policies ignore the case of the name. */
function openIdClientsProblems({ openIdClients }: RuledSettings): string[] {
  const issuers = new Map<string, string>()
  for (const pair of openIdClients?.split(',') ?? []) {
    const issuer = pair.slice(0, pair.indexOf('='))
    const name = issuer.replace(/^https?:\/\//, '').toLowerCase()
    const other = issuers.get(name) ?? issuer
    if (other !== issuer) {
      return [
        `--openid-clients: ${other} and ${issuer} cannot be told apart, because identity pools and policies name an issuer without its scheme, in any case. Leave one of them out.`,
      ]
    }
    issuers.set(name, issuer)
  }
  return []
}

function samlProvidersProblems({ samlProviders }: RuledSettings): string[] {
  const names = samlProviders?.split(',').map((pair) => pair.slice(0, pair.indexOf('='))) ?? []
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  return repeated === undefined ? [] : [`--saml-providers: ${repeated} is there twice. Leave one of them out.`]
}

function auditStreamProblems({ auditStream, auditStreamSecret }: RuledSettings): string[] {
  const problems: string[] = []
  const isUrl = auditStream !== undefined && /^https?:/i.test(auditStream)
  if (isUrl && (!URL.canParse(auditStream) || `${new URL(auditStream).username}${new URL(auditStream).password}` !== '')) {
    problems.push(
      '--audit-stream: the URL must be valid and must not contain a user name or password. Requests are signed with --audit-stream-secret.',
    )
  }
  if (auditStreamSecret !== undefined && !isUrl) {
    problems.push('--audit-stream-secret signs requests to a URL, so --audit-stream must be a URL.')
  }
  return problems
}

function publicUrlError(publicUrl: string, { mode, allowHttp }: RuledSettings): string | undefined {
  const url = new URL(publicUrl)
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    return '--public-url: the URL must have a scheme and a host only, such as https://id.example.com'
  }
  if (mode === 'serve' && url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !allowHttp) {
    return `--public-url: ${publicUrl} is not encrypted, so others could read passwords and tokens. Use https:, or set --allow-http to accept this.`
  }
  return undefined
}
