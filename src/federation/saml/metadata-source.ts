import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { FederationError } from '../federation-error.ts'
import { createKeptDocuments, type FetchedDocument } from '../kept-documents.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { readSamlMetadata, requireCurrent, type SamlMetadata } from './identity-provider-metadata.ts'

/** Metadata by URL is fetched again after this time, as at Cognito, or earlier where the metadata says so. */
const refreshMs = 6 * hourMs

type Deps = {
  readonly clock: Clock
  readonly fetch: ProviderFetch
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
  readonly onStale: (url: string, error: unknown) => void
}

/** The metadata of SAML providers: the document in the settings, or the one at the URL in the settings. */
export type SamlMetadataSource = {
  /** @throws FederationError when it cannot be had, or has ended. */
  of(provider: DescribedByMetadata): Promise<SamlMetadata>
  /**
   * The metadata that is known without a fetch: from the settings, or as it was last fetched. Undefined when it was never fetched.
   * @throws FederationError when it cannot be read, or has ended.
   */
  known(provider: DescribedByMetadata): Promise<SamlMetadata | undefined>
  /** As `of`, but what is at the URL now. Sign-ins use it from then on. */
  fetchNow(provider: DescribedByMetadata): Promise<SamlMetadata>
  /** As `of`, but also metadata that has ended. It must not be used for a sign-in. */
  inspect(provider: DescribedByMetadata): Promise<SamlMetadata>
  /** As `fetchNow`, but also metadata that has ended. */
  inspectNow(provider: DescribedByMetadata): Promise<SamlMetadata>
}

/** The details have a `MetadataFile` or a `MetadataURL`. */
type DescribedByMetadata = { readonly config: Pick<IdentityProvider['config'], 'details'> }

export function createSamlMetadataSource({ clock, fetch, withoutSlot, onStale }: Deps): SamlMetadataSource {
  const documents = createKeptDocuments({ clock, withoutSlot, onStale, load: (url) => fetchMetadata(fetch, url) })

  async function find(
    { config: { details } }: DescribedByMetadata,
    fetched: (url: string) => Promise<SamlMetadata>,
  ): Promise<SamlMetadata> {
    const { MetadataFile: file, MetadataURL: url } = details
    if (file) return readSamlMetadata(file)
    if (!url) throw new FederationError('The identity provider has no metadata.', { reason: 'settings' })
    return fetched(url)
  }

  async function known({ config: { details } }: DescribedByMetadata): Promise<SamlMetadata | undefined> {
    const { MetadataFile: file, MetadataURL: url } = details
    const metadata = file ? await readSamlMetadata(file) : documents.known(url ?? '')
    return metadata && requireCurrent(metadata, clock.now())
  }

  const inspect = (provider: DescribedByMetadata) => find(provider, documents.of)
  const inspectNow = (provider: DescribedByMetadata) => find(provider, documents.fetchNow)
  return {
    of: async (provider) => requireCurrent(await inspect(provider), clock.now()),
    known,
    fetchNow: async (provider) => requireCurrent(await inspectNow(provider), clock.now()),
    inspect,
    inspectNow,
  }
}

async function fetchMetadata(fetch: ProviderFetch, url: string): Promise<FetchedDocument<SamlMetadata>> {
  const failed = (cause: unknown) =>
    new FederationError(`Error retrieving metadata from ${url.replace(/\?.*$/, '')}`, { reason: 'settings', cause })
  const response = await fetch(url, { method: 'GET' }).catch((cause: unknown) => {
    throw failed(cause)
  })
  if (response.status !== 200) throw failed(new Error(`The status of the answer is ${response.status}.`))
  const value = await readSamlMetadata(await response.text())
  const { validUntil, cacheMs } = value
  return { value, validUntil, freshMs: Math.min(refreshMs, cacheMs ?? refreshMs) }
}
