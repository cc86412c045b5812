import {
  AdminLinkProviderForUserCommand,
  CreateIdentityProviderCommand,
  SetUserPoolMfaConfigCommand,
  SetUserPoolSessionConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { callLifeguard } from './lifeguard-operations.ts'
import { factorBlocks } from './mfa.ts'
import { givenOAuthPool, type Reply } from './oauth.ts'
import { attributeList, type Values } from './self-service.ts'
import { givenUser, goodPassword } from './sign-in.ts'
import { hiddenFieldsIn, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

type Form = Readonly<Record<string, string>>

export const anaEmail = 'ana@example.test'

/** A pool whose users have the account page, with the user ana. */
export async function givenAccountPool(server: TestServer, options: TestPoolOptions = {}, attributes: Values = { email: anaEmail }) {
  const given = await givenOAuthPool(server, options)
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: given.poolId, HostedPages: { AccountPage: true } })
  const { sub } = await givenUser(server, given.poolId, 'ana', { attributes: attributeList({ ...attributes, email_verified: 'true' }) })
  return { ...given, sub }
}

/** The address of a section of the account page. */
export const accountAt = (clientId: string, section = ''): string => `/account${section === '' ? '' : `/${section}`}?client_id=${clientId}`

/** Where a redirect leads, whatever its status. */
export const redirectOf = (reply: Reply): string => {
  const location = reply.headers.get('location')
  if (location === null) throw new Error(`The answer ${reply.status} is no redirect: ${reply.text}`)
  return location
}

/** A browser whose user has signed in for the account page. */
export async function signInToAccount(server: TestServer, clientId: string, username = 'ana', password = goodPassword) {
  const browser = new TestBrowser(server)
  const login = redirectOf(await browser.visit(accountAt(clientId)))
  const reply = await browser.submitLogin(login, username, password)
  return { browser, next: redirectOf(reply) }
}

/** Sends a form of a section, as the page would. All forms of a browser carry the token that it keeps in a cookie. */
export async function act(browser: TestBrowser, address: string, action: string, form: Form = {}, headers?: Form): Promise<Reply> {
  const { account = '' } = hiddenFieldsIn(await browser.visit(address))
  return browser.submit(address, { _csrf: browser.cookies.get('XSRF-TOKEN') ?? '', account, action, ...form }, headers)
}

/** Settings of a pool in which the account page has all sections. */
export const everySection = {
  client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
  pool: {
    AutoVerifiedAttributes: ['email'],
    UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
    DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
    Schema: [
      { Name: 'team', AttributeDataType: 'String', Mutable: true },
      { Name: 'level', AttributeDataType: 'Number', Mutable: false },
      { Name: 'subscribed', AttributeDataType: 'Boolean', Mutable: true },
    ],
  },
} as const satisfies TestPoolOptions

/** A pool with everything that the account page can show. Ana has linked her account at Google. */
export async function givenFullAccount(server: TestServer, { pool, client = {} }: TestPoolOptions = {}) {
  const attributes = { email: anaEmail, name: 'Ana Lovelace', 'custom:team': 'Blue', 'custom:level': '7', 'custom:subscribed': 'true' }
  const given = await givenAccountPool(
    server,
    { pool: { ...everySection.pool, ...pool }, client: { ...everySection.client, ...client } },
    attributes,
  )
  const UserPoolId = given.poolId
  const factors = {
    ...factorBlocks.totp,
    ...factorBlocks.sms,
    ...factorBlocks.email,
    WebAuthnConfiguration: { RelyingPartyId: 'localhost' },
  }
  await server.send(new SetUserPoolMfaConfigCommand({ UserPoolId, MfaConfiguration: 'OPTIONAL', ...factors }))
  const sessions = { UserPoolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 20 } } as const
  await server.send(new SetUserPoolSessionConfigurationCommand(sessions))
  await linkAtGoogle(server, UserPoolId, 'ana', 'ana-at-google')
  return given
}

/** Links an identity at Google. The first call makes the provider. */
export async function linkAtGoogle(server: TestServer, UserPoolId: string, username: string, subject: string): Promise<void> {
  const ProviderDetails = { client_id: 'id', client_secret: 'secret', authorize_scopes: 'openid email' }
  const google = { UserPoolId, ProviderName: 'Google', ProviderType: 'Google', ProviderDetails } as const
  await server.send(new CreateIdentityProviderCommand({ ...google, AttributeMapping: { email: 'email' } })).catch((error: Error) => {
    if (error.name !== 'DuplicateProviderException') throw error
  })
  await server.send(
    new AdminLinkProviderForUserCommand({
      UserPoolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
      SourceUser: { ProviderName: 'Google', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: subject },
    }),
  )
}

/** The value of a hidden field of the entry with these words, such as the id of a device. */
export function fieldOfEntry({ text }: Reply, words: string, name = 'id'): string {
  const entry = text.split('<li class="entry">').find((part) => part.includes(words)) ?? ''
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(entry)?.[1] ?? ''
}

/** The actions that the forms of the page ask for, each once. */
export const actionsIn = ({ text }: Reply): readonly string[] => [
  ...new Set([...text.matchAll(/name="action" value="([^"]+)"/g)].map(([, action = '']) => action)),
]
