import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { attributeList, type Values } from '../../support/self-service.ts'
import { givenUser, goodPassword, secretHash, signInByPassword, srpResponses, srpTimestamp, startSrp } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

const temporary = 'Temporary-1'
const minute = 60_000
const day = 24 * 60 * minute
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

for (const engine of engines) {
  describe(`the Session of a challenge on ${engine.name}`, () => {
    const server = useTestServer(engine)

    function create(poolId: string, username: string, attributes: Values = {}) {
      const user = { UserPoolId: poolId, Username: username, TemporaryPassword: temporary, UserAttributes: attributeList(attributes) }
      return server().send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
    }

    async function givenSession(options: TestPoolOptions = {}, attributes: Values = {}) {
      const ids = await server().givenPool(options)
      await create(ids.poolId, 'ana', attributes)
      const { Session: session = '' } = await signInByPassword(server(), ids.clientId, 'ana', temporary)
      return { ...ids, session }
    }

    function answer(clientId: string, session: string | undefined, responses: Values = {}) {
      const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword, ...responses }
      const request = { ClientId: clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: session, ChallengeResponses } as const
      return server().send(new RespondToAuthChallengeCommand(request))
    }

    it('is rejected when it is missing, cut, lengthened or altered', async () => {
      const { clientId, session } = await givenSession()
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter Session' }
      await assert.rejects(answer(clientId, undefined), missing)
      for (let at = 0; at < session.length; at += 17) {
        const altered = `${session.slice(0, at)}${session[at] === 'A' ? 'B' : 'A'}${session.slice(at + 1)}`
        await assert.rejects(answer(clientId, altered), invalid, `altered at ${at}`)
      }
      for (const other of [session.slice(0, -8), `${session}AAAA`, `AYABe${'x'.repeat(100)}`, 'y'.repeat(2048)])
        await assert.rejects(answer(clientId, other), invalid)
      await answer(clientId, session)
    })

    it('is rejected for another client', async () => {
      const { poolId, clientId, session } = await givenSession()
      const request = { UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      const elsewhere = await server().givenPool()
      for (const other of [UserPoolClient?.ClientId ?? '', elsewhere.clientId]) await assert.rejects(answer(other, session), invalid)
      await answer(clientId, session)
    })

    it('is rejected for another user', async () => {
      const { poolId, clientId, session } = await givenSession()
      await create(poolId, 'ben')
      for (const name of ['ben', 'nobody', 'Ana']) await assert.rejects(answer(clientId, session, { USERNAME: name }), invalid, name)
      const nameless = { name: 'InvalidParameterException', message: 'Missing required parameter USERNAME' }
      await assert.rejects(answer(clientId, session, { USERNAME: '' }), nameless)
      const { Session: bens } = await signInByPassword(server(), clientId, 'ben', temporary)
      await assert.rejects(answer(clientId, bens), invalid)
      await answer(clientId, bens, { USERNAME: 'ben' })
    })

    it('is accepted with any name of its user: the username in any case, an alias or the sub', async () => {
      const pool = { AliasAttributes: ['email' as const], UsernameConfiguration: { CaseSensitive: false } }
      for (const name of ['ana', 'ANA', 'Ana@Example.test', 'sub']) {
        const { poolId, clientId } = await server().givenPool({ pool })
        const created = await create(poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
        const sub = created.User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
        const { Session: session } = await signInByPassword(server(), clientId, 'ana@example.test', temporary)
        await answer(clientId, session, { USERNAME: name === 'sub' ? sub : name })
      }
    })

    it('is rejected for another user in an SRP proof as well', async () => {
      const { poolId, clientId } = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      for (const name of ['ana', 'ben']) await givenUser(server(), poolId, name)
      const respond = (responses: Values) => {
        const request = { ClientId: clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: responses } as const
        return server().send(new RespondToAuthChallengeCommand(request))
      }
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      await assert.rejects(respond({ ...responses, USERNAME: 'ben' }), invalid)
      await assert.rejects(respond({ ...responses, USERNAME: 'nobody' }), invalid)
      await respond(responses)

      const stranger = await startSrp(server(), clientId, 'nobody')
      const guess = srpResponses(poolId, goodPassword, stranger.a, stranger.challenge, srpTimestamp(server().clock.now()))
      await assert.rejects(respond({ ...guess, USERNAME: 'somebody-else' }), invalid)
      await assert.rejects(respond(guess), wrong)
    })

    it('is rejected for another challenge', async () => {
      const { poolId, clientId, session } = await givenSession()
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const block = Buffer.from(challenge.ChallengeParameters?.['SECRET_BLOCK'] ?? '', 'base64').toString()
      await assert.rejects(answer(clientId, block), invalid)
      const responses = srpResponses(poolId, temporary, a, challenge, srpTimestamp(server().clock.now()))
      const ChallengeResponses = { ...responses, PASSWORD_CLAIM_SECRET_BLOCK: Buffer.from(session).toString('base64') }
      const request = { ClientId: clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses } as const
      await assert.rejects(server().send(new RespondToAuthChallengeCommand(request)), invalid)
    })

    it('expires after the AuthSessionValidity of the client', async () => {
      const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
      const { clientId, session } = await givenSession()
      server().clock.advance(3 * minute)
      await assert.rejects(answer(clientId, session), expired)

      const patient = await givenSession({ client: { AuthSessionValidity: 15 } })
      server().clock.advance(14 * minute)
      await answer(patient.clientId, patient.session)
    })

    it('is not issued for an expired temporary password', async () => {
      const old = {
        name: 'NotAuthorizedException',
        message: 'Temporary password has expired and must be reset by an administrator.',
      }
      const { poolId, clientId } = await givenSession()
      server().clock.advance(7 * day - minute)
      await signInByPassword(server(), clientId, 'ana', temporary)
      server().clock.advance(minute)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', temporary), old)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const ChallengeResponses = srpResponses(poolId, temporary, a, challenge, srpTimestamp(server().clock.now()))
      const request = { ClientId: clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses } as const
      await assert.rejects(server().send(new RespondToAuthChallengeCommand(request)), old)

      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'Temporary-2' }))
      const { Session: session } = await signInByPassword(server(), clientId, 'ana', 'Temporary-2')
      await answer(clientId, session)

      const PasswordPolicy = { MinimumLength: 8, TemporaryPasswordValidityDays: 1 }
      const strict = await givenSession({ pool: { Policies: { PasswordPolicy } } })
      server().clock.advance(day)
      await assert.rejects(signInByPassword(server(), strict.clientId, 'ana', temporary), old)
    })

    it('is rejected once the user is disabled, is deleted, or has a permanent password', async () => {
      const disabled = await givenSession()
      await server().send(new AdminDisableUserCommand({ UserPoolId: disabled.poolId, Username: 'ana' }))
      await assert.rejects(answer(disabled.clientId, disabled.session), { message: 'User is disabled.' })
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: disabled.poolId, Username: 'ana' }))
      assert.equal(UserStatus, 'FORCE_CHANGE_PASSWORD')

      const deleted = await givenSession()
      await server().send(new AdminDeleteUserCommand({ UserPoolId: deleted.poolId, Username: 'ana' }))
      await assert.rejects(answer(deleted.clientId, deleted.session), invalid)
      await create(deleted.poolId, 'ana')
      await assert.rejects(answer(deleted.clientId, deleted.session), invalid)

      const confirmed = await givenSession()
      const permanent = { UserPoolId: confirmed.poolId, Username: 'ana', Password: 'Another-horse-8', Permanent: true }
      await server().send(new AdminSetUserPasswordCommand(permanent))
      await assert.rejects(answer(confirmed.clientId, confirmed.session), invalid)
      await signInByPassword(server(), confirmed.clientId, 'ana', 'Another-horse-8')
    })

    it('is rejected when another temporary password has replaced the proven one', async () => {
      const { poolId, clientId, session } = await givenSession()
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'Temporary-2' }))
      await assert.rejects(answer(clientId, session), invalid)
      await signInByPassword(server(), clientId, 'ana', 'Temporary-2')
    })

    it('is accepted from a confidential client only with the secret hash (AdminRespondToAuthChallenge)', async () => {
      const { poolId, clientId, clientSecret } = await server().givenPool({ client: { GenerateSecret: true } })
      await create(poolId, 'ana')
      const SECRET_HASH = secretHash(clientSecret ?? '', 'ana', clientId)
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const AuthParameters = { USERNAME: 'ana', PASSWORD: temporary, SECRET_HASH }
      const asked = await server().send(new AdminInitiateAuthCommand({ ...ids, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
      const respond = (responses: Values) => {
        const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: goodPassword, ...responses }
        const request = { ...ids, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: asked.Session, ChallengeResponses } as const
        return server().send(new AdminRespondToAuthChallengeCommand(request))
      }
      const missing = `Client ${clientId} is configured for secret but secret was not received`
      await assert.rejects(respond({}), { name: 'NotAuthorizedException', message: missing })
      const mismatch = `Unable to verify secret hash for client ${clientId}`
      await assert.rejects(respond({ SECRET_HASH: 'AAAA' }), { name: 'NotAuthorizedException', message: mismatch })
      const { AuthenticationResult: tokens } = await respond({ SECRET_HASH })
      assert.ok(tokens?.RefreshToken)
    })
  })
}
