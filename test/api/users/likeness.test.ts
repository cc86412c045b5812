import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { sweepsOf } from '../../../src/sweeps.ts'
import { drawLikeness, type Sampled, smallestSample } from '../../../src/users/likeness/draw-likeness.ts'
import type { User } from '../../../src/users/user.ts'
import { engines } from '../../support/engines.ts'
import { givenHidingPool, type Sights, sightsOf } from '../../support/hidden-users.ts'
import { signUp, type Values } from '../../support/self-service.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const kept = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1 }
const { run } = sweepsOf(kept).find(({ name }) => name === 'pool profiles') ?? assert.fail('the sweep is in the list')
const hourMs = 3_600_000

/** Sweeps as the running server does each minute, and lets its memory of pools expire. */
async function sweep(server: TestServer): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    while ((await storage.db.transaction().execute((tx) => run(tx, server.clock.now(), 1))) > 0) {
      // There may be another one.
    }
  } finally {
    await storage.close()
  }
  server.clock.advance(6_000)
}

async function givenUsers(server: TestServer, clientId: string, count: number, attributesOf: (index: number) => Values): Promise<void> {
  for (let index = 0; index < count; index++) {
    await signUp(server, clientId, `person-${index}`, attributesOf(index))
  }
}

const strangers = Array.from({ length: 100 }, (_, index) => `stranger-${index}`)

async function lookAt(server: TestServer, clientId: string): Promise<readonly Sights[]> {
  const looks: Sights[] = []
  for (const name of strangers) looks.push(await sightsOf(server, clientId, name))
  // So that the limits of attempts do not count.
  server.clock.advance(hourMs)
  return looks
}

const share = (looks: readonly Sights[], is: (look: Sights) => boolean | undefined) => looks.filter(is).length / looks.length
const hasDomainOf = (letter: string) => (look: Sights) => look.ResendConfirmationCode.destination?.includes(`@${letter}*`)
const offers = (choice: string) => (look: Sights) => look.USER_AUTH.choices?.split(',').includes(choice)
const verify = { AutoVerifiedAttributes: ['email' as const] }

for (const engine of engines) {
  describe(`users who do not exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('look like those of the pool, in every process, and do not change their looks while it stays as it is', async () => {
      const { clientId } = await givenHidingPool(server(), verify)
      await givenUsers(server(), clientId, 40, (index) => ({ email: `q${index}@xample.test` }))
      await sweep(server())
      const looks = await lookAt(server(), clientId)
      // As good as sure: fifteen sixteenths each, and chance.
      assert.ok(share(looks, hasDomainOf('x')) > 0.8)
      assert.ok(share(looks, ({ ForgotPassword }) => ForgotPassword.destination?.startsWith('q***')) > 0.75)
      assert.ok(share(looks, offers('WEB_AUTHN')) < 0.15)
      assert.ok(share(looks, offers('SMS_OTP')) < 0.15)
      assert.ok(share(looks, offers('EMAIL_OTP')) > 0.85)

      await signUp(server(), clientId, 'newcomer', { phone_number: '+15551234444' })
      server().clock.advance(24 * hourMs)
      await sweep(server())
      await server().restart()
      assert.deepEqual(await lookAt(server(), clientId), looks)
    })

    it('look as in any pool where users are too few to hide among', async () => {
      const { clientId } = await givenHidingPool(server(), verify)
      await givenUsers(server(), clientId, 19, (index) => ({ email: `q${index}@xample.test` }))
      const before = await lookAt(server(), clientId)
      await sweep(server())
      assert.deepEqual(await lookAt(server(), clientId), before)
      assert.ok(share(before, hasDomainOf('x')) < 0.2)

      await signUp(server(), clientId, 'the-twentieth', { email: 'q19@xample.test' })
      server().clock.advance(hourMs)
      await sweep(server())
      assert.ok(share(await lookAt(server(), clientId), hasDomainOf('x')) > 0.8)
    })
  })
}

describe('The likeness of users', () => {
  const sampled = (index: number, changes: Partial<User> = {}): Sampled => ({
    user: {
      poolId: 'us-east-1_Likeness1',
      sub: `${index}`,
      username: `person-${index}`,
      status: 'CONFIRMED',
      enabled: true,
      attributes: { email: `person-${index}@example.test`, email_verified: 'true' },
      password: 'sealed',
      passwordExpiresAt: null,
      signedOutAt: null,
      createdAt: 0,
      updatedAt: 0,
      mfa: null,
      ...changes,
    },
    hasSoftwareToken: false,
    passkeys: 0,
  })
  const many = Array.from({ length: 60 }, (_, index) => sampled(index))

  it('has nothing of what fewer than five of them share', () => {
    const rare = Array.from({ length: 4 }, (_, index) =>
      sampled(100 + index, { attributes: { email: 'someone@unusual.test', phone_number: '+4915112345678' } }),
    )
    const likeness = drawLikeness([...many, ...rare], 0)
    assert.deepEqual(likeness?.domains, { e: 56 })
    assert.deepEqual(likeness?.phoneLengths, {})
    assert.deepEqual(likeness?.initials, {})
    assert.equal(Object.keys(likeness?.kinds ?? {}).length, 1)
    assert.ok(!JSON.stringify(likeness).includes('unusual'))
  })

  it('does not come of the disabled, of those to be reset, nor of those of another provider', () => {
    const hidden = [sampled(1, { enabled: false }), sampled(2, { status: 'RESET_REQUIRED' }), sampled(3, { status: 'EXTERNAL_PROVIDER' })]
    const few = many.slice(0, smallestSample - 1)
    assert.equal(drawLikeness([...few, ...hidden], 0), undefined)
    assert.equal(drawLikeness(many.slice(0, smallestSample), 0)?.users, smallestSample)
  })

  it('does not depend on the order of the sample', () => {
    assert.deepEqual(drawLikeness(many.toReversed(), 0), drawLikeness(many, 0))
  })
})
