import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  type AdminInitiateAuthCommandOutput,
  AdminRespondToAuthChallengeCommand,
  type CreateUserPoolCommandInput,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { setMfa } from '../../support/mfa.ts'
import { attributeList, codeSentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { listAuditRecords } from './audited-calls.ts'

const email = 'shared@example.test'
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

    /** A pool with e-mail addresses as aliases, in which ben has the verified address that ana has too. */
    async function givenSharedAddress(pool: Partial<CreateUserPoolCommandInput>) {
      const client = { ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH' as const, 'ALLOW_USER_AUTH' as const] }
      const { poolId, clientId } = await server().givenPool({ pool: { AliasAttributes: ['email'], ...pool }, client })
      const ben = await givenUser(server(), poolId, 'ben', { attributes: attributeList({ email, email_verified: 'true' }) })
      await givenUser(server(), poolId, 'ana', { attributes: attributeList({ email }) })
      const answer = async (step: AdminInitiateAuthCommandOutput) => {
        const ChallengeResponses = { USERNAME: 'ana', EMAIL_OTP_CODE: await codeSentTo(server(), poolId, email) }
        const { ChallengeName, Session } = step
        const request = { UserPoolId: poolId, ClientId: clientId, ChallengeName, Session, ChallengeResponses }
        server().clock.advance(10)
        return server().send(new AdminRespondToAuthChallengeCommand(request))
      }
      return { UserPoolId: poolId, ClientId: clientId, ben, answer }
    }

    it('name the user who loses an address to the one who enters the code of a second factor', async () => {
      const { UserPoolId, ClientId, ben, answer } = await givenSharedAddress({})
      await setMfa(server(), UserPoolId, 'ON', ['email'])
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const flow = { AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters } as const
      await answer(await server().send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, ...flow })))
      const details = (await recordsOf(UserPoolId)).map(([operation, outcome, username, detail]) => [operation, outcome, username, detail])
      assert.deepEqual(
        details.slice(1).sort(),
        [
          ['AdminRespondToAuthChallenge', 'ok', 'ana', 'EMAIL_OTP: tokens were issued'],
          ['AdminRespondToAuthChallenge', 'ok', 'ana', `EMAIL_OTP: aliases taken from: ${ben.sub}`],
        ].sort(),
      )
    })

    it('name the user who loses an address to the one who enters the code of a first factor', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } }
      const { UserPoolId, ClientId, ben, answer } = await givenSharedAddress({ Policies })
      const AuthParameters = { USERNAME: 'ana', PREFERRED_CHALLENGE: 'EMAIL_OTP' }
      await answer(await server().send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow: 'USER_AUTH', AuthParameters })))
      const taken = (await recordsOf(UserPoolId)).filter(([, , , detail]) => String(detail).includes(ben.sub))
      assert.deepEqual(taken, [
        [
          'AdminRespondToAuthChallenge',
          'ok',
          'ana',
          `EMAIL_OTP: the address was verified; aliases taken from: ${ben.sub}`,
          ['UserAttributes.email_verified'],
        ],
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
