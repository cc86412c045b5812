import type { PoolAndClient } from '../../signin/sign-in.ts'
import { PageError } from '../page-error.ts'
import type { ReceivedParameters } from '../parameters.ts'

/** The parts of the account page, each at an address of its own. `overview` is the page `/account` itself. */
export const accountSections = [
  'overview',
  'profile',
  'password',
  'factors',
  'passkeys',
  'devices',
  'sessions',
  'links',
  'history',
  'data',
  'delete',
] as const

export type AccountSection = (typeof accountSections)[number]

export const accountPath = (section: AccountSection): string => (section === 'overview' ? '/account' : `/account/${section}`)

/** The address of a part of the account page. The app client decides the look and what users may do. */
export const accountAddress = (section: AccountSection, clientId: string): string =>
  `${accountPath(section)}?${new URLSearchParams({ client_id: clientId })}`

/** The parameter with the part of the account page to which a sign-in leads. It is a word of a fixed list, so it leads nowhere else. */
const sectionParameter = 'account_page'

/** The query of the sign-in page for a user who wants to open the account page. A fresh sign-in counts even if there is a session. */
export function signInQuery(section: AccountSection, clientId: string, { isFresh }: { readonly isFresh: boolean }): string {
  const query = { client_id: clientId, [sectionParameter]: section, ...(isFresh && { prompt: 'login' }) }
  return new URLSearchParams(query).toString()
}

/**
 * Where a user goes after a sign-in that the account page asked for. Undefined for the requests of apps.
 *
 * @throws PageError invalid_request when a parameter is not allowed.
 */
export function findAccountTarget({ client }: PoolAndClient, received: ReceivedParameters): string | undefined {
  const given = received.parameters.get(sectionParameter)
  if (given === undefined) return undefined
  const section = accountSections.find((name) => name === given)
  if (section === undefined || received.wrong.size > 0 || received.areTooMany) throw new PageError('invalid_request', client.id)
  return accountAddress(section, client.id)
}
