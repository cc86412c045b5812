import { randomBytes } from 'node:crypto'
import {
  AdminInitiateAuthCommand,
  type InitiateAuthCommandOutput,
  SetRiskConfigurationCommand,
  type SetRiskConfigurationCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../base/srp/reference-client.ts'
import { choose, startChoice } from './choice.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { type App, prefer, registerApp, respond, setMfa } from './mfa.ts'
import { codeClient } from './oauth.ts'
import { codeSentTo, type PoolAndClient } from './self-service.ts'
import { answerSrp, givenTokens, givenUser, goodPassword, signInByPassword, signInBySrp, srpResponses, srpTimestamp } from './sign-in.ts'
import { answerCustom, customClient, type result, riddles, say, startCustom } from './sign-in-triggers.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'
import type { TriggerEvent } from './trigger-endpoint.ts'

export type Level = 'Low' | 'Medium' | 'High'
export type Action = 'BLOCK' | 'MFA_IF_CONFIGURED' | 'MFA_REQUIRED' | 'NO_ACTION'
export type Mode = 'OFF' | 'AUDIT' | 'ENFORCED'
export type PoolMfa = 'OFF' | 'OPTIONAL' | 'ON'

export const levels = ['Low', 'Medium', 'High'] as const
export const actions = ['BLOCK', 'MFA_IF_CONFIGURED', 'MFA_REQUIRED', 'NO_ACTION'] as const

export const blocked = { name: 'NotAuthorizedException', message: 'Unable to login because of security reasons.' }
export const refusedAddress = { name: 'NotAuthorizedException', message: 'Request not allowed due to security reasons.' }

/** Thresholds with which each sign-in of a user who has a history has the level; with `undefined` none has one. */
const thresholdsOf = (level: Level | undefined) => {
  const at = level === undefined ? -1 : levels.indexOf(level)
  const [Low, Medium, High] = levels.map((_, index) => (index <= at ? -1000 : 1000))
  return { Low, Medium, High }
}

export const setThresholds = (server: TestServer, poolId: string, level: Level | undefined) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, ThreatProtection: { Thresholds: thresholdsOf(level) } })

type Sections = Omit<SetRiskConfigurationCommandInput, 'UserPoolId'>

export const setRisk = (server: Pick<TestServer, 'send'>, poolId: string, sections: Sections) =>
  server.send(new SetRiskConfigurationCommand({ UserPoolId: poolId, ...sections }))

/** The section of a risk configuration with the actions of some levels. No notice is sent. */
export function takeover(byLevel: Partial<Record<Level, Action>>): Pick<Sections, 'AccountTakeoverRiskConfiguration'> {
  const actionsByLevel = Object.entries(byLevel).map(([level, EventAction]) => [`${level}Action`, { Notify: false, EventAction }])
  return { AccountTakeoverRiskConfiguration: { Actions: Object.fromEntries(actionsByLevel) } }
}

/** Functions of a custom sign-in: the riddle, after the password if the client begins with SRP. */
export const riddleAfterPassword = {
  ...riddles(),
  DefineAuthChallenge(event: TriggerEvent) {
    const passed = (event.request.session as ReturnType<typeof result>[]).map(({ challengeName }) => challengeName)
    if (passed.at(-1) === 'SRP_A') return say(event, { challengeName: 'PASSWORD_VERIFIER' })
    return say(event, passed.at(-1) === 'CUSTOM_CHALLENGE' ? { issueTokens: true } : { challengeName: 'CUSTOM_CHALLENGE' })
  },
}

type RiskPool = { readonly mode?: Mode; readonly customMode?: 'AUDIT' | 'ENFORCED' | undefined } & TestPoolOptions

/** The options of a pool with threat protection whose client allows every flow. */
export function riskPool({ mode = 'ENFORCED', customMode, pool, client }: RiskPool = {}) {
  const AdvancedSecurityAdditionalFlows = customMode && { CustomAuthMode: customMode }
  return {
    pool: { UserPoolAddOns: { AdvancedSecurityMode: mode, AdvancedSecurityAdditionalFlows }, ...pool },
    client: {
      ...codeClient,
      ExplicitAuthFlows: [...customClient.ExplicitAuthFlows, 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH'],
      ...client,
    },
  } satisfies TestPoolOptions
}

/** The kinds of users, by name. */
export const kinds = ['without-factor', 'with-registered-app', 'with-address', 'with-activated-app'] as const
export type Kind = (typeof kinds)[number]

export const mailbox = 'ana@example.test'

/** A user of each kind in a pool that then has the MFA mode. Each has signed in once, so there is a history. */
export async function givenKinds(server: TestServer, ids: PoolAndClient, mfa: PoolMfa): Promise<ReadonlyMap<Kind, App>> {
  await setMfa(server, ids.poolId, 'OPTIONAL', ['totp', 'email'])
  const apps = new Map<Kind, App>()
  for (const kind of kinds) {
    await givenUser(server, ids.poolId, kind, { attributes: kind === 'with-address' ? [{ Name: 'email', Value: mailbox }] : [] })
    const { accessToken } = await givenTokens(server, ids.clientId, kind)
    if (kind.endsWith('app')) apps.set(kind, await registerApp(server, accessToken))
  }
  await prefer(server, ids.poolId, 'with-activated-app', { SoftwareTokenMfaSettings: { Enabled: true } })
  if (mfa !== 'OPTIONAL') await setMfa(server, ids.poolId, mfa, mfa === 'ON' ? ['totp', 'email'] : [])
  return apps
}

export type Origin = { readonly ip: string; readonly userAgent: string }

/** A sign-in through a server of the pool's owner, which says where the user is. */
export function signInFrom(server: Pick<TestServer, 'send'>, ids: PoolAndClient, username: string, { ip, userAgent }: Origin) {
  const HttpHeaders = [{ headerName: 'user-agent', headerValue: userAgent }]
  const ContextData = { IpAddress: ip, ServerName: 'app', ServerPath: '/', HttpHeaders }
  const request = { UserPoolId: ids.poolId, ClientId: ids.clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', ContextData } as const
  return server.send(new AdminInitiateAuthCommand({ ...request, AuthParameters: { USERNAME: username, PASSWORD: goodPassword } }))
}

export const describeRisk = (server: TestServer, UserPoolId: string, EventId: string | undefined, Username = 'ana') =>
  callLifeguard(server, 'DescribeAuthEventRisk', { UserPoolId, Username, EventId })

type Begin = (server: TestServer, ids: PoolAndClient, username: string) => Promise<InitiateAuthCommandOutput>

/** Each flow of the API, up to the first answer after the password. */
export const flows = {
  USER_PASSWORD_AUTH: (server, { clientId }, username) => signInByPassword(server, clientId, username),
  USER_SRP_AUTH: (server, ids, username) => signInBySrp(server, ids, username),
  ADMIN_USER_PASSWORD_AUTH: (server, { poolId: UserPoolId, clientId: ClientId }, USERNAME) => {
    const AuthParameters = { USERNAME, PASSWORD: goodPassword }
    return server.send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
  },
  'USER_AUTH with PASSWORD': async (server, { clientId }, username) => {
    const { Session } = await startChoice(server, clientId, username)
    return choose(server, clientId, username, Session, 'PASSWORD', { PASSWORD: goodPassword })
  },
  'CUSTOM_AUTH with SRP': async (server, { poolId, clientId }, username) => {
    const a = BigInt(`0x${randomBytes(64).toString('hex')}`)
    const asked = await startCustom(server, clientId, username, { CHALLENGE_NAME: 'SRP_A', SRP_A: power(2n, a).toString(16) })
    return answerSrp(server, clientId, srpResponses(poolId, goodPassword, a, asked, srpTimestamp(server.clock.now())))
  },
  CUSTOM_AUTH: (server, { clientId }, username) => startCustom(server, clientId, username),
} as const satisfies Record<string, Begin>

export type Flow = keyof typeof flows

/** How a sign-in went on: the challenges that came, and what was at the end. */
export type Way = readonly string[]

/** Signs in and answers each challenge. Ends with `tokens`, `MFA_SETUP`, or the text of the error. */
export async function wayOf(server: TestServer, ids: PoolAndClient, flow: Flow, user: Kind, app: App | undefined): Promise<Way> {
  const way: string[] = []
  try {
    let answer = await flows[flow](server, ids, user)
    while (answer.ChallengeName !== undefined && answer.ChallengeName !== 'MFA_SETUP') {
      way.push(answer.ChallengeName)
      if (way.length > 4) return way
      answer = await answerOf(server, ids, user, answer, app)
    }
    return [...way, answer.AuthenticationResult?.AccessToken ? 'tokens' : String(answer.ChallengeName)]
  } catch (error) {
    return [...way, (error as Error).message]
  }
}

async function answerOf(server: TestServer, ids: PoolAndClient, user: Kind, asked: InitiateAuthCommandOutput, app: App | undefined) {
  const { ChallengeName = 'MFA_SETUP', Session } = asked
  if (ChallengeName === 'CUSTOM_CHALLENGE') return answerCustom(server, ids.clientId, asked, 'blue')
  if (ChallengeName === 'EMAIL_OTP') {
    const code = await codeSentTo(server, ids.poolId, mailbox)
    return respond(server, ids.clientId, ChallengeName, Session, { USERNAME: user, EMAIL_OTP_CODE: code })
  }
  // The code of the earlier time step was used.
  server.clock.advance(30_000)
  return respond(server, ids.clientId, ChallengeName, Session, { USERNAME: user, SOFTWARE_TOKEN_MFA_CODE: app?.code() ?? '' })
}
