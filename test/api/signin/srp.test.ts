import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { answerSrp, givenUser, goodPassword, signInBySrp, srpResponses, srpTimestamp, startSrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const modulus =
  'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF'

for (const engine of engines) {
  describe(`SRP sign-in on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('proves the password without sending it', async () => {
      const ids = await server().givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      const { challenge } = await startSrp(server(), ids.clientId, 'ana')
      assert.equal(challenge.ChallengeName, 'PASSWORD_VERIFIER')
      assert.equal(challenge.ChallengeParameters?.['USER_ID_FOR_SRP'], 'ana')

      const reply = await signInBySrp(server(), ids, 'ana')
      assert.ok(reply.AuthenticationResult?.AccessToken)
      assert.deepEqual(reply.ChallengeParameters, {})
    })

    it('rejects wrong passwords, and locks after five of them', async () => {
      const ids = await server().givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      for (let guess = 0; guess < 5; guess++) await assert.rejects(signInBySrp(server(), ids, 'ana', `Wrong-horse-${guess}`), wrong)
      await assert.rejects(signInBySrp(server(), ids, 'ana'), { message: 'Password attempts exceeded' })
    })

    it('accepts a proof only once', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => answerSrp(server(), clientId, responses)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      const again = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
      await assert.rejects(answerSrp(server(), clientId, responses), again)
    })

    it('rejects a secret block that is altered, expired or another client’s', async () => {
      const { poolId, clientId } = await server().givenPool()
      const other = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const block = responses['PASSWORD_CLAIM_SECRET_BLOCK'] ?? ''
      const altered = `${block.slice(0, 100)}${block[100] === 'A' ? 'B' : 'A'}${block.slice(101)}`
      const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
      await assert.rejects(answerSrp(server(), clientId, { ...responses, PASSWORD_CLAIM_SECRET_BLOCK: altered }), invalid)
      await assert.rejects(answerSrp(server(), clientId, { ...responses, PASSWORD_CLAIM_SECRET_BLOCK: 'bm9uc2Vuc2U=' }), invalid)
      await assert.rejects(answerSrp(server(), other.clientId, responses), invalid)
      server().clock.advance(3 * 60_000)
      await assert.rejects(answerSrp(server(), clientId, responses), { message: 'Invalid session for the user, session is expired.' })
    })

    it('rejects an SRP_A that is 0, a multiple of N, or not a number', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const twice = (BigInt(`0x${modulus}`) * 2n).toString(16)
      for (const SRP_A of ['0', '00', modulus, twice, 'xyz', '-1', '1'.repeat(5000)]) {
        const call = server().send(
          new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME: 'ana', SRP_A } }),
        )
        await assert.rejects(call, { name: 'InvalidParameterException' }, SRP_A.slice(0, 20))
      }
    })

    it('answers for unknown names as for users where the client hides which users exist', async () => {
      const ids = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), ids.poolId, 'ana')
      const [first, second, real] = await Promise.all(['nobody', 'nobody', 'ana'].map((name) => startSrp(server(), ids.clientId, name)))
      const shown = first?.challenge.ChallengeParameters ?? {}
      assert.equal(shown['SALT'], second?.challenge.ChallengeParameters?.['SALT'])
      assert.notEqual(shown['SRP_B'], second?.challenge.ChallengeParameters?.['SRP_B'])
      assert.equal(shown['USER_ID_FOR_SRP'], 'nobody')
      assert.deepEqual(Object.keys(shown), Object.keys(real?.challenge.ChallengeParameters ?? {}))
      const difference = (shown['SECRET_BLOCK']?.length ?? 0) - (real?.challenge.ChallengeParameters?.['SECRET_BLOCK']?.length ?? 0)
      assert.ok(Math.abs(difference) < 16, `the secret block of an unknown name differs by ${difference} characters`)
      await assert.rejects(signInBySrp(server(), ids, 'nobody'), wrong)
    })

    it('gives an unknown e-mail address a username like a UUIDv7 where users sign up with addresses', async () => {
      const { poolId, clientId } = await server().givenPool({
        pool: { UsernameAttributes: ['email'] },
        client: { PreventUserExistenceErrors: 'ENABLED' },
      })
      const day = 86_400_000
      const createdAt = server().clock.now()
      server().clock.advance(30 * day)
      await givenUser(server(), poolId, 'ana@example.test')
      const strangers = Array.from({ length: 8 }, (_, number) => `nobody${number}@example.test`)
      for (const name of ['ana@example.test', ...strangers, ...strangers]) {
        const { challenge } = await startSrp(server(), clientId, name)
        const id = challenge.ChallengeParameters?.['USER_ID_FOR_SRP'] ?? ''
        // The version and the variant of a UUIDv7. The next assertion checks its time, which must be a plausible time of a sign-up.
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        const time = Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
        assert.ok(time >= createdAt - day && time <= server().clock.now(), `${name} signed up at ${time}`)
      }
      const [first, again] = await Promise.all([0, 0].map(() => startSrp(server(), clientId, 'nobody0@example.test')))
      assert.equal(first?.challenge.ChallengeParameters?.['USER_ID_FOR_SRP'], again?.challenge.ChallengeParameters?.['USER_ID_FOR_SRP'])
      await assert.rejects(signInBySrp(server(), { poolId, clientId }, 'nobody0@example.test'), wrong)
    })

    it('rejects a proof of the old password as soon as a new password has replaced it', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      await server().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'Another-horse-8', Permanent: true }),
      )
      await assert.rejects(
        answerSrp(server(), clientId, srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))),
        wrong,
      )
      await signInBySrp(server(), { poolId, clientId }, 'ana', 'Another-horse-8')
    })
  })
}
