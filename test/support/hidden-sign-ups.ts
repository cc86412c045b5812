import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { allFactors, givenChoicePool } from './choice.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { type RawAnswer, rawCall } from './raw-call.ts'
import { attributeList, type PoolAndClient, type Values } from './self-service.ts'
import { goodPassword } from './sign-in.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** The section SignUp with which a pool hides existing users. */
export const hidingSection = { HideExistingUsers: true, UnconfirmedUserLifetimeHours: 48 }

/** A pool whose sign-up hides which users exist, with a client that allows every first factor. */
export async function givenHidingSignUps(server: TestServer, { pool = {}, client = {} }: TestPoolOptions = {}): Promise<PoolAndClient> {
  const ids = await givenChoicePool(server, allFactors, { pool, client: { PreventUserExistenceErrors: 'ENABLED', ...client } })
  await callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
  return ids
}

export type SignUpKind = {
  readonly pool: Partial<CreateUserPoolCommandInput>
  /** The name with which the person signs up. The masked addresses of all persons are the same. */
  nameOf(index: number): string
  /** What the person types beside the name. `variant` is another address of the same kind. */
  typedBy(index: number, variant?: number): Values
}

const verify = { AutoVerifiedAttributes: ['email', 'phone_number'] } satisfies Partial<CreateUserPoolCommandInput>
const three = (number: number) => String(number).padStart(3, '0')
const emailOf = (index: number, variant = 0) => ({ email: `z${variant}-${index}@q.test` })

/** The kinds of pools, with every way to name a user. */
export const signUpKinds: Readonly<Record<string, SignUpKind>> = {
  usernames: { pool: verify, nameOf: (index) => `person-${index}`, typedBy: emailOf },
  'usernames and no verification': { pool: {}, nameOf: (index) => `person-${index}`, typedBy: emailOf },
  'e-mail addresses as usernames': {
    pool: { ...verify, UsernameAttributes: ['email'] },
    nameOf: (index) => emailOf(index).email,
    typedBy: () => ({}),
  },
  'phone numbers as usernames': {
    pool: { ...verify, UsernameAttributes: ['phone_number'] },
    nameOf: (index) => `+1555${three(index)}1234`,
    typedBy: (index, variant) => emailOf(index, variant),
  },
  'addresses of both kinds as usernames': {
    pool: { ...verify, UsernameAttributes: ['email', 'phone_number'], UsernameConfiguration: { CaseSensitive: false } },
    nameOf: (index) => emailOf(index).email.toUpperCase(),
    typedBy: (index, variant = 0) => ({ phone_number: `+1${variant}55${three(index)}1234` }),
  },
  'addresses and preferred usernames as aliases': {
    pool: { ...verify, AliasAttributes: ['email', 'phone_number', 'preferred_username'] },
    nameOf: (index) => `person-${index}`,
    typedBy: (index, variant = 0) => ({ ...emailOf(index, variant), phone_number: `+1${variant}55${three(index)}1234` }),
  },
}

export const signUpRaw = (server: TestServer, clientId: string, name: string, typed: Values, more: object = {}) =>
  rawCall(server, 'SignUp', {
    ClientId: clientId,
    Username: name,
    Password: goodPassword,
    UserAttributes: attributeList(typed),
    ...more,
  })

const uuidOfSeven = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

/** All that an answer shows, with a mark in place of what differs each time: ids, and the content of a Session. */
export function shown({ status, headers, text }: RawAnswer): string {
  const type = headers.get('x-amzn-errortype')
  const names = [...headers.keys()].sort().join()
  const body = text
    .replace(uuidOfSeven, '<id>')
    .replace(/"Session":"(AYABe[^"]*)"/, (_, session: string) => `"Session":"${session.length}"`)
  return JSON.stringify({ status, type, names, body })
}

export const subIn = ({ body }: RawAnswer): string => String(body['UserSub'])
