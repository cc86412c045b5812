import { setTimeout as delay } from 'node:timers/promises'
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  ConfirmSignUpCommand,
  GetTokensFromRefreshTokenCommand,
  RevokeTokenCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { goodPassword, signInByPassword, signInBySrp } from '../../test/support/sign-in.ts'
import type { Deployment } from '../stage/stage.ts'
import type { Caller } from './caller.ts'
import type { Account, Ledger } from './ledger.ts'

export type Load = {
  readonly deployment: Deployment
  readonly caller: Caller
  readonly ledger: Ledger
  /** Aborts when the clients must not begin further calls. */
  readonly signal: AbortSignal
}

/** The pause between two calls, which keeps the load steady and far below what the nodes can handle. */
const pauseMs = 60
const codeDeadlineMs = 15_000

const nicknameOf = (value: string) => [{ Name: 'nickname', Value: value }]

/** New users, one after the other, sign up, confirm by the code in the text message, and sign in. */
export async function newcomers({ deployment, caller, ledger, signal }: Load): Promise<void> {
  const { clientId: ClientId, texts } = deployment
  while (!signal.aborted) {
    const account = ledger.newAccount()
    const { username: Username } = account
    const number = `+1555${Math.random().toFixed(10).slice(2, 12)}`
    const UserAttributes = [{ Name: 'phone_number', Value: number }]
    const signedUp = await ledger.write(
      (status) => (account.creation = status),
      () =>
        caller.attempt('SignUp', (client) =>
          client.send(new SignUpCommand({ ClientId, Username, Password: goodPassword, UserAttributes })),
        ),
    )
    account.sub = signedUp?.UserSub
    await delay(pauseMs)
    if (signedUp === undefined) continue
    const code = await texts.codeFor(number, AbortSignal.any([signal, AbortSignal.timeout(codeDeadlineMs)]))
    if (code === undefined) continue
    const confirmed = await ledger.write(
      (status) => (account.confirmation = status),
      () =>
        caller.attempt('ConfirmSignUp', (client) => client.send(new ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode: code }))),
    )
    await delay(pauseMs)
    if (confirmed === undefined) continue
    const signedIn = await caller.attempt('sign-in by password', (client) => signInByPassword(client, ClientId, Username))
    ledger.addSession(Username, signedIn?.AuthenticationResult?.RefreshToken)
    await delay(pauseMs)
  }
}

/**
 * A user signs in, by password and by SRP in turn, refreshes the session and changes an attribute. Every second session is also revoked.
 */
export async function returningUser({ deployment, caller, ledger, signal }: Load, account: Account): Promise<void> {
  const { clientId: ClientId } = deployment
  for (let round = 0; !signal.aborted; round++) {
    const signedIn =
      round % 2 === 0
        ? await caller.attempt('sign-in by password', (client) => signInByPassword(client, ClientId, account.username))
        : await caller.attempt('sign-in by SRP', (client) => signInBySrp(client, deployment, account.username))
    await delay(pauseMs)
    const session = ledger.addSession(account.username, signedIn?.AuthenticationResult?.RefreshToken)
    if (session === undefined) continue
    const { refreshToken } = session
    const refreshed = await caller.attempt('refresh', (client) =>
      client.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken: refreshToken })),
    )
    await delay(pauseMs)
    const AccessToken = refreshed?.AuthenticationResult?.AccessToken ?? signedIn?.AuthenticationResult?.AccessToken ?? ''
    const nickname = `round ${round}`
    await ledger.writeNickname(account, nickname, () =>
      caller.attempt('UpdateUserAttributes', (client) =>
        client.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: nicknameOf(nickname) })),
      ),
    )
    await delay(pauseMs)
    if (round % 2 === 0) continue
    await ledger.write(
      (status) => (session.revocation = status),
      () => caller.attempt('RevokeToken', (client) => client.send(new RevokeTokenCommand({ ClientId, Token: refreshToken }))),
    )
    await delay(pauseMs)
  }
}

/** Creates users. Changes each user twice, then reads the user. Deletes every third user. All calls are signed. */
export async function administrator({ deployment, caller, ledger, signal }: Load): Promise<void> {
  const { poolId: UserPoolId } = deployment
  for (let round = 0; !signal.aborted; round++) {
    const account = ledger.newAccount()
    const user = { UserPoolId, Username: account.username }
    const created = await ledger.write(
      (status) => (account.creation = status),
      () => caller.attempt('AdminCreateUser', (client) => client.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))),
    )
    account.sub = created?.User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value
    await delay(pauseMs)
    if (created === undefined) continue
    for (const nickname of ['first', 'second']) {
      const update = new AdminUpdateUserAttributesCommand({ ...user, UserAttributes: nicknameOf(nickname) })
      await ledger.writeNickname(account, nickname, () => caller.attempt('AdminUpdateUserAttributes', (client) => client.send(update)))
      await delay(pauseMs)
    }
    await caller.attempt('AdminGetUser', (client) => client.send(new AdminGetUserCommand(user)))
    await delay(pauseMs)
    if (round % 3 !== 0) continue
    await ledger.write(
      (status) => (account.deletion = status),
      () => caller.attempt('AdminDeleteUser', (client) => client.send(new AdminDeleteUserCommand(user))),
    )
    await delay(pauseMs)
  }
}
