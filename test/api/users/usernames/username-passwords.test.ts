import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  ChangePasswordCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { authenticate, openBrowser, signedIn } from '../../../support/cognito-user.ts'
import { engines } from '../../../support/engines.ts'
import { givenAppUser, setMfa } from '../../../support/mfa.ts'
import {
  answerSrp,
  claimsOf,
  givenTokens,
  givenUser,
  goodPassword,
  signInByPassword,
  signInBySrp,
  srpResponses,
  srpTimestamp,
  startSrp,
} from '../../../support/sign-in.ts'
import { setStorage } from '../../../support/stored-passwords.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { refresh } from '../../../support/tokens.ts'
import { adminRename, givenChangingPool, outcomeOf, rename } from '../../../support/usernames.ts'

const other = 'Another-horse-8'
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

for (const engine of engines) {
  describe(`The password of a user whose username has changed, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const namesFor = async (clientId: string, name: string) => {
      const { USERNAME, USER_ID_FOR_SRP } = (await startSrp(server(), clientId, name)).challenge.ChallengeParameters ?? {}
      return { USERNAME, USER_ID_FOR_SRP }
    }

    it('goes on working with SRP, under the name that its verifier was made with', async () => {
      const ids = await givenChangingPool(server())
      await givenUser(server(), ids.poolId, 'ana')
      await adminRename(server(), ids.poolId, 'ana', 'bea')
      assert.deepEqual(await namesFor(ids.clientId, 'bea'), { USERNAME: 'bea', USER_ID_FOR_SRP: 'ana' })
      const { AuthenticationResult: tokens } = await signInBySrp(server(), ids, 'bea')
      assert.equal(claimsOf(tokens?.AccessToken ?? '')['username'], 'bea')
      await assert.rejects(signInBySrp(server(), ids, 'bea', other), wrong)

      await adminRename(server(), ids.poolId, 'bea', 'cleo')
      assert.deepEqual(await namesFor(ids.clientId, 'cleo'), { USERNAME: 'cleo', USER_ID_FOR_SRP: 'ana' })
      assert.ok((await signInBySrp(server(), ids, 'cleo')).AuthenticationResult)
      await adminRename(server(), ids.poolId, 'cleo', 'ana')
      assert.deepEqual(await namesFor(ids.clientId, 'ana'), { USERNAME: 'ana', USER_ID_FOR_SRP: 'ana' })
      assert.ok((await signInBySrp(server(), ids, 'ana')).AuthenticationResult)
    })

    it('gets a verifier for the new name by a new password, or by the first sign-in that shows the password', async () => {
      const ids = await givenChangingPool(server())
      for (const name of ['ana', 'ben']) {
        await givenUser(server(), ids.poolId, name)
        await adminRename(server(), ids.poolId, name, `${name}-new`)
      }
      await server().send(
        new AdminSetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana-new', Password: other, Permanent: true }),
      )
      assert.deepEqual(await namesFor(ids.clientId, 'ana-new'), { USERNAME: 'ana-new', USER_ID_FOR_SRP: 'ana-new' })
      assert.ok((await signInBySrp(server(), ids, 'ana-new', other)).AuthenticationResult)

      await assert.rejects(signInByPassword(server(), ids.clientId, 'ben-new', other), wrong)
      assert.equal((await namesFor(ids.clientId, 'ben-new')).USER_ID_FOR_SRP, 'ben')
      await givenTokens(server(), ids.clientId, 'ben-new')
      assert.equal((await namesFor(ids.clientId, 'ben-new')).USER_ID_FOR_SRP, 'ben-new')
      assert.ok((await signInBySrp(server(), ids, 'ben-new')).AuthenticationResult)
    })

    it('gets that verifier at once when the user gives the password, which nobody can guess there', async () => {
      const ids = await givenChangingPool(server())
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken, refreshToken } = await givenTokens(server(), ids.clientId, 'ana')
      await assert.rejects(rename(server(), accessToken, 'bea', other), wrong)
      assert.equal((await namesFor(ids.clientId, 'ana')).USERNAME, 'ana')
      await rename(server(), accessToken, 'bea', goodPassword)
      assert.deepEqual(await namesFor(ids.clientId, 'bea'), { USERNAME: 'bea', USER_ID_FOR_SRP: 'bea' })
      assert.ok((await signInBySrp(server(), ids, 'bea')).AuthenticationResult)
      assert.ok((await refresh(server(), ids.clientId, refreshToken)).AuthenticationResult)
      for (let count = 0; count < 5; count++) await assert.rejects(signInByPassword(server(), ids.clientId, 'bea', other), wrong)
      await assert.rejects(rename(server(), accessToken, 'cleo', goodPassword), { message: /attempts exceeded/ })
    })

    it('works in each form in which it can be stored', async () => {
      for (const storage of ['SRP', 'BOTH', 'ARGON2ID'] as const) {
        const ids = await givenChangingPool(server())
        await setStorage(server(), ids, storage)
        await givenUser(server(), ids.poolId, 'ana')
        await adminRename(server(), ids.poolId, 'ana', 'bea')
        if (storage !== 'ARGON2ID') assert.ok((await signInBySrp(server(), ids, 'bea')).AuthenticationResult, storage)
        await assert.rejects(signInByPassword(server(), ids.clientId, 'bea', other), wrong)
        assert.ok((await givenTokens(server(), ids.clientId, 'bea')).accessToken, storage)
      }
    })

    it('works when the username changes between the two halves of SRP', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      await givenUser(server(), poolId, 'ana')
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const { AuthenticationResult: tokens } = await answerSrp(server(), clientId, responses)
      assert.equal(claimsOf(tokens?.AccessToken ?? '')['username'], 'bea')
    })

    it('works in amazon-cognito-identity-js, which answers with USER_ID_FOR_SRP', async () => {
      const ids = await givenChangingPool(server())
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      await adminRename(server(), ids.poolId, 'ana', 'bea')
      const browser = openBrowser(server(), ids)
      const session = await signedIn(authenticate(browser.user('bea'), goodPassword))
      assert.equal(session.getAccessToken().payload['username'], 'bea')
    })

    it('is followed by a second factor, whichever of the two names the client sends', async () => {
      const ids = await givenChangingPool(server())
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), ids, 'ana')
      await adminRename(server(), ids.poolId, 'ana', 'bea')
      for (const [step, USERNAME] of ['ana', 'bea'].entries()) {
        const { ChallengeName, Session } = await signInBySrp(server(), ids, 'bea')
        assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
        const ChallengeResponses = { USERNAME, SOFTWARE_TOKEN_MFA_CODE: app.code(step) }
        const request = { ClientId: ids.clientId, ChallengeName, Session, ChallengeResponses }
        assert.ok((await server().send(new RespondToAuthChallengeCommand(request))).AuthenticationResult, USERNAME)
      }
    })

    it('can be replaced by a user who was renamed before the first sign-in', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const invited = { UserPoolId: poolId, Username: 'ana', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' as const }
      await server().send(new AdminCreateUserCommand(invited))
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const { ChallengeName, Session } = await answerSrp(server(), clientId, responses)
      assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
      const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: other }
      await server().send(new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName, Session, ChallengeResponses }))
      assert.deepEqual(await namesFor(clientId, 'bea'), { USERNAME: 'bea', USER_ID_FOR_SRP: 'bea' })
      assert.ok((await signInBySrp(server(), { poolId, clientId }, 'bea', other)).AuthenticationResult)
    })

    it('stays in the history of passwords', async () => {
      const PasswordPolicy = { MinimumLength: 8, PasswordHistorySize: 3 }
      const { poolId, clientId } = await givenChangingPool(server(), { pool: { Policies: { PasswordPolicy } } })
      await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const change = (PreviousPassword: string, ProposedPassword: string) =>
        server().send(new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword, ProposedPassword }))
      await change(goodPassword, other)
      await rename(server(), accessToken, 'bea')
      const used = { name: 'PasswordHistoryPolicyViolationException' }
      await assert.rejects(change(other, goodPassword), used)
      await change(other, 'A-third-horse-9')
      await rename(server(), accessToken, 'cleo')
      for (const password of [goodPassword, other]) await assert.rejects(change('A-third-horse-9', password), used, password)
    })

    it('still works when it is changed at the same moment as the username', async () => {
      const ids = await givenChangingPool(server(), undefined, { ChangeableBy: 'USERS', KeepFormerDays: 0 })
      for (let round = 0; round < 6; round++) {
        const [name, next] = [`ana${round}`, `bea${round}`]
        await givenUser(server(), ids.poolId, name)
        const { accessToken } = await givenTokens(server(), ids.clientId, name)
        const change = { AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: other }
        const outcomes = await Promise.all([
          outcomeOf(server().send(new ChangePasswordCommand(change))),
          outcomeOf(adminRename(server(), ids.poolId, name, next)),
        ])
        assert.deepEqual(outcomes, ['ok', 'ok'])
        assert.ok((await signInBySrp(server(), ids, next, other)).AuthenticationResult)
        assert.ok((await givenTokens(server(), ids.clientId, next, other)).accessToken)
        await assert.rejects(signInByPassword(server(), ids.clientId, next, goodPassword), wrong)
      }
    })
  })
}
