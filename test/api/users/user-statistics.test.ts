import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourMs } from '../../../src/base/durations.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { sweepsOf } from '../../../src/sweeps.ts'
import type { User } from '../../../src/users/user.ts'
import { computeUserStatistics, minimumSample, type SampledUser } from '../../../src/users/user-statistics/compute-user-statistics.ts'
import { engines } from '../../support/engines.ts'
import { givenHidingPool, type VisibleAnswers, visibleAnswersOf } from '../../support/hidden-users.ts'
import { signUp, type Values } from '../../support/self-service.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const settings = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1, auditStream: undefined, authEventDays: 1 }
const { run } = sweepsOf(settings).find(({ name }) => name === 'user statistics') ?? assert.fail('there is no sweep of that name')

/** Runs the sweep that computes user statistics until no pool is due. Then lets the server's cache of pools expire. */
async function sweep(server: TestServer): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    while ((await storage.db.transaction().execute((tx) => run(tx, server.clock.now(), 1))) > 0) {
      // One run computes the statistics of at most one pool.
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

const unknownNames = Array.from({ length: 100 }, (_, index) => `stranger-${index}`)

/** What the operations answer for each name in `unknownNames`, which no user has. */
async function askAboutDecoys(server: TestServer, clientId: string): Promise<readonly VisibleAnswers[]> {
  const answers: VisibleAnswers[] = []
  for (const name of unknownNames) answers.push(await visibleAnswersOf(server, clientId, name))
  // After an hour these requests no longer count towards the limits of attempts.
  server.clock.advance(hourMs)
  return answers
}

const share = (answers: readonly VisibleAnswers[], is: (answer: VisibleAnswers) => boolean | undefined) =>
  answers.filter(is).length / answers.length
const hasDomainOf = (letter: string) => (answer: VisibleAnswers) => answer.ResendConfirmationCode.destination?.includes(`@${letter}*`)
const offers = (choice: string) => (answer: VisibleAnswers) => answer.USER_AUTH.choices?.split(',').includes(choice)
const verify = { AutoVerifiedAttributes: ['email' as const] }

for (const engine of engines) {
  describe(`Decoys on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('resemble the users of the pool, and stay the same after one more sign-up and a restart', async () => {
      const { clientId } = await givenHidingPool(server(), verify)
      await givenUsers(server(), clientId, 40, (index) => ({ email: `q${index}@xample.test` }))
      await sweep(server())
      const answers = await askAboutDecoys(server(), clientId)
      // 60 of 64 decoys follow the statistics. A share outside these bounds is practically impossible.
      assert.ok(share(answers, hasDomainOf('x')) > 0.8)
      assert.ok(share(answers, ({ ForgotPassword }) => ForgotPassword.destination?.startsWith('q***')) > 0.75)
      assert.ok(share(answers, offers('WEB_AUTHN')) < 0.15)
      assert.ok(share(answers, offers('SMS_OTP')) < 0.15)
      assert.ok(share(answers, offers('EMAIL_OTP')) > 0.85)

      await signUp(server(), clientId, 'newcomer', { phone_number: '+15551234444' })
      server().clock.advance(24 * hourMs)
      await sweep(server())
      await server().restart()
      assert.deepEqual(await askAboutDecoys(server(), clientId), answers)
    })

    it('do not resemble the users of a pool with fewer than 20 users', async () => {
      const { clientId } = await givenHidingPool(server(), verify)
      await givenUsers(server(), clientId, 19, (index) => ({ email: `q${index}@xample.test` }))
      const before = await askAboutDecoys(server(), clientId)
      await sweep(server())
      assert.deepEqual(await askAboutDecoys(server(), clientId), before)
      assert.ok(share(before, hasDomainOf('x')) < 0.2)

      await signUp(server(), clientId, 'the-twentieth', { email: 'q19@xample.test' })
      server().clock.advance(hourMs)
      await sweep(server())
      assert.ok(share(await askAboutDecoys(server(), clientId), hasDomainOf('x')) > 0.8)
    })
  })
}

describe('computeUserStatistics', () => {
  const sampled = (index: number, changes: Partial<User> = {}): SampledUser => ({
    user: {
      poolId: 'us-east-1_Statistics',
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

  it('leaves out values that fewer than five users have', () => {
    const rare = Array.from({ length: 4 }, (_, index) =>
      sampled(100 + index, { attributes: { email: 'someone@unusual.test', phone_number: '+4915112345678' } }),
    )
    const statistics = computeUserStatistics([...many, ...rare], 0)
    assert.deepEqual(statistics?.domains, { e: 56 })
    assert.deepEqual(statistics?.phoneLengths, {})
    assert.deepEqual(statistics?.initials, {})
    assert.equal(Object.keys(statistics?.kinds ?? {}).length, 1)
    assert.ok(!JSON.stringify(statistics).includes('unusual'))
  })

  it('does not count users who are disabled, have to reset their password, or come from an identity provider', () => {
    const uncounted = [
      sampled(1, { enabled: false }),
      sampled(2, { status: 'RESET_REQUIRED' }),
      sampled(3, { status: 'EXTERNAL_PROVIDER' }),
    ]
    const few = many.slice(0, minimumSample - 1)
    assert.equal(computeUserStatistics([...few, ...uncounted], 0), undefined)
    assert.equal(computeUserStatistics(many.slice(0, minimumSample), 0)?.users, minimumSample)
  })

  it('gives the same result for any order of the sample', () => {
    assert.deepEqual(computeUserStatistics(many.toReversed(), 0), computeUserStatistics(many, 0))
  })
})
