import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminDeleteUserAttributesCommand,
  AdminUpdateUserAttributesCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  DeleteUserAttributesCommand,
  DeleteWebAuthnCredentialCommand,
  ForgotPasswordCommand,
  SetUserMFAPreferenceCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { decryptCode, openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, signInByProvider } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes, prefer, registerApp, setMfa } from '../../support/mfa.ts'
import { anaEmail, enforced, noticeTo, setThreatProtection } from '../../support/notices.ts'
import { givenOAuthPool } from '../../support/oauth.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { passkeysOf, registerPasskey, setWebAuthn, withPasskeys } from '../../support/passkeys.ts'
import { attributeList, codeSentTo, messagesOf, sentTo, update } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()
const allChanges = ['PASSWORD', 'EMAIL', 'PHONE_NUMBER', 'MFA', 'PASSKEY', 'IDENTITY']
const ana = { sub: 'ana', email: 'ana@corp.test', email_verified: true, name: 'Ana' }
const fresh = 'Another-horse-8'

for (const engine of engines) {
  describe(`A notice of a changed account on ${engine.name}`, async () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags] })

    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [ana] }))

    async function givenNoticed({ pool, client, AccountNotices = allChanges }: TestPoolOptions & { AccountNotices?: string[] } = {}) {
      const given = await givenOAuthPool(server(), {
        pool: { ...enforced, ...pool },
        client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'], ...client },
      })
      await setThreatProtection(server(), given.poolId, { AccountNotices })
      await givenUser(server(), given.poolId, 'ana', { attributes: attributeList({ email: anaEmail, email_verified: 'true' }) })
      return { ...given, ...(await givenTokens(server(), given.clientId, 'ana')) }
    }
    const subjects = async (poolId: string) =>
      (await messagesOf(server(), poolId))
        .filter(({ trigger }) => trigger === 'account-notice')
        .map(({ subject, recipient }) => `${recipient}: ${subject}`)
    const changePassword = (AccessToken: string, from = goodPassword, to = fresh) =>
      server().send(new ChangePasswordCommand({ AccessToken, PreviousPassword: from, ProposedPassword: to }))

    it('is sent when the user changes or resets the password', async () => {
      const { poolId, clientId, accessToken } = await givenNoticed()
      await changePassword(accessToken)
      const notice = await noticeTo(server(), poolId)
      assert.match(notice.text ?? '', /^Hello ana,\n\nThe password of your account was changed on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\./)
      assert.deepEqual([notice.code, notice.links], [null, []])
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), poolId, anaEmail)
      const reset = { ClientId: clientId, Username: 'ana', ConfirmationCode, Password: goodPassword }
      await server().send(new ConfirmForgotPasswordCommand(reset))
      assert.deepEqual(await sentTo(server(), poolId), [
        `account-notice ${anaEmail}`,
        `forgot-password ${anaEmail}`,
        `account-notice ${anaEmail}`,
      ])
    })

    it('is not sent for a change that fails, nor for one by an administrator', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await assert.rejects(changePassword(accessToken, 'Wrong-horse-9'))
      await giveAttributes(server(), poolId, 'ana', { email: 'new@example.test', phone_number: '+15550001111' })
      await server().send(
        new AdminDeleteUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributeNames: ['phone_number'] }),
      )
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('is sent to the old address, and not to the new one, when the user changes the address', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await update(server(), accessToken, { email: 'eve@evil.test' })
      const notice = await noticeTo(server(), poolId)
      assert.equal(notice.subject, 'Your email address was changed')
      assert.match(notice.text ?? '', /The new address is e\*\*\*@e\*\*\*\./)
      assert.match(notice.text ?? '', /Undo the change \(http.*\)\. The link works once, for 7 days\./)
      assert.match(notice.links[0] ?? '', /^\/undo\?user_pool_id=[^&]+&client_id=[^&]+&token=[\w-]{43}$/)
      assert.deepEqual(await subjects(poolId), [`${anaEmail}: Your email address was changed`])
    })

    it('is sent when the new address is verified, in a pool that stores it only then', async () => {
      const { poolId, accessToken } = await givenNoticed({
        pool: {
          AutoVerifiedAttributes: ['email'],
          UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
        },
      })
      await update(server(), accessToken, { email: 'eve@evil.test' })
      assert.deepEqual(await subjects(poolId), [])
      const Code = await codeSentTo(server(), poolId, 'eve@evil.test')
      await server().send(new VerifyUserAttributeCommand({ AccessToken: accessToken, AttributeName: 'email', Code }))
      assert.deepEqual(await subjects(poolId), [`${anaEmail}: Your email address was changed`])
    })

    it('is sent when the user removes the address or changes the phone number', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await update(server(), accessToken, { phone_number: '+15550001111' })
      await server().send(new DeleteUserAttributesCommand({ AccessToken: accessToken, UserAttributeNames: ['email'] }))
      const notices = (await messagesOf(server(), poolId)).map(({ text }) => /The new \w+ is ([^ ]+)\.\n/.exec(`${text}\n`)?.[1])
      assert.deepEqual(notices, ['+*******1111', 'none'])
      assert.equal((await subjects(poolId)).length, 2)
    })

    it('is sent when a second factor is registered or chosen, but not when the choice stays the same', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      await registerApp(server(), accessToken)
      assert.deepEqual(await subjects(poolId), [`${anaEmail}: Your second sign-in step was changed`])
      const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
      const choose = () => server().send(new SetUserMFAPreferenceCommand({ AccessToken: accessToken, SoftwareTokenMfaSettings }))
      await choose()
      await choose()
      assert.equal((await subjects(poolId)).length, 2)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: false } })
      assert.equal((await subjects(poolId)).length, 2)
    })

    it('is sent when a passkey is added or removed', async () => {
      const { poolId, accessToken } = await givenNoticed({ pool: withPasskeys.pool, client: withPasskeys.client })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      await registerPasskey(server(), accessToken)
      const [CredentialId = ''] = await passkeysOf(server(), accessToken)
      await server().send(new DeleteWebAuthnCredentialCommand({ AccessToken: accessToken, CredentialId }))
      const subject = `${anaEmail}: Your passkeys were changed`
      assert.deepEqual(await subjects(poolId), [subject, subject])
      await assert.rejects(server().send(new DeleteWebAuthnCredentialCommand({ AccessToken: accessToken, CredentialId })), {
        name: 'ResourceNotFoundException',
      })
      assert.equal((await subjects(poolId)).length, 2)
    })

    it('is sent when a sign-in links an identity of a provider, once', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: enforced })
      await setThreatProtection(server(), poolId, { AccountNotices: ['IDENTITY'] })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: 'VERIFIED_EMAIL' } })
      await givenUser(server(), poolId, 'local', { attributes: attributeList({ email: 'ana@corp.test', email_verified: 'true' }) })
      for (let at = 0; at < 2; at++) await signInByProvider(server(), appRequest(clientId), 'ana')
      const notices = await messagesOf(server(), poolId)
      assert.deepEqual(
        notices.map(({ recipient, username, subject }) => [recipient, username, subject]),
        [['ana@corp.test', 'local', 'A new way to sign in to your account']],
      )
      assert.match(notices[0]?.text ?? '', /An account at Corp was linked to yours/)
    })

    it('is sent only for the changes that the pool names, and only with threat protection', async () => {
      const { poolId, accessToken } = await givenNoticed({ AccountNotices: ['EMAIL'] })
      await changePassword(accessToken)
      assert.deepEqual(await sentTo(server(), poolId), [])
      const off = await givenNoticed({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'OFF' } } })
      await changePassword(off.accessToken)
      assert.deepEqual(await sentTo(server(), off.poolId), [])
      const audit = await givenNoticed({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } })
      await changePassword(audit.accessToken)
      assert.equal((await subjects(audit.poolId)).length, 1)
    })

    it('is not sent to an address that the user has not verified: it may be a stranger’s', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await server().send(
        new AdminUpdateUserAttributesCommand({
          UserPoolId: poolId,
          Username: 'ana',
          UserAttributes: attributeList({ email_verified: 'false' }),
        }),
      )
      await changePassword(accessToken)
      await update(server(), accessToken, { email: 'other@example.test' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('is sent five times a day at most for each change, but always for the address', async () => {
      const { poolId, accessToken } = await givenNoticed()
      for (let at = 0; at < 7; at++) await update(server(), accessToken, { phone_number: `+1555000111${at}` })
      assert.equal((await subjects(poolId)).length, 5)
      await update(server(), accessToken, { email: 'eve@evil.test' })
      assert.equal((await subjects(poolId)).length, 6)
    })

    it('has the texts of the pool in the language of the user', async () => {
      const { poolId, accessToken } = await givenNoticed()
      const Templates = {
        de: {
          PasswordChangedEmail: '<p>Hallo {username}</p>',
          PasswordChangedEmailSubject: 'Neues Passwort',
          EmailChangedEmail: '{new-address}: {##zurück##}',
        },
      }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Templates } })
      await giveAttributes(server(), poolId, 'ana', { locale: 'de-AT' })
      await changePassword(accessToken)
      assert.deepEqual(
        (await messagesOf(server(), poolId)).map(({ subject, text }) => [subject, text]),
        [['Neues Passwort', 'Hallo ana']],
      )
      await update(server(), accessToken, { email: 'eve@evil.test' })
      const { html, subject } = await noticeTo(server(), poolId)
      assert.equal(subject, 'Your email address was changed')
      assert.match(html ?? '', /^e\*\*\*@e\*\*\*: <a href="http[^"]+">zurück<\/a>$/)
      const noLink = { Templates: { de: { EmailChangedEmail: 'Hallo Ana' } } }
      await assert.rejects(callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: noLink }), {
        message: /EmailChangedEmail of de must contain a link/,
      })
    })

    it('is handed to the custom sender, with the link encrypted, and calls no other trigger', async () => {
      const triggers = endpoint.given({ CustomEmailSender: agree, CustomMessage: agree })
      const { poolId, accessToken } = await givenNoticed({ pool: { LambdaConfig: triggers.lambdaConfig } })
      await update(server(), accessToken, { email: 'eve@evil.test' })
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual(triggers.fired, ['CustomEmailSender_AccountNotice'])
      const { code, userAttributes } = triggers.events[0]?.request ?? {}
      const { CHANGE_TIME, ...facts } = userAttributes
      assert.deepEqual(facts, { EMAIL: anaEmail, USER_NAME: 'ana', ACCOUNT_CHANGE: 'EMAIL', NEW_ADDRESS: 'e***@e***' })
      assert.match(CHANGE_TIME, / UTC$/)
      const { text } = await decryptCode(codeKey.keyring(triggers.lambdaConfig.KMSKeyID ?? ''), code)
      assert.ok(text.startsWith(`${server().url}/undo?`))
    })

    it('is listed by its kind, and can be suppressed', async () => {
      const { poolId, accessToken } = await givenNoticed()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages: { Suppress: ['AccountNotice'] } })
      await changePassword(accessToken)
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })
      assert.deepEqual(
        Messages.map(({ Kind, State }: Record<string, string>) => [Kind, State]),
        [['AccountNotice', 'SUPPRESSED']],
      )
    })
  })
}
