import { createPrivateKey, type KeyObject } from 'node:crypto'
import { importPKCS8, SignJWT } from 'jose'
import * as client from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { ProviderDetails } from '../../pools/identity-providers/identity-provider.ts'
import { FederationError } from '../federation-error.ts'

/**
 * How our client authenticates itself at the provider's token endpoint. By its secret in the form, as Cognito does, unless the details say
 * otherwise. Apple's secret is a token that the team's key signs.
 *
 * @throws FederationError when the private key cannot be used.
 */
export async function clientAuthenticationOf(details: ProviderDetails, clock: Clock): Promise<client.ClientAuth> {
  const secret = details['client_secret']
  if (details['team_id'] !== undefined) return client.ClientSecretPost(await appleSecret(details, clock))
  switch (details['token_endpoint_auth_method']) {
    case 'private_key_jwt':
      return client.PrivateKeyJwt(await privateKeyOf(details))
    case 'client_secret_basic':
      return client.ClientSecretBasic(secret)
    default:
      return secret ? client.ClientSecretPost(secret) : client.None()
  }
}

/** How long a secret for Apple is valid. Apple allows up to six months; a new one is made for each sign-in. */
const appleSecretSeconds = 300

/** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
async function appleSecret({ team_id, key_id, client_id, private_key, oidc_issuer }: ProviderDetails, clock: Clock): Promise<string> {
  const now = Math.floor(clock.now() / 1000)
  const secret = new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: key_id ?? '' })
    .setIssuer(team_id ?? '')
    .setSubject(client_id ?? '')
    .setAudience(oidc_issuer ?? '')
    .setIssuedAt(now)
    .setExpirationTime(now + appleSecretSeconds)
  return usingKey(() => secret.sign(readKey(private_key)))
}

async function privateKeyOf({ private_key, key_id }: ProviderDetails): Promise<client.PrivateKey> {
  return usingKey(async () => {
    const key = readKey(private_key)
    const algorithm = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256'
    const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
    return { key: await importPKCS8(pem, algorithm), ...(key_id !== undefined && { kid: key_id }) }
  })
}

/** Administrators paste the key as PEM, or only the base64 lines between its first and its last line. */
function readKey(text = ''): KeyObject {
  const pem = text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`
  return createPrivateKey(pem)
}

/** The key may be no key at all, or of a kind that cannot sign what the provider wants. */
async function usingKey<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new FederationError('The private key of the identity provider cannot be used.', {
      error: 'server_error',
      reason: 'settings',
      cause,
    })
  }
}
