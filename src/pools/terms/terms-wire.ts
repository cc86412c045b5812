import type { TermsDescriptionType, TermsType } from '../../contract/generated/types.ts'
import type { Terms } from './terms.ts'

export function writeTerms(poolId: string, terms: Terms): TermsType {
  const { clientId, source, links } = terms.config
  return { ...writeTermsDescription(terms), UserPoolId: poolId, ClientId: clientId, TermsSource: source, Links: { ...links } }
}

/** A document as ListTerms shows it. */
export function writeTermsDescription({ id, createdAt, updatedAt, config }: Terms): TermsDescriptionType {
  return {
    TermsId: id,
    TermsName: config.name,
    Enforcement: config.enforcement,
    CreationDate: new Date(createdAt),
    LastModifiedDate: new Date(updatedAt),
  }
}
