/** The names of the checks on the wire. */
export type CheckName =
  | 'METADATA'
  | 'ENDPOINTS'
  | 'KEYS'
  | 'ALGORITHMS'
  | 'CERTIFICATES'
  | 'CLIENT_AUTHENTICATION'
  | 'REQUEST_SIGNATURE'
  | 'ATTRIBUTE_MAPPING'
  | 'APP_CLIENTS'
  | 'ISSUER'

/** `FAILED`: sign-ins fail, for all users or for new ones. `WARNING`: they may fail, or soon will. */
export type CheckStatus = 'OK' | 'WARNING' | 'FAILED'

/** The result of one check, in words for an operator. The words have no secret. */
export type ProviderCheck = { readonly name: CheckName; readonly status: CheckStatus; readonly message: string }

const mostCharacters = 2000

/** A check whose problems are given in words. Without a problem it is OK and says `good`. */
export function checkOf(name: CheckName, good: string, problems: readonly (readonly [CheckStatus, string])[] = []): ProviderCheck {
  const message = problems.length === 0 ? good : problems.map(([, words]) => words).join(' ')
  return { name, status: worstOf(problems.map(([status]) => status)), message: message.slice(0, mostCharacters) }
}

/** The worst of the results. Without results it is `OK`. */
export function worstOf(statuses: readonly CheckStatus[]): CheckStatus {
  return statuses.includes('FAILED') ? 'FAILED' : statuses.includes('WARNING') ? 'WARNING' : 'OK'
}

const mostListed = 20

/** The texts as a list for people, cut where it is too long. */
export function listed(texts: readonly string[]): string {
  const more = texts.length - mostListed
  return [...texts.slice(0, mostListed), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
