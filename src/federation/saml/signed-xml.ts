import type { SamlMetadata } from './identity-provider-metadata.ts'
import { readXml } from './read-xml.ts'
import { invalidLogout } from './saml-errors.ts'
import { loadNodeSamlXml } from './saml-library.ts'
import { requirePlainSignatures } from './signature-form.ts'

/**
 * The part of a logout message that the provider has signed. Nothing else of the message is to be read.
 *
 * @throws FederationError when none of the provider's keys has signed it.
 */
export async function signedXmlIn(xml: string, { certificates }: Pick<SamlMetadata, 'certificates'>): Promise<string> {
  requirePlainSignatures(await readXml(xml))
  const { getVerifiedXml, parseDomFromString } = await loadNodeSamlXml()
  const keys = certificates.map((certificate) => `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`)
  const verified = await readVerified(async () => getVerifiedXml(xml, (await parseDomFromString(xml)).documentElement, keys))
  if (verified === null) throw invalidLogout('its signature is missing or invalid')
  return verified
}

async function readVerified(work: () => Promise<string | null>): Promise<string | null> {
  try {
    return await work()
  } catch (cause) {
    throw invalidLogout('its signature is invalid', cause)
  }
}
