import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** Where an app client's sign-up page leads people who want to read what they agree to. Its id is a UUIDv4. */
export type Terms = PoolResource<{
  readonly clientId: string
  readonly name: string
  readonly source: 'LINK'
  readonly enforcement: 'NONE'
  /** From `cognito:default` or a language, such as `cognito:german`, to an address. */
  readonly links: Readonly<Record<string, string>>
}>

export const termsDocuments = resourceKind<Terms['config']>('terms')

/** Leads from an app client and a name to the document: a client has one of each name. */
export const termsByName = resourceKind<{ readonly termsId: string }>('terms-by-name')

export const termsNames = ['terms-of-use', 'privacy-policy'] as const

export function termsKey(clientId: string, name: string): string {
  return `${clientId}/${name}`
}

/** Throws InvalidParameterException. The addresses become links on a page, so nothing but web addresses will do. */
export function requireValidLinks(links: Readonly<Record<string, string>>): void {
  if (Object.keys(links).length === 0) throw invalidParameter('Terms from the source LINK need a link at least.')
  for (const [language, link] of Object.entries(links)) {
    const protocol = URL.canParse(link) ? new URL(link).protocol : ''
    if (protocol !== 'https:' && protocol !== 'http:') throw invalidParameter(`The link of ${language} is not a web address.`)
  }
}

/** The answer for a document that the pool does not have. */
export function termsNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'Terms not found.')
}

/** The refusal of a second document of one name. */
export function termsExist(name: string): ApiError {
  return new ApiError('TermsExistsException', `The app client already has terms with the name ${name}.`)
}
