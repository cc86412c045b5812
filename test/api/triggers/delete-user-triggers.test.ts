import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminUserGlobalSignOutCommand,
  DeleteUserCommand,
  DeleteUserPoolCommand,
  UpdateUserPoolCommand,
  UserLambdaValidationException,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, adminUpdate, outcomes } from '../../support/administration.ts'
import { keepDeletedUsers, keptSubs, restoreUser } from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenSignedInUser, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { everyOwnTrigger, givenPoolWithEvery, type Handlers } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const notFound = { name: 'UserNotFoundException' }

for (const engine of engines) {
  describe(`PreDeleteUser and PostDeleteUser on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** A pool with every trigger, in which ana is signed in. */
    async function given(handlers: Handlers = {}) {
      const options = { pool: { AutoVerifiedAttributes: ['email' as const], AliasAttributes: ['email' as const] } }
      const ids = await givenPoolWithEvery(server(), endpoint, { ...everyOwnTrigger, ...handlers }, options)
      const user = await givenSignedInUser(server(), ids, 'ana', { email, name: 'Ana' })
      ids.triggers.clear()
      return { ...ids, ...user, sent: await sentTo(server(), ids.poolId) }
    }
    type Given = Awaited<ReturnType<typeof given>>

    const setPolicies = (UserPoolId: string, Triggers: object) => callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, Triggers })
    const invocationsOf = async (UserPoolId: string): Promise<readonly Record<string, string>[]> =>
      (await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId })).Invocations
    const byUser = async ({ accessToken }: Given) => {
      await server().send(new DeleteUserCommand({ AccessToken: accessToken }))
    }
    const byAdministrator = async ({ poolId }: Given, Username = 'ana') => {
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username }))
    }

    const ways = [
      { operation: 'DeleteUser', deleteUser: byUser, clientIdOf: ({ clientId }: Given) => clientId },
      { operation: 'AdminDeleteUser', deleteUser: byAdministrator, clientIdOf: () => 'CLIENT_ID_NOT_APPLICABLE' },
    ]
    for (const { operation, deleteUser, clientIdOf } of ways) {
      it(`are invoked by ${operation}, one before the user is deleted and one after, and no other trigger is`, async () => {
        const existed: boolean[] = []
        const look = async (event: TriggerEvent) => {
          existed.push(await adminGet(server(), event.userPoolId, 'ana').then(Boolean, () => false))
          return event
        }
        const at = await given({ PreDeleteUser: look, PostDeleteUser: look })
        await deleteUser(at)
        assert.deepEqual(existed, [true, false])
        assert.deepEqual(at.triggers.fired, [`PreDeleteUser_${operation}`, `PostDeleteUser_${operation}`])
        const { awsSdkVersion = '' } = at.triggers.events[0]?.callerContext ?? {}
        assert.match(awsSdkVersion, /^aws-sdk-js-3\./)
        const userAttributes = {
          sub: at.sub,
          'cognito:email_alias': email,
          'cognito:user_status': 'CONFIRMED',
          email,
          email_verified: 'true',
          name: 'Ana',
        }
        for (const [index, trigger] of ['PreDeleteUser', 'PostDeleteUser'].entries()) {
          assert.deepEqual(at.triggers.events[index], {
            version: '1',
            region: 'us-east-1',
            userPoolId: at.poolId,
            userName: 'ana',
            callerContext: { awsSdkVersion, clientId: clientIdOf(at) },
            triggerSource: `${trigger}_${operation}`,
            request: { userAttributes },
            response: {},
          })
        }
        assert.deepEqual(await sentTo(server(), at.poolId), at.sent)
      })

      it(`PreDeleteUser refuses ${operation} with the text of its function, and nothing is deleted`, async () => {
        const at = await given({ PreDeleteUser: refuse })
        await keepDeletedUsers(server(), at.poolId, 30)
        const before = await adminGet(server(), at.poolId, 'ana')
        await assert.rejects(deleteUser(at), (error) => {
          // The model of the operation does not list this error, and the SDK knows its class all the same.
          assert.ok(error instanceof UserLambdaValidationException)
          assert.equal(error.message, refusedBy('PreDeleteUser').message)
          return true
        })
        assert.deepEqual(await adminGet(server(), at.poolId, 'ana'), before)
        assert.deepEqual(at.triggers.fired, [`PreDeleteUser_${operation}`])
        assert.deepEqual(await keptSubs(server(), at.poolId), [])
        const [record, ...others] = await invocationsOf(at.poolId).then((all) => all.filter(({ Trigger }) => Trigger === 'PreDeleteUser'))
        assert.deepEqual([record?.['Outcome'], record?.['Username'], others], ['FAILED', 'ana', []])
        await givenTokens(server(), at.clientId, 'ana')
      })

      it(`PostDeleteUser fails ${operation} with the text of its function, and the user stays deleted`, async () => {
        const at = await given({ PostDeleteUser: refuse })
        await assert.rejects(deleteUser(at), refusedBy('PostDeleteUser'))
        await assert.rejects(adminGet(server(), at.poolId, 'ana'), notFound)
      })

      it(`PostDeleteUser with CONTINUE does not fail ${operation}`, async () => {
        const at = await given({ PostDeleteUser: refuse })
        await setPolicies(at.poolId, { PostDeleteUser: { OnError: 'CONTINUE' } })
        await deleteUser(at)
        await assert.rejects(adminGet(server(), at.poolId, 'ana'), notFound)
        assert.deepEqual(at.triggers.fired, [`PreDeleteUser_${operation}`, `PostDeleteUser_${operation}`])
      })
    }

    it('are not invoked for a user who does not exist, or for a token that is not valid', async () => {
      const at = await given()
      await assert.rejects(byAdministrator(at, 'nobody'), notFound)
      await assert.rejects(byUser({ ...at, accessToken: `${at.accessToken}x` }), { name: 'NotAuthorizedException' })
      await byAdministrator(at)
      at.triggers.clear()
      await assert.rejects(byUser(at), notFound)
      assert.deepEqual(at.triggers.fired, [])
    })

    it('PreDeleteUser that is too slow refuses the deletion, and with CONTINUE_UNLESS_REFUSED it does not', async () => {
      const { promise: never } = Promise.withResolvers<void>()
      const at = await given({ PreDeleteUser: () => never })
      await setPolicies(at.poolId, { PreDeleteUser: { TimeoutMilliseconds: 100, Retries: 1 } })
      const timedOut = { name: 'UnexpectedLambdaException', message: /^PreDeleteUser invocation failed due to error / }
      await assert.rejects(byUser(at), timedOut)
      await adminGet(server(), at.poolId, 'ana')
      const before = 'PreDeleteUser_DeleteUser'
      assert.deepEqual(at.triggers.fired, [before, before])
      await setPolicies(at.poolId, { PreDeleteUser: { TimeoutMilliseconds: 100, OnError: 'CONTINUE_UNLESS_REFUSED' } })
      await byUser(at)
      await assert.rejects(adminGet(server(), at.poolId, 'ana'), notFound)
      assert.deepEqual(at.triggers.fired, [before, before, before, 'PostDeleteUser_DeleteUser'])
    })

    it('PreDeleteUser with CONTINUE_UNLESS_REFUSED still refuses by an error of its function', async () => {
      const at = await given({ PreDeleteUser: refuse })
      await setPolicies(at.poolId, { PreDeleteUser: { OnError: 'CONTINUE_UNLESS_REFUSED' } })
      await assert.rejects(byUser(at), refusedBy('PreDeleteUser'))
      await adminGet(server(), at.poolId, 'ana')
    })

    it('PreDeleteUser whose circuit breaker is open refuses the deletion without a call', async () => {
      const { promise: never } = Promise.withResolvers<void>()
      const at = await given({ PreDeleteUser: () => never })
      await setPolicies(at.poolId, { PreDeleteUser: { TimeoutMilliseconds: 100, CircuitBreaker: { Failures: 1, OpenSeconds: 60 } } })
      await assert.rejects(byUser(at), { name: 'UnexpectedLambdaException' })
      const open = 'PreDeleteUser invocation failed due to error CircuitBreakerOpen.'
      await assert.rejects(byUser(at), { name: 'UnexpectedLambdaException', message: open })
      assert.deepEqual(at.triggers.fired, ['PreDeleteUser_DeleteUser'])
      await adminGet(server(), at.poolId, 'ana')
    })

    it('stay when UpdateUserPool replaces the LambdaConfig, and go when the section is emptied', async () => {
      const at = await given({ PreDeleteUser: refuse })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: at.poolId, LambdaConfig: {} }))
      await assert.rejects(byAdministrator(at), refusedBy('PreDeleteUser'))
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: at.poolId, TriggerFunctions: {} })
      await byAdministrator(at)
      assert.deepEqual(at.triggers.fired, ['PreDeleteUser_AdminDeleteUser'])
    })

    it('a session that ends while PreDeleteUser runs deletes nothing', async () => {
      const signOut = async (event: TriggerEvent) => {
        await callAdmin('AdminUserGlobalSignOut', event)
        return event
      }
      const at = await given({ PreDeleteUser: signOut })
      await assert.rejects(byUser(at), { name: 'NotAuthorizedException', message: 'Access Token has been revoked' })
      await adminGet(server(), at.poolId, 'ana')
      assert.deepEqual(at.triggers.fired, ['PreDeleteUser_DeleteUser'])
    })

    it('a user who takes the name while PreDeleteUser runs is not deleted', async () => {
      let isFirst = true
      const replace = async (event: TriggerEvent) => {
        if (!isFirst) return event
        isFirst = false
        await callAdmin('AdminDeleteUser', event)
        await givenUser(server(), event.userPoolId, 'ana')
        return event
      }
      const at = await given({ PreDeleteUser: replace })
      await assert.rejects(byAdministrator(at), notFound)
      assert.notEqual((await adminGet(server(), at.poolId, 'ana')).attributes['sub'], at.sub)
      assert.equal(at.triggers.fired.filter((source) => source === 'PostDeleteUser_AdminDeleteUser').length, 1)
    })

    it('an attribute that changes while PreDeleteUser runs refuses the deletion: the function has not seen it', async () => {
      const hold = async (event: TriggerEvent) => {
        if (event.request.userAttributes.name === 'on hold') refuse()
        await adminUpdate(server(), event.userPoolId, 'ana', { name: 'on hold' })
        return event
      }
      const at = await given({ PreDeleteUser: hold })
      const changed = { name: 'TooManyRequestsException', message: 'The user has changed while PreDeleteUser ran. Try again.' }
      await assert.rejects(byUser(at), changed)
      await assert.rejects(byUser(at), refusedBy('PreDeleteUser'))
      await adminGet(server(), at.poolId, 'ana')
      assert.ok(!at.triggers.fired.includes('PostDeleteUser_DeleteUser'))
    })

    it('PostDeleteUser is invoked once when several calls delete the user', async () => {
      const at = await given()
      const ends = await outcomes([byAdministrator(at), byAdministrator(at), byUser(at)])
      assert.equal(ends.filter((end) => end === 'ok').length, 1)
      assert.equal(at.triggers.fired.filter((source) => source.startsWith('PostDeleteUser_')).length, 1)
    })

    it('PostDeleteUser learns until when the user can be restored, and no trigger is invoked by RestoreUser', async () => {
      const at = await given()
      await keepDeletedUsers(server(), at.poolId, 30)
      await byAdministrator(at)
      const { DeletedUsers } = await callLifeguard(server(), 'ListDeletedUsers', { UserPoolId: at.poolId })
      const [before, after] = at.triggers.events
      assert.equal(Date.parse(after?.request.restorableUntil), DeletedUsers[0].PurgeAt * 1000)
      assert.equal(before?.request.restorableUntil, undefined)
      at.triggers.clear()
      await restoreUser(server(), at.poolId, at.sub)
      assert.deepEqual(at.triggers.fired, [])
      await byAdministrator(at)
      assert.deepEqual(at.triggers.fired, ['PreDeleteUser_AdminDeleteUser', 'PostDeleteUser_AdminDeleteUser'])
    })

    it('PurgeDeletedUser invokes no trigger, and deletes the record of PostDeleteUser', async () => {
      const at = await given()
      await keepDeletedUsers(server(), at.poolId, 30)
      const ofDeletion = async () => (await invocationsOf(at.poolId)).map(({ Trigger }) => Trigger)
      await byAdministrator(at)
      assert.deepEqual(await ofDeletion(), ['PostDeleteUser'])
      at.triggers.clear()
      await callLifeguard(server(), 'PurgeDeletedUser', { UserPoolId: at.poolId, Sub: at.sub })
      assert.deepEqual(at.triggers.fired, [])
      assert.deepEqual(await ofDeletion(), [])
    })

    it('MergeUsers and DeleteUserPool invoke neither', async () => {
      const at = await given()
      await givenUser(server(), at.poolId, 'ben')
      at.triggers.clear()
      await callLifeguard(server(), 'MergeUsers', { UserPoolId: at.poolId, Username: 'ben', MergedUsername: 'ana' })
      await server().send(new DeleteUserPoolCommand({ UserPoolId: at.poolId }))
      assert.deepEqual(at.triggers.fired, [])
    })

    it('a sign-up that expires invokes neither', async () => {
      const at = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: at.poolId, SignUp: { UnconfirmedUserLifetimeHours: 1 } })
      await signUp(server(), at.clientId, 'bo', { email: 'bo@example.test' })
      server().clock.advance(2 * 3_600_000)
      at.triggers.clear()
      // The name of the expired sign-up is free again.
      await signUp(server(), at.clientId, 'bo', { email: 'bo@example.test' })
      assert.deepEqual(at.triggers.fired, ['PreSignUp_SignUp', 'CustomMessage_SignUp'])
    })

    it('a failed PostDeleteUser has a record, which can be replayed although the user is gone', async () => {
      let isDown = true
      const at = await given({ PostDeleteUser: (event) => (isDown ? refuse() : event) })
      await assert.rejects(byUser(at), refusedBy('PostDeleteUser'))
      const [record, ...others] = await invocationsOf(at.poolId)
      assert.deepEqual(others, [])
      assert.deepEqual(
        [record?.['Trigger'], record?.['TriggerSource'], record?.['Outcome'], record?.['Username']],
        ['PostDeleteUser', 'PostDeleteUser_DeleteUser', 'FAILED', 'ana'],
      )
      isDown = false
      const request = { UserPoolId: at.poolId, InvocationId: record?.['InvocationId'] }
      const { Invocation } = await callLifeguard(server(), 'ReplayTriggerInvocation', request)
      assert.equal(Invocation.Outcome, 'SUCCEEDED')
      assert.deepEqual(at.triggers.events[2], at.triggers.events[1])
    })

    /** Calls an operation of administrators for the user of the event. */
    async function callAdmin(name: 'AdminUserGlobalSignOut' | 'AdminDeleteUser', { userPoolId, userName }: TriggerEvent): Promise<void> {
      const request = { UserPoolId: userPoolId, Username: userName }
      await server().send(name === 'AdminDeleteUser' ? new AdminDeleteUserCommand(request) : new AdminUserGlobalSignOutCommand(request))
    }
  })
}
