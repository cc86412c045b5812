import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminDeleteUserAttributesCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  DeleteUserAttributesCommand,
  UpdateUserAttributesCommand,
  UserLambdaValidationException,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, adminUpdate } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { respond } from '../../support/mfa.ts'
import { attributeList, attributesOf, codeSentTo, givenSignedInUser, sentTo, update } from '../../support/self-service.ts'
import { signInByPassword } from '../../support/sign-in.ts'
import { refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { everyOwnTrigger, givenPoolWithEvery, type Handlers } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const newEmail = 'new@example.test'
const ClientMetadata = { theme: 'dark' }
const trigger = 'PreUpdateUserAttributes'

for (const engine of engines) {
  describe(`PreUpdateUserAttributes on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** A pool with every trigger, in which ana is signed in. */
    async function given(handlers: Handlers = {}) {
      const options = { pool: { AutoVerifiedAttributes: ['email' as const] } }
      const ids = await givenPoolWithEvery(server(), endpoint, { ...everyOwnTrigger, ...handlers }, options)
      const user = await givenSignedInUser(server(), ids, 'ana', { email, name: 'Ana', nickname: 'an' })
      ids.triggers.clear()
      return { ...ids, ...user, before: await adminGet(server(), ids.poolId, 'ana'), sent: await sentTo(server(), ids.poolId) }
    }
    type Given = Awaited<ReturnType<typeof given>>

    const own = ({ accessToken }: Given) => ({ AccessToken: accessToken })
    const named = ({ poolId }: Given) => ({ UserPoolId: poolId, Username: 'ana' })
    const changes = { UserAttributes: attributeList({ email: newEmail, nickname: '' }), ClientMetadata }
    const deletes = { UserAttributeNames: ['nickname', 'name', 'nickname'] }

    const changed = { newAttributes: { email: newEmail }, deletedAttributes: ['nickname'], clientMetadata: ClientMetadata }
    const deleted = { newAttributes: {}, deletedAttributes: ['nickname', 'name'] }
    const ways = [
      {
        operation: 'UpdateUserAttributes',
        change: (at: Given) => server().send(new UpdateUserAttributesCommand({ ...own(at), ...changes })),
        request: changed,
        others: ['CustomMessage_UpdateUserAttribute'],
        clientIdOf: ({ clientId }: Given) => clientId,
        after: { email: newEmail, email_verified: 'false', name: 'Ana' },
      },
      {
        operation: 'AdminUpdateUserAttributes',
        change: (at: Given) => server().send(new AdminUpdateUserAttributesCommand({ ...named(at), ...changes })),
        request: changed,
        others: ['CustomMessage_UpdateUserAttribute'],
        clientIdOf: () => 'CLIENT_ID_NOT_APPLICABLE',
        after: { email: newEmail, email_verified: 'false', name: 'Ana' },
      },
      {
        operation: 'DeleteUserAttributes',
        change: (at: Given) => server().send(new DeleteUserAttributesCommand({ ...own(at), ...deletes })),
        request: deleted,
        others: [],
        clientIdOf: ({ clientId }: Given) => clientId,
        after: { email, email_verified: 'true' },
      },
      {
        operation: 'AdminDeleteUserAttributes',
        change: (at: Given) => server().send(new AdminDeleteUserAttributesCommand({ ...named(at), ...deletes })),
        request: deleted,
        others: [],
        clientIdOf: () => 'CLIENT_ID_NOT_APPLICABLE',
        after: { email, email_verified: 'true' },
      },
    ]
    for (const { operation, change, request, others, clientIdOf, after } of ways) {
      it(`is invoked by ${operation} before the change, and no trigger is that the call does not need`, async () => {
        const seen: unknown[] = []
        const look = async (event: TriggerEvent) => {
          seen.push((await adminGet(server(), event.userPoolId, 'ana')).attributes)
          return event
        }
        const at = await given({ PreUpdateUserAttributes: look })
        await change(at)
        assert.deepEqual(seen, [at.before.attributes])
        assert.deepEqual(at.triggers.fired, [`${trigger}_${operation}`, ...others])
        const [event] = at.triggers.events
        assert.deepEqual(event, {
          version: '1',
          region: 'us-east-1',
          userPoolId: at.poolId,
          userName: 'ana',
          callerContext: { awsSdkVersion: event?.callerContext.awsSdkVersion, clientId: clientIdOf(at) },
          triggerSource: `${trigger}_${operation}`,
          request: {
            userAttributes: { sub: at.sub, 'cognito:user_status': 'CONFIRMED', email, email_verified: 'true', name: 'Ana', nickname: 'an' },
            ...request,
          },
          response: {},
        })
        assert.deepEqual(await attributesOf(server(), at.accessToken), after)
      })

      it(`refuses ${operation} with the text of its function. Nothing changes, and no code is sent`, async () => {
        const at = await given({ PreUpdateUserAttributes: refuse })
        await assert.rejects(
          async () => change(at),
          (error) => {
            assert.ok(error instanceof UserLambdaValidationException)
            assert.equal(error.message, refusedBy(trigger).message)
            return true
          },
        )
        assert.deepEqual(at.triggers.fired, [`${trigger}_${operation}`])
        assert.deepEqual(await adminGet(server(), at.poolId, 'ana'), at.before)
        assert.deepEqual(await sentTo(server(), at.poolId), at.sent)
      })

      it(`with CONTINUE does not refuse ${operation}, whose change is as the request says`, async () => {
        const at = await given({ PreUpdateUserAttributes: () => ({ response: 7 }) })
        const policy = { PreUpdateUserAttributes: { OnError: 'CONTINUE' } }
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: at.poolId, Triggers: policy })
        await change(at)
        assert.deepEqual(await attributesOf(server(), at.accessToken), after)
        const list = { UserPoolId: at.poolId, Trigger: trigger }
        const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', list)
        assert.deepEqual(
          Invocations.map(({ Outcome, TriggerSource }: Record<string, string>) => [Outcome, TriggerSource]),
          [['CONTINUED', `${trigger}_${operation}`]],
        )
      })
    }

    it('cannot change the attributes: its answer has no meaning', async () => {
      const meddle = (event: TriggerEvent) => ({
        ...event,
        request: { ...event.request, newAttributes: { name: 'Eve' } },
        response: { userAttributes: { name: 'Eve' }, newAttributes: { name: 'Eve' } },
      })
      const at = await given({ PreUpdateUserAttributes: meddle })
      await update(server(), at.accessToken, { name: 'Anna' })
      assert.equal((await attributesOf(server(), at.accessToken))['name'], 'Anna')
    })

    it('is not invoked for a change that the rules refuse anyway', async () => {
      const at = await given()
      await assert.rejects(update(server(), at.accessToken, { sub: 'other' }), { name: 'InvalidParameterException' })
      await assert.rejects(update(server(), at.accessToken, { 'custom:none': 'x' }), { name: /InvalidParameter|NotAuthorized/ })
      const nobody = adminUpdate(server(), at.poolId, 'nobody', { name: 'No' })
      await assert.rejects(nobody, { name: 'UserNotFoundException' })
      await assert.rejects(update(server(), `${at.accessToken}x`, { name: 'No' }), { name: 'NotAuthorizedException' })
      assert.deepEqual(at.triggers.fired, [])
    })

    it('is not invoked when a code verifies an address, or when a new user chooses a password and attributes', async () => {
      const at = await given()
      await update(server(), at.accessToken, { email: newEmail })
      at.triggers.clear()
      const Code = await codeSentTo(server(), at.poolId, newEmail)
      await server().send(new VerifyUserAttributeCommand({ AccessToken: at.accessToken, AttributeName: 'email', Code }))
      const password = { TemporaryPassword: 'Temporary-7', MessageAction: 'SUPPRESS' as const }
      await server().send(new AdminCreateUserCommand({ UserPoolId: at.poolId, Username: 'bo', ...password }))
      const { Session } = await signInByPassword(server(), at.clientId, 'bo', password.TemporaryPassword)
      const answers = { USERNAME: 'bo', NEW_PASSWORD: 'Another-horse-7', 'userAttributes.name': 'Bo' }
      await respond(server(), at.clientId, 'NEW_PASSWORD_REQUIRED', Session, answers)
      assert.equal((await adminGet(server(), at.poolId, 'bo')).attributes['name'], 'Bo')
      assert.deepEqual(
        at.triggers.fired.filter((source) => source.startsWith(trigger)),
        [],
      )
    })

    it('a session that ends while the function runs changes nothing', async () => {
      const signOut = async (event: TriggerEvent) => {
        await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: event.userPoolId, Username: 'ana' }))
        return event
      }
      const at = await given({ PreUpdateUserAttributes: signOut })
      await assert.rejects(update(server(), at.accessToken, { name: 'Eve' }), { name: 'NotAuthorizedException' })
      assert.equal((await adminGet(server(), at.poolId, 'ana')).attributes['name'], 'Ana')
    })

    /** A function that lets each user change the nickname once. While it runs for the first time, another call makes that change. */
    function givenOnce() {
      let calls = 0
      const once = async (event: TriggerEvent) => {
        if (event.request.userAttributes.nickname !== 'an') refuse()
        if (calls++ === 0) await adminUpdate(server(), event.userPoolId, 'ana', { nickname: 'first' })
        return event
      }
      return given({ PreUpdateUserAttributes: once })
    }

    for (const { operation, change } of ways) {
      it(`two calls at the same time do not get by the function together: ${operation}`, async () => {
        const at = await givenOnce()
        const message = 'The user has changed while PreUpdateUserAttributes ran. Try again.'
        await assert.rejects(async () => change(at), { name: 'TooManyRequestsException', message })
        assert.equal((await adminGet(server(), at.poolId, 'ana')).attributes['nickname'], 'first')
        assert.deepEqual((await adminGet(server(), at.poolId, 'ana')).attributes['email'], email)
        assert.equal(at.triggers.fired.filter((source) => source.startsWith('CustomMessage')).length, operation.includes('Update') ? 1 : 0)
        assert.deepEqual(await sentTo(server(), at.poolId), at.sent)
      })
    }

    it('the AWS SDK asks again by itself after such a clash, and reads the answer of the function', async () => {
      const at = await givenOnce()
      const credentials = { accessKeyId: 'AKIAANYCREDENTIALS00', secretAccessKey: 'any' }
      const client = new CognitoIdentityProviderClient({ endpoint: server().url, region: server().region, credentials })
      const request = { AccessToken: at.accessToken, UserAttributes: attributeList({ nickname: 'second' }) }
      await assert.rejects(client.send(new UpdateUserAttributesCommand(request)), refusedBy(trigger))
      client.destroy()
      assert.equal((await adminGet(server(), at.poolId, 'ana')).attributes['nickname'], 'first')
    })

    it('without the function, two calls at the same time both succeed, as at Cognito', async () => {
      const changeName = async (event: TriggerEvent) => {
        await adminUpdate(server(), event.userPoolId, 'ana', { name: 'Anna' })
        return event
      }
      const at = await given({
        CustomMessage: (event) => (event.triggerSource.endsWith('UpdateUserAttribute') ? changeName(event) : event),
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: at.poolId, TriggerFunctions: {} })
      await update(server(), at.accessToken, { email: newEmail })
      const { name, email: stored } = await attributesOf(server(), at.accessToken)
      assert.deepEqual([name, stored], ['Anna', newEmail])
    })
  })
}
