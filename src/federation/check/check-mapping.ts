import type { AppClient } from '../../pools/app-client.ts'
import { requiredAttributeNames, writableAttributes } from '../../pools/attribute-rules.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../../pools/pool.ts'
import { type CheckStatus, checkOf, listed, type ProviderCheck } from './provider-check.ts'

type Problem = readonly [CheckStatus, string]

/** Whether the attribute mapping can work in the pool, and for the app clients that offer the provider. */
export function checkMapping(pool: Pool, provider: IdentityProvider, clients: readonly AppClient[]): ProviderCheck {
  const mapped = Object.keys(provider.config.attributeMapping).filter((name) => name !== 'username')
  const schema = new Map(pool.schema.map((definition) => [definition.name, definition]))
  const unknown = mapped.filter((name) => !schema.has(name))
  const fixed = mapped.filter((name) => schema.get(name)?.mutable === false)
  const required = requiredAttributeNames(pool).filter((name) => !mapped.includes(name))
  const problems: Problem[] = [
    ...problemWith('FAILED', 'The pool does not have these mapped attributes', unknown),
    ...problemWith('FAILED', 'These attributes cannot change, so a later sign-in that brings another value fails', fixed),
    ...problemWith('FAILED', 'The pool requires these attributes, and none is mapped', required),
    ...clients.flatMap((client) =>
      problemWith('WARNING', `The app client ${client.id} cannot write these`, unwritable(pool, client, mapped)),
    ),
  ]
  return checkOf('ATTRIBUTE_MAPPING', `These attributes are mapped: ${listed(mapped) || 'none'}.`, problems)
}

const problemWith = (status: CheckStatus, words: string, names: readonly string[]): readonly Problem[] =>
  names.length === 0 ? [] : [[status, `${words}: ${listed(names)}.`]]

/** An app client that may write an address may write whether the address is verified. */
function unwritable(pool: Pool, client: AppClient, mapped: readonly string[]): readonly string[] {
  const isWritable = writableAttributes(pool, client)
  return mapped.filter((name) => !isWritable(name.replace(/^(email|phone_number)_verified$/, '$1')))
}

/** Which app clients let users sign in by the provider. */
export function checkClients(clients: readonly AppClient[]): ProviderCheck {
  const problems: Problem[] = []
  if (clients.length === 0)
    problems.push(['FAILED', 'No app client offers the provider. Add its name to SupportedIdentityProviders of one.'])
  const closed = clients.filter(({ oauthEnabled }) => !oauthEnabled)
  return checkOf('APP_CLIENTS', `These app clients offer the provider: ${listed(clients.map(({ id }) => id))}.`, [
    ...problems,
    ...problemWith(
      'WARNING',
      'These app clients offer the provider without AllowedOAuthFlowsUserPoolClient',
      closed.map(({ id }) => id),
    ),
  ])
}
