import { randomUUID } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { standingOf } from '../standing.ts'
import type { User } from '../user.ts'

/**
 * What a new user's program carries from SignUp over ConfirmSignUp to its first sign-in (USER_AUTH), which then needs no other proof.
 *
 * `isProven` tells whether its bearer brought the code that confirmed the user. Before that it is worth nothing by itself: whoever signs
 * up in the name of somebody else's address must not be let in when the owner of the address confirms it.
 */
export type SignUpSession = {
  /** Spent on the sign-in. */
  readonly id: string
  readonly sub: string
  readonly isProven: boolean
  /** Of the user, when they were confirmed. */
  readonly standing: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

type Sealed = readonly [string, string, boolean, string, number]

/** Every Session of Cognito begins like this. */
const prefix = 'AYABe'

/** Undefined for a client that has no flow to go on with. */
export function newSignUpSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { isProven, now }: { isProven: boolean; now: number },
): string | undefined {
  if (!client.authFlows?.includes('ALLOW_USER_AUTH')) return undefined
  const expiresAt = now + client.authSessionValidityMinutes * 60_000
  const content: Sealed = [randomUUID(), user.sub, isProven, standingOf(user), expiresAt]
  return prefix + secrets.seal('sign-up-session', JSON.stringify(content), contextOf(client))
}

/** Undefined for a text that is none, or one of another client. It may have expired. */
export function readSignUpSession(secrets: Secrets, client: AppClient, text: string): SignUpSession | undefined {
  const content = text.startsWith(prefix) ? secrets.open('sign-up-session', text.slice(prefix.length), contextOf(client)) : undefined
  if (content === undefined) return undefined
  const [id, sub, isProven, standing, expiresAt] = JSON.parse(content.toString()) as Sealed
  return { id, sub, isProven, standing, expiresAt }
}

const contextOf = ({ poolId, id }: AppClient): string => `${poolId}/${id}`
