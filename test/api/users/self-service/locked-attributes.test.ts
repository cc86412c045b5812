import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DeleteUserAttributesCommand,
  GetUserAttributeVerificationCodeCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreate, adminGet, adminUpdate } from '../../../support/administration.ts'
import { correct, givenCorrectingPool, refusalOf, signUpForSession } from '../../../support/contact-correction.ts'
import { engines } from '../../../support/engines.ts'
import { challengeAfterPassword, givenMfaPool, respond } from '../../../support/mfa.ts'
import { anaEmail } from '../../../support/notices.ts'
import { givenClient } from '../../../support/oauth.ts'
import { titleIn } from '../../../support/page-texts.ts'
import { codeSentTo, sentTo, signUp, update } from '../../../support/self-service.ts'
import { locked, lockedMessage, setClientSelfService, setSelfService } from '../../../support/self-service-switches.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { eve, givenUndoUser, openLink, takeAddress, undo, undoLinkTo } from '../../../support/undo.ts'

const email = 'ana@example.test'
const other = 'other@example.test'
const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
const Schema = [
  { Name: 'email', AttributeDataType: 'String' as const, Required: true, Mutable: true },
  { Name: 'tier', AttributeDataType: 'String' as const, Mutable: true },
]

for (const engine of engines) {
  describe(`Locked attributes on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(pool: object = {}) {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], Schema, ...pool }, client })
      const values = { email, email_verified: 'true', 'custom:tier': 'free' }
      const attributes = Object.entries(values).map(([Name, Value]) => ({ Name, Value }))
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      return { ...ids, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }
    const storedValue = async (poolId: string, name: string, username = 'ana') =>
      (await adminGet(server(), poolId, username)).attributes[name]
    const remove = (AccessToken: string, name: string) =>
      server().send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: [name] }))

    it('are changed and deleted by administrators only, whatever the new value', async () => {
      const { poolId, accessToken } = await givenAna()
      await setSelfService(server(), poolId, { LockedAttributes: ['custom:tier', 'email'] })
      await assert.rejects(update(server(), accessToken, { 'custom:tier': 'gold', nickname: 'nan' }), locked('custom:tier'))
      await assert.rejects(update(server(), accessToken, { 'custom:tier': '' }), locked('custom:tier'))
      await assert.rejects(remove(accessToken, 'custom:tier'), locked('custom:tier'))
      // The same address again would make it unverified.
      await assert.rejects(update(server(), accessToken, { email }), locked('email'))
      await update(server(), accessToken, { nickname: 'nan' })
      await adminUpdate(server(), poolId, 'ana', { 'custom:tier': 'gold' })
      const { attributes } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([attributes['custom:tier'], attributes['email'], attributes['email_verified']], ['gold', email, 'true'])
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('of pool and app client add up', async () => {
      const ana = await givenAna()
      const second = { poolId: ana.poolId, ...(await givenClient(server(), ana.poolId, client)) }
      const { accessToken } = await givenTokens(server(), second.clientId, 'ana')
      await setSelfService(server(), ana.poolId, { LockedAttributes: ['email'] })
      await setClientSelfService(server(), second, { LockedAttributes: ['custom:tier'] })
      await assert.rejects(update(server(), accessToken, { 'custom:tier': 'gold' }), locked('custom:tier'))
      await assert.rejects(update(server(), accessToken, { email: other }), locked('email'))
      await assert.rejects(update(server(), ana.accessToken, { email: other }), locked('email'))
      await update(server(), ana.accessToken, { 'custom:tier': 'silver' })
    })

    it('can be set by a sign-up, as far as the app client may write them', async () => {
      const { poolId, clientId } = await givenAna()
      const narrow = await givenClient(server(), poolId, { ...client, WriteAttributes: ['email'] })
      await setSelfService(server(), poolId, { LockedAttributes: ['custom:tier'] })
      await signUp(server(), clientId, 'ben', { email: other, 'custom:tier': 'free' })
      assert.equal(await storedValue(poolId, 'custom:tier', 'ben'), 'free')
      await assert.rejects(signUp(server(), narrow.clientId, 'eve', { email: eve, 'custom:tier': 'gold' }), {
        name: 'NotAuthorizedException',
      })
    })

    it('do not take an address that waited for its verification, but let the current one be verified', async () => {
      const { poolId, accessToken } = await givenAna({
        UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      })
      await update(server(), accessToken, { email: other })
      await adminUpdate(server(), poolId, 'ana', { email_verified: 'false' })
      const waiting = await codeSentTo(server(), poolId, other)
      await setSelfService(server(), poolId, { LockedAttributes: ['email'] })
      const verify = (Code: string) =>
        server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code }))
      await assert.rejects(verify(waiting), { name: 'ExpiredCodeException' })
      assert.equal(await storedValue(poolId, 'email'), email)
      await server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken: accessToken, AttributeName: 'email' }))
      await verify(await codeSentTo(server(), poolId, email))
      assert.deepEqual([await storedValue(poolId, 'email'), await storedValue(poolId, 'email_verified')], [email, 'true'])
      assert.deepEqual(await sentTo(server(), poolId), [`update-attribute ${other}`, `verify-attribute ${email}`])
    })

    it('are set with a new password only if the pool requires them', async () => {
      const { poolId, clientId } = await givenAna()
      await setSelfService(server(), poolId, { LockedAttributes: ['custom:tier', 'email'] })
      await adminCreate(server(), poolId, 'ben', { TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' })
      const answer = async (attributes: object) => {
        const { Session } = await signInByPassword(server(), clientId, 'ben')
        const responses = { USERNAME: 'ben', NEW_PASSWORD: 'Another-horse-8', ...attributes }
        return respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', Session, responses)
      }
      const gold = { 'userAttributes.email': other, 'userAttributes.custom:tier': 'gold' }
      await assert.rejects(answer(gold), locked('custom:tier'))
      assert.equal((await adminGet(server(), poolId, 'ben')).UserStatus, 'FORCE_CHANGE_PASSWORD')
      assert.ok((await answer({ 'userAttributes.email': other })).AuthenticationResult)
      assert.equal(await storedValue(poolId, 'email', 'ben'), other)
    })

    it('are not set up for MFA during a sign-in', async () => {
      const options = { pool: { AccountRecoverySetting: { RecoveryMechanisms: [{ Priority: 1, Name: 'admin_only' as const }] } }, client }
      const ids = await givenMfaPool(server(), 'ON', ['email', 'totp'], options)
      await givenUser(server(), ids.poolId, 'ana')
      await setClientSelfService(server(), ids, { LockedAttributes: ['email'] })
      const byClient = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const answer = respond(server(), ids.clientId, 'MFA_SETUP', byClient.session, { USERNAME: 'ana', EMAIL: other })
      await assert.rejects(answer, locked('email'))
      await setSelfService(server(), ids.poolId, { LockedAttributes: ['email'] })
      const { parameters } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(parameters['MFAS_CAN_SETUP'], '["SOFTWARE_TOKEN_MFA"]')
      assert.equal(await storedValue(ids.poolId, 'email'), undefined)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('are not corrected during a sign-up', async () => {
      const { poolId, clientId } = await givenCorrectingPool(server())
      await setSelfService(server(), poolId, { LockedAttributes: ['email'] })
      const { session } = await signUpForSession(server(), clientId, 'ana', { email })
      assert.equal(
        refusalOf(await correct(server(), clientId, 'ana', { session, value: other })),
        `NotAuthorizedException: ${lockedMessage('email')}`,
      )
      assert.equal(await storedValue(poolId, 'email'), email)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('do not come back by the link that undoes a change', async () => {
      const { poolId, accessToken } = await givenUndoUser(server())
      await takeAddress(server(), poolId, accessToken, eve)
      const link = await undoLinkTo(server(), poolId)
      await setSelfService(server(), poolId, { LockedAttributes: ['email'] })
      const { page } = await openLink(server(), link)
      assert.deepEqual([page.status, titleIn(page)], [400, 'This link is not valid'])
      assert.equal(await storedValue(poolId, 'email'), eve)
      // The link is not used up.
      await setSelfService(server(), poolId, {})
      assert.equal((await undo(server(), link)).status, 200)
      assert.equal(await storedValue(poolId, 'email'), anaEmail)
    })
  })
}
