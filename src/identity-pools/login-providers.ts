import type { Secrets } from '../base/secrets.ts'
import { sealedTable } from '../storage/sealed-table.ts'

/** The public providers that an identity pool accepts. */
export const publicProviders: ReadonlySet<string> = new Set([
  'graph.facebook.com',
  'accounts.google.com',
  'appleid.apple.com',
  'www.amazon.com',
  'api.twitter.com',
  'www.digits.com',
])

/**
 * Whether a lower-case name is that of a public provider, of Cognito's user pools or of its identity pools. Users of such a provider prove
 * themselves by its tokens.
 */
export const isProviderOfTokens = (name: string): boolean =>
  publicProviders.has(name) || /^cognito-(?:idp|identity)\..*amazonaws\.com(?:\.cn)?$/.test(name)

/** The providers whose value is not an id of an app but `<consumer key>;<consumer secret>`. This value is sealed. */
export const secretLoginProviders: ReadonlySet<string> = new Set(['api.twitter.com', 'www.digits.com'])

type LoginProviders = Readonly<Record<string, string>>

/** The login providers as they are stored. */
export function sealLoginProviders(secrets: Secrets, poolId: string, providers: LoginProviders): LoginProviders {
  return mapSecrets(providers, (name, value) => secrets.seal('login-provider', value, contextOf(poolId, name)))
}

/** The login providers as the administrator gave them. */
export function openLoginProviders(secrets: Secrets, poolId: string, providers: LoginProviders): Record<string, string> {
  return mapSecrets(providers, (name, value) => {
    const opened = secrets.open('login-provider', value, contextOf(poolId, name))
    if (opened === undefined) throw new Error(`The secret of the login provider ${name} of identity pool ${poolId} cannot be opened.`)
    return opened.toString()
  })
}

const contextOf = (poolId: string, provider: string) => `${poolId} ${provider}`

function mapSecrets(providers: LoginProviders, map: (name: string, value: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(providers).map(([name, value]) => [name, secretLoginProviders.has(name) ? map(name, value) : value]),
  )
}

function reseal(secrets: Secrets, text: string, { id }: { readonly id: string }): string {
  const config = JSON.parse(text) as { readonly loginProviders: LoginProviders }
  const resealed = mapSecrets(config.loginProviders, (name, value) => secrets.reseal('login-provider', value, contextOf(id, name)))
  const isUnchanged = Object.entries(resealed).every(([name, value]) => value === config.loginProviders[name])
  return isUnchanged ? text : JSON.stringify({ ...config, loginProviders: resealed })
}

export const sealedIdentityPools = sealedTable('identity_pool', { key: ['id'], columns: { config: reseal } })
