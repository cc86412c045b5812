import { ApiError } from '../../contract/api-error.ts'
import type { OfferedProvider } from '../../pools/identity-providers/identity-provider.ts'
import { type ProviderNeeded, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { LoginDeps, LoginForm } from '../login/login.ts'
import type { Parameters } from '../parameters.ts'
import { findOfferedProviders } from './find-provider.ts'

/** The field of the sign-in page for the address. */
export const corporateAddressField = 'corporate_email'

const isDomain = (identifier: string): boolean => /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i.test(identifier)

/**
 * Whether the sign-in page asks for a company's e-mail address in place of a button for each SAML provider, as Cognito does: each of them
 * has a domain among its identifiers.
 */
export function asksCorporateAddress(providers: readonly OfferedProvider[]): boolean {
  const saml = providers.filter(({ type }) => type === 'SAML')
  return saml.length > 0 && saml.every(({ identifiers }) => identifiers.some(isDomain))
}

/** The SAML provider that has the domain of the address among its identifiers. */
function findProviderOf(address: string, providers: readonly OfferedProvider[]): string | undefined {
  const domain = address
    .slice(address.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase()
  const hasDomain = ({ type, identifiers }: OfferedProvider) =>
    type === 'SAML' && identifiers.some((one) => isDomain(one) && one.toLowerCase() === domain)
  return providers.find(hasDomain)?.name
}

/**
 * Takes the address that a user of a company has entered. The browser goes to the provider of the address's domain. When no provider
 * has the domain, the sign-in page says so.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function submitCorporateAddress(
  deps: LoginDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<LoginForm | ProviderNeeded | RedirectToApp> {
  return readingForApp<LoginForm | ProviderNeeded>(deps, browser, async (request) => {
    const providers = await findOfferedProviders(deps.db, request)
    const providerName = findProviderOf(form.get(corporateAddressField) ?? '', providers)
    if (providerName !== undefined) return { kind: 'provider', providerName, request }
    const problem = new ApiError('ResourceNotFoundException', 'No identity provider has the domain of the address.')
    return { kind: 'form', request, username: '', problem }
  })
}
