import { generateKeyPairSync } from 'node:crypto'
import { CreateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { appRequest, providerClient } from './federation.ts'
import { codeClient, encode, givenClient } from './oauth.ts'
import { type RunningOpenIdProvider, signInAtApple } from './openid-provider.ts'
import type { ProviderAccount } from './openid-provider-process.ts'
import type { AppleTeam, Fault } from './social-stand-ins.ts'
import { locationOf, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export type SocialName = 'Google' | 'Facebook' | 'LoginWithAmazon' | 'SignInWithApple'

/** The details that an administrator enters, without addresses. */
const enteredDetails: Readonly<Record<SocialName, Readonly<Record<string, string>>>> = {
  Google: { authorize_scopes: 'openid email profile' },
  Facebook: { authorize_scopes: 'public_profile,email' },
  LoginWithAmazon: { authorize_scopes: 'profile postal_code' },
  SignInWithApple: { client_id: 'com.example.shop', team_id: 'TEAM123456', key_id: 'KEY1234567', authorize_scopes: 'email name' },
}

/** The addresses of the stand-in, in place of those of the provider. */
const addressesOf = (name: SocialName, issuer: string): Readonly<Record<string, string>> => ({
  authorize_url: `${issuer}/auth`,
  token_url: `${issuer}/token`,
  ...((name === 'Google' || name === 'SignInWithApple') && { oidc_issuer: issuer, jwks_uri: `${issuer}/jwks` }),
  ...(name === 'Google' && { attributes_url: `${issuer}/v1/people/me?personFields=` }),
  ...(name === 'Facebook' && { attributes_url: `${issuer}/me?fields=` }),
  ...(name === 'LoginWithAmazon' && { attributes_url: `${issuer}/user/profile` }),
})

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The key of Apple's developer team, as it is downloaded, and what the stand-in knows of it. */
export function newAppleTeam(): { readonly team: AppleTeam; readonly privateKeyPem: string } {
  const { privateKey, publicKey } = newKey()
  const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { team: { teamId: 'TEAM123456', keyId: 'KEY1234567', clientId: 'com.example.shop', publicKeyPem }, privateKeyPem }
}

type Given = TestPoolOptions & {
  readonly details?: Readonly<Record<string, string>>
  readonly mapping?: Readonly<Record<string, string>>
  readonly accounts: readonly ProviderAccount[]
  readonly faults?: Readonly<Record<string, Fault>>
  /** How the key of Apple's team is entered. */
  readonly changeKey?: (pem: string) => string
}

/** A pool with the provider, whose stand-in runs in `provider`, and a client that offers it beside the users of the pool. */
export async function givenSocialPool(
  server: TestServer,
  provider: RunningOpenIdProvider,
  name: SocialName,
  {
    pool = {},
    client = {},
    details = {},
    mapping = { email: 'email', name: 'name' },
    accounts,
    faults = {},
    changeKey = (pem) => pem,
  }: Given,
) {
  const { team, privateKeyPem } = newAppleTeam()
  const isApple = name === 'SignInWithApple'
  const { client_id, client_secret } = providerClient(server)
  const redirect_uris = [`${server.url}/oauth2/idpresponse`]
  const registered = { client_id: isApple ? team.clientId : client_id, client_secret, redirect_uris }
  const clients = [{ ...registered, token_endpoint_auth_method: 'client_secret_post' }]
  // ID tokens have the address, as those of Apple and Google.
  const configuration = { conformIdTokenClaims: false, scopes: ['openid', 'public_profile', 'postal_code'] }
  await provider.open({ clients, accounts, configuration, faults, standIn: isApple ? { apple: team } : {} })
  const { poolId } = await server.givenPool({ pool })
  await server.send(
    new CreateIdentityProviderCommand({
      UserPoolId: poolId,
      ProviderName: name,
      ProviderType: name,
      AttributeMapping: { ...mapping },
      ProviderDetails: {
        ...(isApple ? { private_key: changeKey(privateKeyPem) } : { client_id, client_secret }),
        ...enteredDetails[name],
        ...addressesOf(name, provider.issuer),
        ...details,
      },
    }),
  )
  const { clientId } = await givenClient(server, poolId, { ...codeClient, SupportedIdentityProviders: ['COGNITO', name], ...client })
  return { poolId, clientId }
}

/** A whole sign-in at Apple, whose answer is a form. `forge` changes the fields of the form on its way. */
export async function signInByApple(
  server: TestServer,
  clientId: string,
  { login, forge = (form) => form }: { readonly login: string; readonly forge?: (form: Record<string, string>) => Record<string, string> },
) {
  const browser = new TestBrowser(server)
  const request = appRequest(clientId, { identity_provider: 'SignInWithApple' })
  const toApple = locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`))
  const form = await signInAtApple(toApple, login)
  const kept = await browser.submit('/oauth2/idpresponse', forge(form), { 'sec-fetch-site': 'cross-site' })
  return { toApple, form, location: locationOf(await browser.visit(kept.headers.get('location') ?? '')) }
}
