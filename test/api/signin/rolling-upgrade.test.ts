import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, type InitiateAuthCommandOutput } from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import { givenChoicePool, startBy } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { givenAppUser, givenMfaPool, respond } from '../../support/mfa.ts'
import { attributeList } from '../../support/self-service.ts'
import { answerSrp, givenUser, goodPassword, signInByPassword, srpResponses, srpTimestamp, startSrp } from '../../support/sign-in.ts'
import { answerCustom, customClient, givenPoolWith, riddles, startCustom } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const masterKey = randomBytes(32)
const secrets = createSecrets(masterKey)
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }

/**
 * Seals the sign-in state in `session` as the previous release does: as an array without a version, and with other names in the factor's
 * own data.
 */
function asReleaseBefore(session: string): string {
  const opened = secrets.open('sign-in-state', session.slice('AYABe'.length), 'versioned')
  assert.ok(opened !== undefined, 'the Session opens')
  const { id, p, c, s, n, e, f, a, u, r, t, m } = JSON.parse(opened.toString())
  const content = [id, p, c, s, n, f, e, ownDataOfReleaseBefore(n, m, t)]
  if (r !== undefined) content.push(a ?? null, u ?? null, r)
  else if (u !== undefined) content.push(a ?? null, u)
  else if (a !== undefined) content.push(a)
  return `AYABe${secrets.seal('sign-in-state', JSON.stringify(content))}`
}

// biome-ignore lint/suspicious/noExplicitAny: a factor's own data has other properties for each challenge.
function ownDataOfReleaseBefore(challenge: string, memory: any, securityStamp: string | undefined): unknown {
  if (challenge === 'PASSWORD_VERIFIER') return memory
  if (challenge === 'NEW_PASSWORD_REQUIRED') return { proven: memory.passwordMark }
  if (challenge === 'SELECT_CHALLENGE') return { ...memory, chosen: undefined, asked: memory.chosen }
  if (challenge === 'CUSTOM_CHALLENGE') return { standing: securityStamp, ...memory }
  return { standing: securityStamp, own: memory }
}

function begunBefore(begun: InitiateAuthCommandOutput): InitiateAuthCommandOutput {
  return { ...begun, Session: asReleaseBefore(begun.Session ?? '') }
}

for (const engine of engines) {
  describe(`a sign-in that goes on after an upgrade, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const env = { LIFEGUARD_MASTER_KEY: masterKey.toString('base64') }
    const server = useTestServer(engine, { flags: endpoint.flags, env })

    it('can be finished by SRP when the previous release began it', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const block = Buffer.from(challenge.ChallengeParameters?.['SECRET_BLOCK'] ?? '', 'base64').toString()
      const SECRET_BLOCK = Buffer.from(asReleaseBefore(block)).toString('base64')
      const begun = { ...challenge, ChallengeParameters: { ...challenge.ChallengeParameters, SECRET_BLOCK } }
      const responses = srpResponses(poolId, goodPassword, a, begun, srpTimestamp(server().clock.now()))
      const { AuthenticationResult } = await answerSrp(server(), clientId, responses)
      assert.ok(AuthenticationResult?.RefreshToken)
    })

    it('can be finished with a new password when the previous release began it', async () => {
      const { poolId, clientId } = await server().givenPool()
      const user = { UserPoolId: poolId, Username: 'ana', TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(user))
      const begun = begunBefore(await signInByPassword(server(), clientId, 'ana', 'Temporary-1'))
      const responses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword }
      const { AuthenticationResult } = await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', begun.Session, responses)
      assert.ok(AuthenticationResult?.RefreshToken)
    })

    it('can be finished once with the code of an authenticator app when the previous release began it', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), ids, 'ana')
      const begun = begunBefore(await signInByPassword(server(), ids.clientId, 'ana'))
      const answer = (code: string) => {
        const responses = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: code }
        return respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', begun.Session, responses)
      }
      const { AuthenticationResult } = await answer(app.code())
      assert.ok(AuthenticationResult?.RefreshToken)
      await assert.rejects(answer(app.code(1)), { name: 'NotAuthorizedException', message: /can only be used once/ })
    })

    it('can be finished with a code by e-mail as the first factor when the previous release began it', async () => {
      const { poolId, clientId } = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'])
      const address = `ana-${engine.name}@upgrade.test`
      await givenUser(server(), poolId, 'ana', { attributes: attributeList({ email: address, email_verified: 'true' }) })
      const begun = begunBefore(await startBy(server(), clientId, 'ana', 'EMAIL_OTP'))
      const [message] = await server().inbox(address)
      const responses = { USERNAME: 'ana', EMAIL_OTP_CODE: message?.code ?? '' }
      const { AuthenticationResult } = await respond(server(), clientId, 'EMAIL_OTP', begun.Session, responses)
      assert.ok(AuthenticationResult?.RefreshToken)
    })

    it('can be finished with the answer to a custom challenge when the previous release began it', async () => {
      const { poolId, clientId } = await givenPoolWith(server(), endpoint.given(riddles()), { client: customClient })
      await givenUser(server(), poolId, 'ana')
      const wrong = await answerCustom(server(), clientId, begunBefore(await startCustom(server(), clientId, 'ana')), 'green')
      const { AuthenticationResult } = await answerCustom(server(), clientId, begunBefore(wrong), 'blue')
      assert.ok(AuthenticationResult?.RefreshToken)
    })

    it('is refused as invalid when a later release sealed its state in an unknown version', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const Session = `AYABe${secrets.seal('sign-in-state', JSON.stringify({ v: 99 }), 'versioned')}`
      const responses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword }
      await assert.rejects(respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', Session, responses), invalid)
    })
  })
}
