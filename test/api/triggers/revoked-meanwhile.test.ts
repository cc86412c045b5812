import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  GetUserAttributeVerificationCodeCommand,
  RevokeTokenCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { givenSignedInUser, sentTo } from '../../support/self-service.ts'
import { givenTokens } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { everyOwnTrigger, givenPoolWithEvery } from '../../support/user-triggers.ts'
import { revokeOwn, signIn, track } from '../tokens/sessions/session-calls.ts'

const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
const pool = { AutoVerifiedAttributes: ['email' as const] }

for (const engine of engines) {
  describe(`an access token that is revoked while a trigger function runs, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const newEmail = [{ Name: 'email', Value: 'new@example.test' }]
    type Send = (AccessToken: string) => Promise<unknown>

    const operations: Readonly<Record<string, readonly [trigger: string, send: Send]>> = {
      DeleteUser: ['PreDeleteUser', (AccessToken) => server().send(new DeleteUserCommand({ AccessToken }))],
      UpdateUserAttributes: [
        'PreUpdateUserAttributes',
        (AccessToken) => server().send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: newEmail })),
      ],
      DeleteUserAttributes: [
        'PreUpdateUserAttributes',
        (AccessToken) => server().send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['name'] })),
      ],
      GetUserAttributeVerificationCode: [
        'CustomMessage',
        (AccessToken) => server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken, AttributeName: 'email' })),
      ],
    }
    const ends = {
      RevokeToken: (clientId: string, Token: string) => server().send(new RevokeTokenCommand({ ClientId: clientId, Token })),
      RevokeUserSession: async (clientId: string, _token: string, id: string) => {
        await revokeOwn(server(), (await givenTokens(server(), clientId, 'ana')).accessToken, id)
      },
    }

    for (const [operation, [trigger, send]] of Object.entries(operations)) {
      for (const [how, end] of Object.entries(ends)) {
        it(`has no effect in ${operation} when ${how} revoked it`, async () => {
          let endSession = async (): Promise<unknown> => undefined
          const ending = async (event: TriggerEvent) => {
            await endSession()
            return event
          }
          const ids = await givenPoolWithEvery(server(), endpoint, { ...everyOwnTrigger, [trigger]: ending }, { pool })
          await track(server(), ids.poolId)
          await givenSignedInUser(server(), ids, 'ana', { email: 'ana@example.test', name: 'Ana' })
          const { accessToken, refreshToken, id } = await signIn(server(), ids.clientId)
          const before = [await adminGet(server(), ids.poolId, 'ana'), await sentTo(server(), ids.poolId)]
          ids.triggers.clear()
          endSession = () => end(ids.clientId, refreshToken, id)
          await assert.rejects(send(accessToken), revoked)
          assert.ok(ids.triggers.fired.some((source) => source.startsWith(trigger)))
          assert.deepEqual([await adminGet(server(), ids.poolId, 'ana'), await sentTo(server(), ids.poolId)], before)
        })
      }
    }
  })
}
