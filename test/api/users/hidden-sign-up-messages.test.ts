import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminGetUserCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenHidingSignUps, hidingSection, signUpRaw, subIn } from '../../support/hidden-sign-ups.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { SmsConfiguration } from '../../support/mfa.ts'
import { codeClient } from '../../support/oauth.ts'
import { rawCall } from '../../support/raw-call.ts'
import {
  attributeList,
  codeSentTo,
  confirm,
  messagesOf,
  type PoolAndClient,
  sentTo,
  signUp,
  type Values,
} from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const verify = { AutoVerifiedAttributes: ['email' as const, 'phone_number' as const], SmsConfiguration }
const byEmail = { ...verify, UsernameAttributes: ['email' as const] }
const ana = 'ana@q.test'
const anaPhone = '+15550001234'
const hidingClient = { PreventUserExistenceErrors: 'ENABLED' as const }
const hour = 3_600_000

for (const engine of engines) {
  describe(`The messages of a sign-up that hides which users exist, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    const create = ({ poolId }: PoolAndClient, name: string, addresses: Values) =>
      givenUser(server(), poolId, name, { attributes: attributeList(addresses), password: 'Other-horse-8' })
    const messages = ({ poolId }: PoolAndClient) => sentTo(server(), poolId)

    async function mustSignUp({ clientId }: PoolAndClient, name: string, typed: Values = {}): Promise<string> {
      const answer = await signUpRaw(server(), clientId, name, typed)
      assert.equal(answer.status, 200, answer.text)
      return subIn(answer)
    }

    it('tell the owner of a typed address of the account, by e-mail with a link to the sign-in page', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail, client: codeClient })
      await create(ids, ana, {})
      await mustSignUp(ids, ana)
      assert.deepEqual(await messages(ids), [`account-exists ${ana}`])
      const [message] = await messagesOf(server(), ids.poolId)
      assert.equal(message?.subject, 'You have an account already')
      const link = /href="([^"]+)"/.exec(message?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? ''
      assert.equal(new URL(link).searchParams.get('login_hint'), ana)
      const page = await fetch(link)
      assert.equal(page.status, 200)
      assert.match(await page.text(), /value="ana@q\.test"/)
      assert.equal(message?.code ?? null, null)
    })

    it('have no link where the app client has no pages', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail })
      await create(ids, ana, {})
      await mustSignUp(ids, ana)
      const [message] = await messagesOf(server(), ids.poolId)
      assert.match(message?.text ?? '', /^You have an account already\. Sign in If you did not/)
      assert.doesNotMatch(message?.html ?? '', /href|\{##/)
    })

    it('go by SMS to a phone number', async () => {
      const ids = await givenHidingSignUps(server(), { pool: { ...verify, UsernameAttributes: ['phone_number'] }, client: codeClient })
      await create(ids, anaPhone, {})
      await mustSignUp(ids, anaPhone)
      assert.deepEqual(await messages(ids), [`account-exists ${anaPhone}`])
      assert.match(
        (await messagesOf(server(), ids.poolId))[0]?.text ?? '',
        /^You have an account already\. http:\/\/\S+login_hint=%2B15550001234 /,
      )
    })

    it('go once an hour to an address, however often and by however many clients somebody signs up with it', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail })
      await create(ids, ana, {})
      const all = Array.from({ length: 8 }, () => mustSignUp(ids, ana))
      await Promise.all(all)
      assert.deepEqual(await messages(ids), [`account-exists ${ana}`])
      server().clock.advance(hour - 1)
      await mustSignUp(ids, ana)
      assert.equal((await messages(ids)).length, 1)
      server().clock.advance(1)
      await mustSignUp(ids, ana)
      assert.deepEqual(await messages(ids), [`account-exists ${ana}`, `account-exists ${ana}`])
    })

    it('do not go to a typed address that is not one of the account, nor to the address of the account', async () => {
      const ids = await givenHidingSignUps(server(), { pool: verify })
      await create(ids, 'ana', { email: ana, email_verified: 'true', phone_number: anaPhone })
      await create(ids, 'bo', { email: 'bo@q.test', email_verified: 'true' })
      await mustSignUp(ids, 'ana', { email: 'eve@q.test' })
      await mustSignUp(ids, 'ana', { email: 'bo@q.test' })
      await mustSignUp(ids, 'ana')
      assert.deepEqual(await messages(ids), [])
      await mustSignUp(ids, 'ana', { email: ana })
      assert.deepEqual(await messages(ids), [`account-exists ${ana}`])
      await mustSignUp(ids, 'ana', { email: ana, phone_number: anaPhone })
      assert.deepEqual(await messages(ids), [`account-exists ${ana}`, `account-exists ${anaPhone}`])
    })

    it('do not go to a disabled user', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail })
      const { username } = await create(ids, ana, {})
      await server().send(new AdminDisableUserCommand({ UserPoolId: ids.poolId, Username: username }))
      await mustSignUp(ids, ana)
      assert.deepEqual(await messages(ids), [])
    })

    it('bring the code again to a user who has not confirmed the sign-up, whose password goes unless it is the same', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail })
      await signUp(server(), ids.clientId, ana)
      const other = await signUpRaw(server(), ids.clientId, ana, {}, { Password: 'Attacker-horse-9' })
      assert.equal(other.status, 200)
      assert.deepEqual(await messages(ids), [`sign-up ${ana}`, `sign-up ${ana}`])
      await confirm(server(), ids.clientId, ana, await codeSentTo(server(), ids.poolId, ana))
      const repeated = 'again@q.test'
      for (let i = 0; i < 2; i++) await signUp(server(), ids.clientId, repeated)
      await confirm(server(), ids.clientId, repeated, await codeSentTo(server(), ids.poolId, repeated))
      await givenTokens(server(), ids.clientId, repeated)
      // Either of the two may have been a stranger, who must not have a password of the account.
      for (const password of [goodPassword, 'Attacker-horse-9']) {
        await assert.rejects(givenTokens(server(), ids.clientId, ana, password), { name: 'NotAuthorizedException' })
      }
      await server().send(new ForgotPasswordCommand({ ClientId: ids.clientId, Username: ana }))
      const ConfirmationCode = await codeSentTo(server(), ids.poolId, ana)
      const reset = { ClientId: ids.clientId, Username: ana, ConfirmationCode, Password: 'Own-horse-10' }
      await server().send(new ConfirmForgotPasswordCommand(reset))
      await givenTokens(server(), ids.clientId, ana, 'Own-horse-10')
    })

    it('leave the user and the password of a taken name as they are, and create nobody', async () => {
      const ids = await givenHidingSignUps(server(), { pool: verify })
      await create(ids, 'ana', { email: ana })
      const get = new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'ana' })
      const { $metadata: _1, ...before } = await server().send(get)
      const sub = await mustSignUp(ids, 'ana', { email: 'eve@q.test' })
      const { $metadata: _2, ...after } = await server().send(get)
      assert.deepEqual(after, before)
      await assert.rejects(server().send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: sub })), {
        name: 'UserNotFoundException',
      })
      assert.equal((await server().send(new ListUsersCommand({ UserPoolId: ids.poolId }))).Users?.length, 1)
      await assert.rejects(givenTokens(server(), ids.clientId, 'ana', goodPassword), { name: 'NotAuthorizedException' })
      await givenTokens(server(), ids.clientId, 'ana', 'Other-horse-8')
    })

    it('can be worded in the language of the user, and suppressed', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail })
      await create(ids, ana, { locale: 'de' })
      const texts = { AccountExistsEmail: 'Du hast schon ein Konto. {##Anmelden##}', AccountExistsEmailSubject: 'Dein Konto' }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: { Templates: { de: texts } } })
      await mustSignUp(ids, ana)
      const [message] = await messagesOf(server(), ids.poolId)
      assert.deepEqual([message?.subject, message?.text?.trim()], ['Dein Konto', 'Du hast schon ein Konto. Anmelden'])
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: { Suppress: ['AccountExists'] } })
      server().clock.advance(hour)
      await mustSignUp(ids, ana)
      assert.equal((await messages(ids)).length, 1)
      const { Messages } = await callLifeguard(server(), 'ListMessages', { UserPoolId: ids.poolId })
      assert.deepEqual(
        (Messages as { Kind: string; State: string }[]).map(({ Kind, State }) => [Kind, State]),
        [
          ['AccountExists', 'SUPPRESSED'],
          ['AccountExists', 'SENT'],
        ],
      )
    })

    it('cause the same calls of trigger functions for a free and for a taken name, and show them the same', async () => {
      const { triggers, ...ids } = await givenPoolWithEvery(server(), endpoint, {}, { pool: verify, client: hidingClient })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      await create(ids, 'ana', { email: ana })
      const seen = []
      for (const [name, email] of [
        ['free', 'free@q.test'],
        ['ana', 'eve@q.test'],
        ['ana', ana],
      ] as const) {
        triggers.clear()
        const sub = await mustSignUp(ids, name, { email })
        const events = JSON.stringify(triggers.events)
          .replaceAll(sub, '<sub>')
          .replaceAll(email, '<email>')
          .replaceAll(`"${name}"`, '"<name>"')
        seen.push([triggers.fired, events])
      }
      assert.deepEqual(seen[0]?.[0], ['PreSignUp_SignUp', 'CustomMessage_SignUp'])
      assert.deepEqual(seen[1], seen[0])
      assert.deepEqual(seen[2], seen[0])
      assert.deepEqual(await messages(ids), ['sign-up free@q.test', `account-exists ${ana}`])
    })

    it('let PreSignUp refuse a taken name as it refuses a free one', async () => {
      const refuse = () => {
        throw new Error('not from this domain')
      }
      const ids = await givenPoolWithEvery(
        server(),
        endpoint,
        { PreSignUp: (event) => (event.triggerSource === 'PreSignUp_SignUp' ? refuse() : event) },
        { pool: verify, client: hidingClient },
      )
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      await create(ids, 'ana', { email: ana })
      const answers = []
      for (const name of ['free', 'ana']) {
        const { status, text } = await signUpRaw(server(), ids.clientId, name, { email: ana })
        answers.push([status, text])
      }
      assert.deepEqual(answers[1], answers[0])
      assert.match(String(answers[0]?.[1]), /not from this domain/)
      assert.deepEqual(await messages(ids), [])
    })

    it('are those of Cognito for a client that does not hide which users exist', async () => {
      const ids = await givenHidingSignUps(server(), { pool: byEmail, client: { PreventUserExistenceErrors: 'LEGACY' } })
      await create(ids, ana, {})
      const { body } = await signUpRaw(server(), ids.clientId, ana, {})
      assert.equal(body['__type'], 'UsernameExistsException')
      assert.deepEqual(await messages(ids), [])
    })

    it('are not offered together with settings that reveal users', async () => {
      const { poolId } = await server().givenPool()
      for (const SignUp of [{ HideExistingUsers: true }, { ...hidingSection, ContactCorrection: true }]) {
        const { status, body } = await rawCall(server(), 'LifeguardService.SetUserPoolExtensions', { UserPoolId: poolId, SignUp })
        assert.deepEqual([status, body['__type']], [400, 'InvalidParameterException'])
        assert.match(String(body['message']), /^SignUp: HideExistingUsers /)
      }
    })
  })
}
