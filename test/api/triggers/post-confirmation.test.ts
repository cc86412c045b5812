import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { codeSentTo, confirm, messagesOf, signUp } from '../../support/self-service.ts'
import { givenTokens, goodPassword } from '../../support/sign-in.ts'
import { agree, initiate, refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery, type Handlers } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const ClientMetadata = { theme: 'dark' }
const newPassword = 'Another-horse-7'
const confirmed = 'PostConfirmation_ConfirmSignUp'
const pool = {
  AutoVerifiedAttributes: ['email' as const],
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } },
}
const client = { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const] }
const byLink = {
  AutoVerifiedAttributes: ['email' as const],
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' as const },
}

type Given = Awaited<ReturnType<typeof givenPoolWithEvery>> & { readonly sub: string }

for (const engine of engines) {
  describe(`PostConfirmation on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** A pool in which ana has signed up. */
    async function given(handlers: Handlers = {}, settings: object = pool): Promise<Given> {
      const ids = await givenPoolWithEvery(server(), endpoint, handlers, { pool: settings, client })
      const { UserSub = '' } = await signUp(server(), ids.clientId, 'ana', { email })
      ids.triggers.clear()
      return { ...ids, sub: UserSub }
    }

    const attributesOf = (sub: string, email_verified: string) => ({ sub, 'cognito:user_status': 'CONFIRMED', email, email_verified })
    const statusOf = async (poolId: string) => (await adminGet(server(), poolId, 'ana')).UserStatus

    async function byCode({ poolId, clientId }: Given) {
      const ConfirmationCode = await codeSentTo(server(), poolId, email)
      await server().send(new ConfirmSignUpCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, ClientMetadata }))
    }

    const byAdministrator = ({ poolId }: Given) =>
      server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'ana', ClientMetadata }))

    async function bySignInCode({ poolId, clientId, triggers }: Given) {
      const issued = await initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana', PREFERRED_CHALLENGE: 'EMAIL_OTP' }, ClientMetadata)
      triggers.clear()
      const code = await codeSentTo(server(), poolId, email)
      await respond(server(), clientId, 'EMAIL_OTP', issued.Session, { USERNAME: 'ana', EMAIL_OTP_CODE: code })
    }

    const ways = [
      { name: 'ConfirmSignUp', confirmUser: byCode, verified: 'true', metadata: true, client: true, fired: [confirmed] },
      { name: 'AdminConfirmSignUp', confirmUser: byAdministrator, verified: 'false', metadata: true, client: false, fired: [confirmed] },
      {
        name: 'a sign-in code',
        confirmUser: bySignInCode,
        verified: 'true',
        metadata: false,
        client: true,
        fired: [confirmed, 'PostAuthentication_Authentication', 'TokenGeneration_Authentication'],
      },
    ]
    for (const way of ways) {
      it(`is invoked after a confirmation by ${way.name}`, async () => {
        let statusThen: string | undefined
        const look = async (event: TriggerEvent) => {
          statusThen = await statusOf(event.userPoolId)
          return event
        }
        const ids = await given({ PostConfirmation: look })
        await way.confirmUser(ids)
        assert.equal(statusThen, 'CONFIRMED')
        assert.deepEqual(ids.triggers.fired, way.fired)
        const [event] = ids.triggers.events
        assert.deepEqual(event, {
          version: '1',
          region: 'us-east-1',
          userPoolId: ids.poolId,
          userName: 'ana',
          callerContext: {
            awsSdkVersion: event?.callerContext.awsSdkVersion,
            clientId: way.client ? ids.clientId : 'CLIENT_ID_NOT_APPLICABLE',
          },
          triggerSource: confirmed,
          request: { userAttributes: attributesOf(ids.sub, way.verified), ...(way.metadata && { clientMetadata: ClientMetadata }) },
          response: {},
        })
        assert.match(event?.callerContext.awsSdkVersion ?? '', /^aws-sdk-js-3\./)
      })

      it(`fails a confirmation by ${way.name} with the error of its function, and leaves the user confirmed`, async () => {
        const ids = await given({ PostConfirmation: refuse })
        await assert.rejects(async () => way.confirmUser(ids), refusedBy('PostConfirmation'))
        assert.equal(await statusOf(ids.poolId), 'CONFIRMED')
        await givenTokens(server(), ids.clientId, 'ana')
      })
    }

    async function clickLink({ poolId }: Given): Promise<Response> {
      const [message] = await messagesOf(server(), poolId)
      const link = /href="([^"]+)"/.exec(message?.html ?? '')?.[1] ?? assert.fail('the message has a link')
      return fetch(link.replaceAll('&amp;', '&'), { headers: { 'user-agent': 'Mozilla/5.0' } })
    }

    it('is invoked after a click on the link', async () => {
      const ids = await given({}, byLink)
      assert.equal((await clickLink(ids)).status, 200)
      assert.deepEqual(ids.triggers.fired, [confirmed])
      assert.deepEqual(ids.triggers.events[0]?.request, { userAttributes: attributesOf(ids.sub, 'true') })
      const { clientId } = ids
      assert.deepEqual(ids.triggers.events[0]?.callerContext, { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId })
      assert.equal((await clickLink(ids)).status, 400)
      assert.deepEqual(ids.triggers.fired, [confirmed])
    })

    it('when it fails after a click on the link, leads to a page that says “confirmed” and does not quote the function', async () => {
      const ids = await given({ PostConfirmation: refuse }, byLink)
      const page = await clickLink(ids)
      assert.equal(page.status, 502)
      const text = await page.text()
      assert.match(text, /Your account is confirmed/)
      assert.doesNotMatch(text, /not today/)
      assert.equal(await statusOf(ids.poolId), 'CONFIRMED')
    })

    async function resetPassword({ poolId, clientId, triggers }: Given) {
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      triggers.clear()
      const ConfirmationCode = await codeSentTo(server(), poolId, email)
      const request = { ClientId: clientId, Username: 'ana', ConfirmationCode, Password: newPassword, ClientMetadata }
      await server().send(new ConfirmForgotPasswordCommand(request))
    }

    it('is invoked after a forgotten password was replaced', async () => {
      const ids = await given()
      await byCode(ids)
      await resetPassword(ids)
      assert.deepEqual(ids.triggers.fired, ['PostConfirmation_ConfirmForgotPassword'])
      const request = { userAttributes: attributesOf(ids.sub, 'true'), clientMetadata: ClientMetadata }
      assert.deepEqual([ids.triggers.events[0]?.request, ids.triggers.events[0]?.response], [request, {}])
    })

    it('fails the call that replaces a forgotten password when its function throws, but the new password is valid', async () => {
      const isReset = (event: TriggerEvent) => (event.triggerSource === confirmed ? agree(event) : refuse())
      const ids = await given({ PostConfirmation: isReset })
      await byCode(ids)
      await assert.rejects(resetPassword(ids), refusedBy('PostConfirmation'))
      await givenTokens(server(), ids.clientId, 'ana', newPassword)
      await assert.rejects(givenTokens(server(), ids.clientId, 'ana', goodPassword), { name: 'NotAuthorizedException' })
    })

    it('is not invoked for a wrong code, or for a user who is confirmed already', async () => {
      const ids = await given()
      await assert.rejects(confirm(server(), ids.clientId, 'ana', 'wrong'), { name: 'CodeMismatchException' })
      await byCode(ids)
      ids.triggers.clear()
      await assert.rejects(async () => byAdministrator(ids), { name: 'NotAuthorizedException' })
      assert.deepEqual(ids.triggers.fired, [])
    })
  })
}
