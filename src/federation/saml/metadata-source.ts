import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { FederationError } from '../federation-error.ts'
import type { ProviderFetch } from '../provider-http.ts'
import { readSamlMetadata, type SamlMetadata } from './identity-provider-metadata.ts'

/** Metadata by URL is fetched again after this time, as at Cognito. */
const refreshMs = 6 * hourMs
/** When a refresh fails, the metadata that is known stays in use for so long. */
const keptMs = 24 * hourMs
/** How long after a failed refresh the next one waits. */
const pauseMs = 60_000
const mostProviders = 1000

type Kept = { readonly metadata: SamlMetadata; readonly fetchedAt: number; readonly refreshAt: number }

/** The metadata of SAML providers: the document in the settings, or the one at the URL in the settings. */
export type SamlMetadataSource = { of(provider: DescribedByMetadata): Promise<SamlMetadata> }

/** The details have a `MetadataFile` or a `MetadataURL`. */
type DescribedByMetadata = { readonly config: Pick<IdentityProvider['config'], 'details'> }

export function createSamlMetadataSource({ clock, fetch }: { readonly clock: Clock; readonly fetch: ProviderFetch }): SamlMetadataSource {
  const kept = new Map<string, Kept>()

  async function refresh(url: string): Promise<SamlMetadata> {
    const now = clock.now()
    const metadata = await fetchMetadata(fetch, url)
    const refreshAt = Math.min(now + refreshMs, metadata.validUntil ?? Number.POSITIVE_INFINITY)
    kept.delete(url)
    kept.set(url, { metadata, fetchedAt: now, refreshAt: Math.max(refreshAt, now + pauseMs) })
    const [oldest] = kept.keys()
    if (kept.size > mostProviders && oldest !== undefined) kept.delete(oldest)
    return metadata
  }

  return {
    async of({ config: { details } }) {
      const { MetadataFile: file, MetadataURL: url } = details
      if (file) return readSamlMetadata(file)
      if (!url) throw new FederationError('The identity provider has no metadata.')
      const known = kept.get(url)
      const now = clock.now()
      if (known !== undefined && now < known.refreshAt) return known.metadata
      return refresh(url).catch((error: unknown) => {
        const isUsable =
          known !== undefined && now < known.fetchedAt + keptMs && now < (known.metadata.validUntil ?? Number.POSITIVE_INFINITY)
        if (!isUsable) throw error
        kept.set(url, { ...known, refreshAt: now + pauseMs })
        return known.metadata
      })
    },
  }
}

async function fetchMetadata(fetch: ProviderFetch, url: string): Promise<SamlMetadata> {
  const response = await fetch(url, { method: 'GET' }).catch((cause: unknown) => {
    throw new FederationError(`Error retrieving metadata from ${url}`, { cause })
  })
  if (response.status !== 200) throw new FederationError(`Error retrieving metadata from ${url}`)
  return readSamlMetadata(await response.text())
}
