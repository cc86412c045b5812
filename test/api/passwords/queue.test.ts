import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { readMetrics } from '../../support/metrics.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { setStorage } from '../../support/stored-passwords.ts'
import { useTestServer } from '../../support/test-server.ts'
import { errorOf } from '../../support/user-triggers.ts'

const hidden = { client: { PreventUserExistenceErrors: 'ENABLED' as const } }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

for (const engine of engines) {
  describe(`The queue of Argon2id computations on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--workers', '1'] })

    async function givenArgon2Pool() {
      const ids = await server().givenPool(hidden)
      await setStorage(server(), ids, 'ARGON2ID')
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }

    it('is bounded, and a flood of one pool does not keep the users of another from signing in', async () => {
      const [flooded, other] = [await givenArgon2Pool(), await givenArgon2Pool()]
      for (let i = 0; i < 5; i++) await assert.rejects(signInByPassword(server(), flooded.clientId, 'ana', 'Wrong-horse-1'))

      // Names that no user has cost a computation each, and need no password. The requests outnumber the places in the queue.
      const flood = Array.from({ length: 200 }, async (_, i) => {
        const AuthParameters = { USERNAME: `nobody-${i}`, PASSWORD: 'Any-horse-1' }
        const request = { ClientId: flooded.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }
        return errorOf(await rawCall(server(), 'AWSCognitoIdentityProviderService.InitiateAuth', request))
      })
      const firstRefusal = new Promise<void>((resolve) => {
        for (const attempt of flood) void attempt.then((outcome) => outcome === 'TooManyRequestsException' && resolve())
      })
      await firstRefusal
      const waiting = (await readMetrics(server().url)).valuesOf('lifeguard_queue_length')['queue=argon2'] ?? 0
      assert.ok(waiting > 0 && waiting <= 64, String(waiting))
      // The lock is looked up before the password is checked, so it needs no place in the queue.
      await assert.rejects(signInByPassword(server(), flooded.clientId, 'ana', 'Wrong-horse-1'), locked)
      await givenTokens(server(), other.clientId, 'ana')

      const outcomes = Object.groupBy(await Promise.all(flood), (outcome) => outcome)
      assert.deepEqual(Object.keys(outcomes).sort(), ['NotAuthorizedException', 'TooManyRequestsException'])
      const end = await readMetrics(server().url)
      assert.equal(end.valuesOf('lifeguard_queue_length')['queue=argon2'], 0)
    })
  })
}
