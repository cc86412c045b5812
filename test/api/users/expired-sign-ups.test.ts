import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminDisableUserCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolCommandInput,
  ForgotPasswordCommand,
  ResendConfirmationCodeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { hourMs } from '../../../src/base/durations.ts'
import { adminCreate, adminCreateSilently, adminGet, adminUpdate } from '../../support/administration.ts'
import { correct, refusalOf, signUpForSession } from '../../support/contact-correction.ts'
import { engines } from '../../support/engines.ts'
import { codeSentTo, confirm, givenConfirmedUser, givenSignedInUser, signUp, update } from '../../support/self-service.ts'
import { givenTokens, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { setSignUpExtension } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const newPassword = 'Another-horse-7'
const unknown = { name: 'UserNotFoundException' }

for (const engine of engines) {
  describe(`Expired sign-ups on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A pool whose sign-ups expire after two hours. */
    async function given(pool: Partial<CreateUserPoolCommandInput> = {}, extension: object = {}) {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], ...pool } })
      await setSignUpExtension(server(), ids.poolId, { UnconfirmedUserLifetimeHours: 2, ...extension })
      return ids
    }

    it('free their username after the time that the pool allows, but not earlier', async () => {
      const { poolId, clientId } = await given()
      const { UserSub } = await signUp(server(), clientId, 'ana', { email })
      server().clock.advance(2 * hourMs - 60_000)
      await assert.rejects(signUp(server(), clientId, 'ana'), { name: 'UsernameExistsException' })
      server().clock.advance(60_000)
      await signUp(server(), clientId, 'ana', { email }, newPassword)
      const { attributes } = await adminGet(server(), poolId, 'ana')
      assert.notEqual(attributes['sub'], UserSub)
      await assert.rejects(adminGet(server(), poolId, UserSub ?? ''), unknown)
      await confirm(server(), clientId, 'ana', await codeSentTo(server(), poolId, email))
      await givenTokens(server(), clientId, 'ana', newPassword)
    })

    it('free the address that is their username', async () => {
      const { poolId, clientId } = await given({ UsernameAttributes: ['email'] })
      const { UserSub } = await signUp(server(), clientId, email)
      server().clock.advance(2 * hourMs)
      await signUp(server(), clientId, email)
      assert.notEqual((await adminGet(server(), poolId, email)).attributes['sub'], UserSub)
      await assert.rejects(adminGet(server(), poolId, UserSub ?? ''), unknown)
    })

    it('give their address to a user that an administrator creates, or to a user who corrects a mistyped address', async () => {
      const { poolId, clientId } = await given({ UsernameAttributes: ['email'] }, { ContactCorrection: true })
      await signUp(server(), clientId, email)
      await signUp(server(), clientId, 'bo@example.test')
      server().clock.advance(2 * hourMs)
      await adminCreateSilently(server(), poolId, 'bo@example.test')
      const { session } = await signUpForSession(server(), clientId, 'typo@example.test', {})
      assert.equal(refusalOf(await correct(server(), clientId, 'typo@example.test', { session, value: email })), 'ok')
    })

    it('give their address to another user whose address is changed', async () => {
      const ids = await given({ UsernameAttributes: ['email'] })
      for (const address of [email, 'bo@example.test']) await signUp(server(), ids.clientId, address)
      server().clock.advance(2 * hourMs)
      const { accessToken } = await givenSignedInUser(server(), ids, 'cy@example.test', {})
      await update(server(), accessToken, { email })
      await adminUpdate(server(), ids.poolId, email, { email: 'bo@example.test' })
      await givenTokens(server(), ids.clientId, 'bo@example.test')
    })

    it('look like unknown users in an SRP sign-in where the client hides which users exist', async () => {
      const { poolId } = await given()
      const client = { UserPoolId: poolId, ClientName: 'hiding', PreventUserExistenceErrors: 'ENABLED' as const }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(client))
      const clientId = UserPoolClient?.ClientId ?? ''
      await signUp(server(), clientId, 'ana')
      server().clock.advance(2 * hourMs)
      for (const name of ['ana', 'nobody']) {
        const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
        await assert.rejects(signInBySrp(server(), { poolId, clientId }, name), wrong)
      }
    })

    it('can neither sign in nor be confirmed with their code', async () => {
      const { poolId, clientId } = await given()
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      server().clock.advance(2 * hourMs)
      await assert.rejects(confirm(server(), clientId, 'ana', code), unknown)
      const Username = 'ana'
      await assert.rejects(server().send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username })), unknown)
      await assert.rejects(server().send(new ForgotPasswordCommand({ ClientId: clientId, Username })), unknown)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), unknown)
    })

    it('leave no code that would confirm the next user with the name', async () => {
      const { poolId, clientId } = await given()
      await signUp(server(), clientId, 'ana', { email })
      const code = await codeSentTo(server(), poolId, email)
      server().clock.advance(2 * hourMs)
      await signUp(server(), clientId, 'ana', { email: 'other@example.test' })
      if (code !== (await codeSentTo(server(), poolId, 'other@example.test'))) {
        await assert.rejects(confirm(server(), clientId, 'ana', code), { name: 'CodeMismatchException' })
      }
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'UNCONFIRMED')
    })

    it('do not include users who were confirmed, invited or disabled', async () => {
      const ids = await given()
      const { poolId, clientId } = ids
      await givenConfirmedUser(server(), ids, 'confirmed', { email })
      await signUp(server(), clientId, 'by-admin')
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'by-admin' }))
      await adminCreate(server(), poolId, 'invited', { attributes: { email: 'bo@example.test' } })
      await signUp(server(), clientId, 'banned')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'banned' }))
      server().clock.advance(10_000 * hourMs)
      for (const name of ['confirmed', 'by-admin', 'invited', 'banned']) {
        await assert.rejects(signUp(server(), clientId, name), { name: 'UsernameExistsException' }, name)
      }
    })

    it('do not exist in a pool that sets no UnconfirmedUserLifetimeHours', async () => {
      const { clientId } = await server().givenPool()
      await signUp(server(), clientId, 'ana')
      server().clock.advance(10_000 * hourMs)
      await assert.rejects(signUp(server(), clientId, 'ana'), { name: 'UsernameExistsException' })
    })
  })
}
