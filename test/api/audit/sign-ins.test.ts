import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { listAuditRecords } from './audited-calls.ts'

const temporaryPassword = 'Temporary-horse-7'

for (const engine of engines) {
  describe(`Audit records of sign-ins on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** Operation, outcome, user, detail and changed members of each audit record of a sign-in in the pool, oldest first. */
    async function recordsOf(poolId: string) {
      const records = await listAuditRecords(server(), { UserPoolId: poolId })
      return records
        .filter(({ Operation }) => /Auth/.test(Operation ?? ''))
        .map(({ Operation, Outcome, Username, Detail, ChangedMembers }) => [Operation, Outcome, Username, Detail, ChangedMembers])
        .toReversed()
    }

    it('name the flow or challenge of each successful call of the admin API, and what the call led to', async () => {
      const { poolId: UserPoolId, clientId: ClientId } = await server().givenPool()
      await server().send(
        new AdminCreateUserCommand({ UserPoolId, Username: 'ana', TemporaryPassword: temporaryPassword, MessageAction: 'SUPPRESS' }),
      )
      const AuthFlow = 'ADMIN_USER_PASSWORD_AUTH'
      const AuthParameters = { USERNAME: 'ana', PASSWORD: temporaryPassword }
      const { Session, ChallengeName } = await server().send(
        new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters }),
      )
      server().clock.advance(10)
      const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword }
      await server().send(new AdminRespondToAuthChallengeCommand({ UserPoolId, ClientId, ChallengeName, Session, ChallengeResponses }))
      server().clock.advance(10)
      const wrong = { USERNAME: 'ana', PASSWORD: temporaryPassword }
      await assert.rejects(server().send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters: wrong })))
      server().clock.advance(10)
      const right = { USERNAME: 'ana', PASSWORD: goodPassword }
      const { AuthenticationResult } = await server().send(
        new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters: right }),
      )
      server().clock.advance(10)
      const refresh = { REFRESH_TOKEN: AuthenticationResult?.RefreshToken ?? '' }
      await server().send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: refresh }))
      assert.deepEqual(await recordsOf(UserPoolId), [
        ['AdminInitiateAuth', 'ok', 'ana', 'ADMIN_USER_PASSWORD_AUTH: challenge NEW_PASSWORD_REQUIRED', undefined],
        ['AdminRespondToAuthChallenge', 'ok', 'ana', 'NEW_PASSWORD_REQUIRED: the password was set', ['Password', 'UserStatus']],
        ['AdminInitiateAuth', 'NotAuthorizedException', 'ana', undefined, undefined],
        ['AdminInitiateAuth', 'ok', 'ana', 'ADMIN_USER_PASSWORD_AUTH: tokens were issued', undefined],
        ['AdminInitiateAuth', 'ok', 'ana', 'REFRESH_TOKEN_AUTH: tokens were issued', undefined],
      ])
    })

    it('do not exist for a sign-in by the public API', async () => {
      const { poolId, clientId: ClientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      await server().send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
      assert.deepEqual(await recordsOf(poolId), [])
    })
  })
}
