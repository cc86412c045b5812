import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** A document, such as the terms of use, to which the sign-up page of an app client links. Its id is a UUIDv4. */
export type Terms = PoolResource<{
  readonly clientId: string
  readonly name: string
  readonly source: 'LINK'
  readonly enforcement: 'NONE'
  /** `cognito:default`, or a language such as `cognito:german`, → URL. */
  readonly links: Readonly<Record<string, string>>
}>

export const termsDocuments = resourceKind<Terms['config']>('terms')

/** Resources that lead from an app client and the name of a document to the document. A client has at most one document of each name. */
export const termsByName = resourceKind<{ readonly termsId: string }>('terms-by-name')

export const termsNames = ['terms-of-use', 'privacy-policy'] as const

export function termsKey(clientId: string, name: string): string {
  return `${clientId}/${name}`
}

/**
 * The links appear on a page, so they must be web addresses.
 * @throws ApiError InvalidParameterException when there is no link, or when a link is not a web address
 */
export function requireValidLinks(links: Readonly<Record<string, string>>): void {
  if (Object.keys(links).length === 0) throw invalidParameter('Terms from the source LINK need at least one link.')
  for (const [language, link] of Object.entries(links)) {
    const protocol = URL.canParse(link) ? new URL(link).protocol : ''
    if (protocol !== 'https:' && protocol !== 'http:') throw invalidParameter(`The link of ${language} is not a web address.`)
  }
}

/** The error for a document that the pool does not have. */
export function termsNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'Terms not found.')
}

/** The error for a second document with the same name. */
export function termsExist(name: string): ApiError {
  return new ApiError('TermsExistsException', `The app client already has terms with the name ${name}.`)
}
