import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import { ApiError } from '../../contract/api-error.ts'
import { FederationError } from '../../federation/federation-error.ts'
import { createProviderFetch, type TimeProviderRequest } from '../../federation/provider-http.ts'
import type { SamlMetadata } from '../../federation/saml/identity-provider-metadata.ts'
import { createSamlMetadataSource } from '../../federation/saml/metadata-source.ts'
import type { SamlProfile } from '../../federation/saml/saml-library.ts'
import { attributesOf, verifySamlResponse } from '../../federation/saml/verify-response.ts'
import { ExpiredLoginError, invalidLoginToken, type LoginClaims, type VerifiedLogin } from './login-token.ts'

/** Verifies the assertions of SAML providers that the operator has named. */
export type SamlLogins = {
  /**
   * The login of a base64 SAMLResponse. `arn` names the provider.
   * @throws ApiError NotAuthorizedException when the settings do not name the provider, or the response is not valid
   * @throws ApiError ExternalServiceException when the provider's metadata cannot be had
   */
  verify(arn: string, samlResponse: string): Promise<VerifiedLogin>
}

type Options = {
  /** The value of `--saml-providers`: pairs `<name>=<URL or path of the metadata>`, separated by commas. */
  readonly providers: string | undefined
  readonly clock: Clock
  readonly region: string
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
  readonly timeRequest: TimeProviderRequest
  /** Called when metadata cannot be fetched again, and the known one stays in use. */
  readonly onStale: (url: string, error: unknown) => void
}

/** Whom assertions are for: AWS, as Cognito and IAM want it. Providers that are set up for AWS need no change. */
const audience = 'urn:amazon:webservices'
/** How old an assertion may be, as at AWS. The same one proves the user to GetId and to GetCredentialsForIdentity. */
const mostAgeMs = 5 * minuteMs
/** After a failure, the metadata is not asked for again for this long: the callers get the error at once. */
const pauseMs = 5_000
/** The longest NameID, as in SAML 2.0 Core §8.3.7. */
const longestSubject = 256

export function createSamlLogins(options: Options): SamlLogins {
  const { clock, region } = options
  const metadataOf = createMetadataReader(options)
  const recipients = ['https://signin.aws.amazon.com/saml', `https://${region}.signin.aws.amazon.com/saml`]
  return {
    async verify(arn, samlResponse) {
      const metadata = await metadataOf(arn.slice(arn.indexOf('/') + 1))
      const { profile } = await explaining(() =>
        verifySamlResponse(clock, samlResponse, {
          metadata,
          ownId: audience,
          destination: undefined,
          recipients,
          requestId: undefined,
          // The app asked the provider, not this server.
          mayAnswer: () => true,
          mostAgeMs,
          decryptionKey: undefined,
          encryption: 'ANY',
        }),
      )
      return loginOf(arn, profile)
    },
  }
}

/** What reads the metadata of the provider with a name. */
function createMetadataReader({ providers, clock, withoutSlot, timeRequest, onStale }: Options): (name: string) => Promise<SamlMetadata> {
  const locations = new Map(providers?.split(',').map((pair) => splitPair(pair)))
  // The operator has named the addresses.
  const fetch = createProviderFetch({ isPrivateAllowed: () => true, withoutSlot, timeRequest })
  const source = createSamlMetadataSource({ clock, fetch, withoutSlot, onStale })
  const failures = new Map<string, number>()
  return async (name) => {
    const location = locations.get(name)
    if (location === undefined) {
      throw new ApiError('NotAuthorizedException', `This server knows no SAML provider ${name} (--saml-providers).`)
    }
    if (clock.now() - (failures.get(name) ?? -Infinity) < pauseMs) throw noMetadata(name)
    try {
      const isPath = location.startsWith('/')
      const described = isPath ? ['MetadataFile', await readFile(location, 'utf8')] : ['MetadataURL', location]
      return await source.of({ config: { details: Object.fromEntries([described]) } })
    } catch (cause) {
      failures.set(name, clock.now())
      throw noMetadata(name, cause)
    }
  }
}

function loginOf(arn: string, profile: SamlProfile): VerifiedLogin {
  const subject = profile.nameID
  if (subject.length > longestSubject) throw invalidLoginToken('The NameID is too long.')
  return {
    provider: arn,
    subject,
    audience,
    amr: `${arn}:${audience}:${subject}`,
    claims: claimsOf(arn, subject, attributesOf(profile)),
    providerNames: [arn],
    defaultTags: { client: `${claimsBase}nameidentifier`, username: `${claimsBase}name` },
  }
}

const noMetadata = (name: string, cause?: unknown): ApiError =>
  new ApiError('ExternalServiceException', `The metadata of the SAML provider ${name} cannot be read.`, { cause })

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

const claimsBase = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'
const roleAttribute = 'https://aws.amazon.com/SAML/Attributes/Role'

/**
 * The attributes, by their names, and the roles that the assertion gives. An attribute cannot stand for a claim of Cognito's own. Without an
 * attribute of that name, the NameID is the claim `nameidentifier`.
 */
function claimsOf(arn: string, subject: string, attributes: Readonly<Record<string, unknown>>): LoginClaims {
  const own = Object.entries(attributes).filter(([name]) => !name.startsWith('cognito:'))
  return {
    [`${claimsBase}nameidentifier`]: subject,
    ...Object.fromEntries(own),
    iss: arn,
    aud: audience,
    sub: subject,
    'cognito:roles': rolesIn(attributes[roleAttribute], arn),
  }
}

/** Each value is a pair of the ARNs of a role and of the provider, in either order. Pairs with another provider do not count. */
function rolesIn(values: unknown, arn: string): readonly string[] {
  const pairs = [values].flat().filter((value) => typeof value === 'string')
  return pairs.flatMap((pair) => {
    const arns = pair.split(',').map((one) => one.trim())
    return arns.length === 2 && arns.includes(arn) ? arns.filter((one) => one !== arn) : []
  })
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FederationError)) throw cause
    const detail = cause.message.replace(/^Invalid SAML response received: /, '')
    throw /not valid at this time|too old/.test(detail) ? new ExpiredLoginError(`SAML: ${detail}.`) : invalidLoginToken(`SAML: ${detail}.`)
  }
}
