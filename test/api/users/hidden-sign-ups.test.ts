import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminResetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently } from '../../support/administration.ts'
import { comparableChallenge, startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { givenHidingSignUps, type SignUpKind, shown, signUpKinds, signUpRaw, subIn } from '../../support/hidden-sign-ups.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList, type PoolAndClient, signUp, type Values } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

/** Puts a user with this name into the pool, or nobody. `own` are the addresses that the person types who signs up later. */
type Owner = (server: TestServer, ids: PoolAndClient, name: string, own: Values, others: Values) => Promise<unknown>

const verified = (addresses: Values): Values =>
  Object.fromEntries(Object.entries(addresses).flatMap(([name, value]) => [[name, value] as const, [`${name}_verified`, 'true'] as const]))

const createUser: Owner = (server, { poolId }, name, own) =>
  givenUser(server, poolId, name.toLowerCase(), { attributes: attributeList(verified(own)), password: 'Other-horse-8' })

const owners: Readonly<Record<string, Owner>> = {
  'who is confirmed': createUser,
  'who is confirmed, with other addresses': (server, ids, name) => createUser(server, ids, name, {}, {}),
  'who has not confirmed the sign-up': (server, ids, name, own) => signUp(server, ids.clientId, name, own),
  'who has not confirmed a sign-up with other addresses': (server, ids, name, _own, others) =>
    signUp(server, ids.clientId, name, others, 'Other-horse-8'),
  'who is disabled': async (server, ids, name, own) => {
    await createUser(server, ids, name, own, {})
    await server.send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: name }))
  },
  'who has to reset the password': async (server, ids, name, own) => {
    await createUser(server, ids, name, own, {})
    await server.send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: name })).catch(() => undefined)
  },
  'who is invited': (server, { poolId }, name, own) =>
    adminCreateSilently(server, poolId, name.toLowerCase(), { attributes: verified(own) }),
}

/** A sign-in reveals users in these states, with any password and at Cognito as well: a sign-up adds nothing to that. */
const revealedOwners = ['who is disabled', 'who has to reset the password']

for (const engine of engines) {
  describe(`A sign-up that hides which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** What the name shows in a sign-in and in a recovery, with the password of the sign-up. */
    async function signInAnswers(clientId: string, name: string) {
      const byPassword = { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: name, PASSWORD: goodPassword } }
      const newPassword = { Username: name, ConfirmationCode: '000000', Password: goodPassword }
      return {
        password: shown(await rawCall(server(), 'InitiateAuth', { ClientId: clientId, ...byPassword })),
        choice: await startChoice(server(), clientId, name).then(comparableChallenge, (error: Error) => error.message),
        forgot: shown(await rawCall(server(), 'ForgotPassword', { ClientId: clientId, Username: name })),
        confirmForgot: shown(await rawCall(server(), 'ConfirmForgotPassword', { ClientId: clientId, ...newPassword })),
      }
    }

    const wrong = async (clientId: string, name: string) =>
      shown(await rawCall(server(), 'ConfirmSignUp', { ClientId: clientId, Username: name, ConfirmationCode: '000000' }))
    const resend = async (clientId: string, name: string) =>
      shown(await rawCall(server(), 'ResendConfirmationCode', { ClientId: clientId, Username: name }))
    const withSession = (clientId: string, name: string, Session: unknown) =>
      rawCall(server(), 'InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: name }, Session })

    /** All that a stranger sees who signs up with the name and goes on. */
    async function story({ clientId }: PoolAndClient, { typedBy }: SignUpKind, index: number, name: string) {
      const before = await signInAnswers(clientId, name)
      const first = await signUpRaw(server(), clientId, name, typedBy(index))
      const told = {
        first: shown(first),
        wrong: [await wrong(clientId, name), await wrong(clientId, subIn(first))],
        resent: [await resend(clientId, name), await resend(clientId, subIn(first))],
        session: shown(await withSession(clientId, name, first.body['Session'])),
        bySub: shown(
          await rawCall(server(), 'InitiateAuth', {
            ClientId: clientId,
            AuthFlow: 'USER_PASSWORD_AUTH',
            AuthParameters: { USERNAME: subIn(first), PASSWORD: goodPassword },
          }),
        ),
      }
      assert.equal(first.status, 200, first.text)
      assert.deepEqual(await signInAnswers(clientId, name), before, 'The sign-up changed what the name shows.')
      server().clock.advance(60_000)
      const second = await signUpRaw(server(), clientId, name, typedBy(index, 7))
      const later = {
        second: shown(second),
        wrong: [await wrong(clientId, name), await wrong(clientId, subIn(first)), await wrong(clientId, subIn(second))],
        resent: [await resend(clientId, name), await resend(clientId, subIn(first)), await resend(clientId, subIn(second))],
      }
      assert.notEqual(subIn(second), subIn(first))
      return { ...told, later }
    }

    for (const [title, kind] of Object.entries(signUpKinds)) {
      it(`answers the same for a free name and for a taken one, in a pool with ${title}`, async () => {
        const ids = await givenHidingSignUps(server(), { pool: kind.pool })
        const free = await story(ids, kind, 1, kind.nameOf(1))
        assert.match(free.first, /UserConfirmed/)
        let index = 1
        for (const [owner, enter] of Object.entries(owners)) {
          index += 1
          await enter(server(), ids, kind.nameOf(index), kind.typedBy(index), kind.typedBy(index, 5))
          const { session, ...told } = await story(ids, kind, index, kind.nameOf(index))
          const { session: ofFree, ...toldOfFree } = free
          assert.deepEqual(told, toldOfFree, `the name of a user ${owner}`)
          if (!revealedOwners.includes(owner)) assert.equal(session, ofFree, owner)
        }
        // A taken name has used up nothing.
        assert.deepEqual(await story(ids, kind, index + 1, kind.nameOf(index + 1)), free)
      })
    }
  })
}
