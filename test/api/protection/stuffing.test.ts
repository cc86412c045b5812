import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { minuteMs } from '../../../src/base/durations.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenUser, secretHash } from '../../support/sign-in.ts'
import {
  attack,
  failAsServer,
  givenStuffingPool,
  namesOf,
  refused,
  signInFrom,
  slowedOf,
  wrong,
  wrongPassword,
} from '../../support/stuffing.ts'
import { useTestServer } from '../../support/test-server.ts'

const attacker = '203.0.113.7'
const elsewhere = '198.51.100.20'

for (const engine of engines) {
  describe(`Failed sign-ins of many users from one network on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--trust-proxy', '1'] })

    it('slow the address down, and the user signs in undisturbed from elsewhere', async () => {
      const ids = await givenStuffingPool(server())
      await givenUser(server(), ids.poolId, 'ana')
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(10)), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [`${attacker}/32`])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(6, 'more')), [wrong])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(20, 'further')), [refused])
      for (let count = 0; count < 10; count++) assert.equal(await signInFrom(server(), ids, attacker, 'ana', wrongPassword), refused)
      // The password was not checked: the right one is refused as well, and the wrong ones have not locked the user.
      assert.equal(await signInFrom(server(), ids, attacker, 'ana'), refused)
      assert.equal(await signInFrom(server(), ids, elsewhere, 'ana'), 'signed-in')
      server().clock.advance(minuteMs)
      assert.equal(await signInFrom(server(), ids, attacker, 'ana'), 'signed-in')
    })

    it('are forgotten after a while', async () => {
      const ids = await givenStuffingPool(server())
      await attack(server(), ids, attacker, namesOf(10))
      server().clock.advance(14 * minuteMs)
      assert.deepEqual(await slowedOf(server(), ids), [`${attacker}/32`])
      server().clock.advance(6 * minuteMs)
      assert.deepEqual(await slowedOf(server(), ids), [])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(9, 'later')), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [])
    })

    it('are refused alike for users and for unknown names', async () => {
      const ids = await givenStuffingPool(server())
      const users = namesOf(5, 'user')
      for (const name of users) await givenUser(server(), ids.poolId, name)
      assert.deepEqual(await attack(server(), ids, attacker, [...users, ...namesOf(4)]), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(1, 'last')), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [`${attacker}/32`])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(6, 'more')), [wrong])
      assert.deepEqual(await attack(server(), ids, attacker, [...users, ...namesOf(5, 'other')]), [refused])
    })

    it('count where the app tells that a user does not exist', async () => {
      const ids = await givenStuffingPool(server(), { client: { PreventUserExistenceErrors: 'LEGACY' } })
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(16)), ['UserNotFoundException: User does not exist.'])
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(3, 'other')), [refused])
    })

    it('refuse the first step of SRP as well', async () => {
      const ids = await givenStuffingPool(server())
      await attack(server(), ids, attacker, namesOf(16))
      const AuthParameters = { USERNAME: 'ana', SRP_A: 'abcdef' }
      const request = { ClientId: ids.clientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }
      const { body } = await rawCall(server(), 'InitiateAuth', request, { 'x-forwarded-for': attacker })
      assert.equal(body['__type'], 'TooManyRequestsException')
    })

    it('slow a network of many addresses down, each of which has few failures', async () => {
      const ids = await givenStuffingPool(server())
      for (const [at, name] of namesOf(30).entries()) {
        assert.equal(await signInFrom(server(), ids, `203.0.113.${at}`, name, wrongPassword), wrong)
      }
      assert.deepEqual(await slowedOf(server(), ids), ['203.0.113.0/24'])
      const answers = await Promise.all(
        namesOf(20, 'more').map((name, at) => signInFrom(server(), ids, `203.0.113.${100 + at}`, name, 'x')),
      )
      assert.equal(answers.filter((answer) => answer === refused).length, 8)
      assert.equal(await signInFrom(server(), ids, '203.0.112.1', 'ana', wrongPassword), wrong)
    })

    it('slow an IPv6 subscriber down, whichever addresses of the /64 or /48 are used', async () => {
      const ids = await givenStuffingPool(server())
      for (const [at, name] of namesOf(10).entries()) await signInFrom(server(), ids, `2001:db8:1:2::${at + 1}`, name, wrongPassword)
      assert.deepEqual(await slowedOf(server(), ids), ['2001:db8:1:2::/64'])
      for (const [at, name] of namesOf(20, 'more').entries()) {
        await signInFrom(server(), ids, `2001:db8:1:${(at + 16).toString(16)}::1`, name, wrongPassword)
      }
      assert.deepEqual(await slowedOf(server(), ids), ['2001:db8:1:2::/64', '2001:db8:1::/48'])
    })

    it('do not keep users out who have signed in from there before', async () => {
      const ids = await givenStuffingPool(server())
      for (const name of ['ana', 'ben']) await givenUser(server(), ids.poolId, name)
      assert.equal(await signInFrom(server(), ids, attacker, 'ana'), 'signed-in')
      await attack(server(), ids, attacker, namesOf(30))
      assert.equal(await signInFrom(server(), ids, attacker, 'ben'), refused)
      assert.equal(await signInFrom(server(), ids, attacker, 'ana'), 'signed-in')
    })

    it('slow nobody down in mode AUDIT, where they are only shown', async () => {
      const ids = await givenStuffingPool(server(), { mode: 'AUDIT' })
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(40)), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), ['203.0.113.0/24', `${attacker}/32`])
    })

    it('are not counted in a pool that ignores them', async () => {
      const ids = await givenStuffingPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, ThreatProtection: { Stuffing: 'IGNORE' } })
      assert.deepEqual(await attack(server(), ids, attacker, namesOf(40)), [wrong])
      assert.deepEqual(await slowedOf(server(), ids), [])
    })
  })

  describe(`Failed sign-ins that are no attack on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--trust-proxy', '1'] })

    it('are those of one user who mistypes the password or the name again and again', async () => {
      const ids = await givenStuffingPool(server())
      await givenUser(server(), ids.poolId, 'ana')
      for (let count = 0; count < 15; count++) {
        await signInFrom(server(), ids, attacker, count % 2 === 0 ? 'Ana' : 'ana', wrongPassword)
        server().clock.advance(5000)
      }
      assert.deepEqual(await slowedOf(server(), ids), [])
    })

    it('are those of an office in which most users sign in', async () => {
      const ids = await givenStuffingPool(server())
      const users = namesOf(24, 'colleague')
      for (const name of users) await givenUser(server(), ids.poolId, name)
      for (const [at, name] of users.entries()) {
        assert.equal(await signInFrom(server(), ids, attacker, name), 'signed-in')
        if (at % 2 === 1) await signInFrom(server(), ids, attacker, `${name}-mistyped`, wrongPassword)
      }
      assert.deepEqual(await slowedOf(server(), ids), [])
      for (const name of users) assert.equal(await signInFrom(server(), ids, attacker, name), 'signed-in')
    })

    it('are those that users correct', async () => {
      const ids = await givenStuffingPool(server())
      for (const name of namesOf(12, 'user')) {
        await givenUser(server(), ids.poolId, name)
        assert.equal(await signInFrom(server(), ids, attacker, name, wrongPassword), wrong)
        assert.equal(await signInFrom(server(), ids, attacker, name), 'signed-in')
      }
      assert.deepEqual(await slowedOf(server(), ids), [])
    })

    it('are those of a server of the owner that does not tell where its users are', async () => {
      const ids = await givenStuffingPool(server(), { client: { GenerateSecret: true } })
      const { clientId, clientSecret = '' } = ids
      for (const name of namesOf(15)) {
        const SECRET_HASH = secretHash(clientSecret, name, clientId)
        const AuthParameters = { USERNAME: name, PASSWORD: wrongPassword, SECRET_HASH }
        await assert.rejects(server().send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })))
      }
      assert.deepEqual(await slowedOf(server(), ids), [])
      const open = await givenStuffingPool(server())
      for (const name of namesOf(15)) await failAsServer(server(), open, undefined, name)
      assert.deepEqual(await slowedOf(server(), open), [])
      for (const name of namesOf(15)) await failAsServer(server(), open, 'unknown', name)
      assert.deepEqual(await slowedOf(server(), open), [])
      for (const name of namesOf(15)) await failAsServer(server(), open, attacker, name)
      assert.deepEqual(await slowedOf(server(), open), [`${attacker}/32`])
    })
  })
}
