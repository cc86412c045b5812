import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SetUserPoolMfaConfigCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import {
  challengeAfterPassword,
  failUntilLocked,
  giveAttributes,
  givenMfaPool,
  prefer,
  respond,
  SmsConfiguration,
} from '../../support/mfa.ts'
import { attributeList, codeSentTo, messagesOf, type PoolAndClient, sentTo, wrongCode } from '../../support/self-service.ts'
import { claimsOf, givenUser, signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const minute = 60_000
const hour = 60 * minute
const wrong = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }
const flooded = { name: 'TooManyRequestsException', message: 'Attempt limit exceeded, please try after some time.' }

/** The two factors that send codes, with their differences. */
const kinds = [
  {
    challenge: 'SMS_MFA',
    factor: 'sms',
    answerKey: 'SMS_MFA_CODE',
    attribute: 'phone_number',
    address: '+15551234444',
    other: '+15557776666',
    shown: { CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS', CODE_DELIVERY_DESTINATION: '+*******4444' },
    settings: { SMSMfaSettings: { Enabled: true } },
  },
  {
    challenge: 'EMAIL_OTP',
    factor: 'email',
    answerKey: 'EMAIL_OTP_CODE',
    attribute: 'email',
    address: 'ana@example.test',
    other: 'other@example.test',
    shown: { CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL', CODE_DELIVERY_DESTINATION: 'a***@e***' },
    settings: { EmailMfaSettings: { Enabled: true } },
  },
] as const

for (const engine of engines) {
  for (const { challenge, factor, answerKey, attribute, address, other, shown, settings } of kinds) {
    describe(`${challenge} on ${engine.name}`, () => {
      const server = useTestServer(engine)

      /** A user who has activated the factor of `challenge`. The user's address is not verified. */
      async function givenAna(): Promise<PoolAndClient> {
        const ids = await givenMfaPool(server(), 'OPTIONAL', [factor])
        await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList({ [attribute]: address }) })
        await prefer(server(), ids.poolId, 'ana', settings)
        return ids
      }

      const ask = async ({ clientId }: PoolAndClient) => (await challengeAfterPassword(server(), clientId, 'ana')).session
      const code = ({ poolId }: PoolAndClient) => codeSentTo(server(), poolId, address)
      const answer = ({ clientId }: PoolAndClient, session: string | undefined, given: string, username = 'ana') =>
        respond(server(), clientId, challenge, session, { USERNAME: username, [answerKey]: given })
      const isVerified = async ({ poolId }: PoolAndClient) =>
        (await adminGet(server(), poolId, 'ana')).attributes[`${attribute}_verified`] === 'true'

      it('sends one message with a code of six digits, which completes the sign-in and verifies the address', async () => {
        const ids = await givenAna()
        const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
        assert.equal(asked.name, challenge)
        assert.deepEqual(asked.parameters, { ...shown, USER_ID_FOR_SRP: 'ana' })
        assert.equal(asked.tokens, undefined)
        assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${address}`])
        const [message] = await messagesOf(server(), ids.poolId)
        assert.match(message?.code ?? '', /^\d{6}$/)
        assert.equal(message?.text?.trim(), `Your authentication code is ${message?.code}.`)
        assert.equal(await isVerified(ids), false)

        const { AuthenticationResult: tokens } = await answer(ids, asked.session, message?.code ?? '')
        assert.equal(claimsOf(tokens?.IdToken ?? '')[`${attribute}_verified`], true)
        assert.equal(await isVerified(ids), true)
        assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${address}`])

        const bySrp = await signInBySrp(server(), ids, 'ana')
        assert.equal(bySrp.ChallengeName, challenge)
        assert.ok((await answer(ids, bySrp.Session, await code(ids))).AuthenticationResult)
      })

      it('accepts a code only for the sign-in that it was sent for', async () => {
        const ids = await givenAna()
        const first = await ask(ids)
        const firstCode = await code(ids)
        const second = await ask(ids)
        const secondCode = await code(ids)
        await assert.rejects(answer(ids, first, secondCode), wrong)
        await assert.rejects(answer(ids, second, firstCode), wrong)
        await answer(ids, first, firstCode)
        await answer(ids, second, secondCode)
      })

      it('keeps the Session valid after wrong codes, accepts the right code once, and rejects it after the Session’s expiry', async () => {
        const ids = await givenAna()
        const session = await ask(ids)
        const right = await code(ids)
        for (const given of [wrongCode(right), `${right}0`, right.slice(1), ' ']) await assert.rejects(answer(ids, session, given), wrong)
        const refused = Array.from({ length: 3 }, () => 'NotAuthorizedException')
        const results = await outcomes(Array.from({ length: 4 }, () => answer(ids, session, right)))
        assert.deepEqual(results, [...refused, 'ok'])
        const late = await ask(ids)
        server().clock.advance(3 * minute)
        const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
        await assert.rejects(answer(ids, late, await code(ids)), expired)
      })

      it('rejects the Session for another user', async () => {
        const ids = await givenAna()
        await givenUser(server(), ids.poolId, 'ben', { attributes: attributeList({ [attribute]: other }) })
        const session = await ask(ids)
        await assert.rejects(answer(ids, session, await code(ids), 'ben'), invalid)
      })

      it('locks after five wrong codes; a new code does not lift the lock; an hour later the failures no longer count', async () => {
        const ids = await givenAna()
        const session = await ask(ids)
        const right = await code(ids)
        await failUntilLocked(server(), () => assert.rejects(answer(ids, session, wrongCode(right)), wrong))
        await assert.rejects(answer(ids, session, right), locked)
        await assert.rejects(answer(ids, await ask(ids), await code(ids)), locked)
        server().clock.advance(16 * minute)
        await assert.rejects(answer(ids, await ask(ids), wrongCode(await code(ids))), wrong, 'the tenth wrong code, not the first')
        await assert.rejects(answer(ids, await ask(ids), await code(ids)), locked)
        server().clock.advance(hour)
        await assert.rejects(answer(ids, await ask(ids), wrongCode(await code(ids))), wrong, 'counted as the first wrong code again')
        await answer(ids, await ask(ids), await code(ids))
      })

      it('sends a user at most twenty codes in an hour', async () => {
        const ids = await givenAna()
        for (let count = 0; count < 20; count++) await ask(ids)
        await assert.rejects(ask(ids), flooded)
        await assert.rejects(signInBySrp(server(), ids, 'ana'), flooded)
        assert.equal((await messagesOf(server(), ids.poolId)).length, 20)
        server().clock.advance(hour)
        await ask(ids)
      })

      it('rejects a code that was sent to an address which the user no longer has', async () => {
        const ids = await givenAna()
        const session = await ask(ids)
        const sent = await code(ids)
        await giveAttributes(server(), ids.poolId, 'ana', { [attribute]: other })
        await assert.rejects(answer(ids, session, sent), wrong)
        assert.equal(await isVerified(ids), false)
        assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, challenge, 'the new address gets the next code')
        assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${address}`, `mfa ${other}`])
      })

      it('is not asked of users who have not activated the factor, or whose address was removed', async () => {
        const ids = await givenAna()
        await givenUser(server(), ids.poolId, 'ben', { attributes: attributeList({ [attribute]: other }) })
        assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ben')).tokens)
        await giveAttributes(server(), ids.poolId, 'ana', { [attribute]: '' })
        assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ana')).tokens)
        assert.deepEqual(await sentTo(server(), ids.poolId), [])
      })

      it('is asked of all users with an address where MFA is required; the user who enters the code gets the address as alias', async () => {
        const ids = await givenMfaPool(server(), 'ON', [factor], { pool: { AliasAttributes: [attribute] } })
        await givenUser(server(), ids.poolId, 'ben', {
          attributes: attributeList({ [attribute]: address, [`${attribute}_verified`]: 'true' }),
        })
        await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList({ [attribute]: address }) })
        assert.equal((await challengeAfterPassword(server(), ids.clientId, address)).parameters['USER_ID_FOR_SRP'], 'ben')
        const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
        assert.equal(asked.name, challenge)
        await answer(ids, asked.session, await code(ids))
        assert.equal((await challengeAfterPassword(server(), ids.clientId, address)).parameters['USER_ID_FOR_SRP'], 'ana')
        assert.equal((await adminGet(server(), ids.poolId, 'ben')).attributes[`${attribute}_verified`], 'false')
      })

      it('uses the message template of the pool', async () => {
        const ids = await givenAna()
        const own = {
          SmsMfaConfiguration: { SmsConfiguration, SmsAuthenticationMessage: 'Sesame {####}' },
          EmailMfaConfiguration: { Message: 'Sesame {####}', Subject: 'Open' },
        }
        await server().send(new SetUserPoolMfaConfigCommand({ UserPoolId: ids.poolId, MfaConfiguration: 'OPTIONAL', ...own }))
        await ask(ids)
        const [message] = await messagesOf(server(), ids.poolId)
        assert.equal(message?.text?.trim(), `Sesame ${message?.code}`)
        assert.equal(message?.subject, factor === 'email' ? 'Open' : null)
      })
    })
  }
}
