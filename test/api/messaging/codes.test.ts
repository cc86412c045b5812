import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sweepCodes } from '../../../src/messaging/code-repository.ts'
import { checkCode, codeLifetimesMs, consumeCode, issueCode, requireCode } from '../../../src/messaging/codes.ts'
import { engines } from '../../support/engines.ts'
import { type MessagingSetup, openMessagingSetup } from './messaging-setup.ts'

const ana = { poolId: 'us-east-1_PoolOfAna', sub: 'sub-of-ana', purpose: 'verify-email' } as const

async function issue(
  setup: MessagingSetup,
  changes: Partial<{ poolId: string; sub: string; purpose: 'sign-up' | 'verify-email' }> = {},
): Promise<string> {
  const details = { attribute: 'email', value: 'ana@example.test', now: setup.clock.now(), lifetimeMs: codeLifetimesMs.attribute } as const
  return setup.commit((tx) => issueCode(tx, setup.secrets, { ...ana, ...changes, ...details }))
}

async function consume(
  setup: MessagingSetup,
  code: string,
  changes: Partial<{ poolId: string; sub: string; purpose: 'sign-up' | 'verify-email' }> = {},
) {
  return setup.commit((tx) => consumeCode(tx, setup.secrets, { ...ana, ...changes, code, now: setup.clock.now() }))
}

/** A well-formed code that differs from `code`. */
const otherThan = (code: string) => ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0')

for (const engine of engines) {
  describe(`Codes on ${engine.name}`, () => {
    it('return their attribute and value when they are consumed, and cannot be consumed twice', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      assert.match(code, /^\d{6}$/)
      assert.deepEqual(await consume(setup, otherThan(code)), { outcome: 'mismatch' })
      assert.partialDeepStrictEqual(await consume(setup, code), { outcome: 'ok', attribute: 'email', value: 'ana@example.test' })
      assert.deepEqual(await consume(setup, code), { outcome: 'expired' })
    })

    it('are consumed by only one of many simultaneous requests with the right code', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => consume(setup, code)))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'ok').length, 1)
    })

    it('are not consumed by a transaction that is rolled back', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      const failing = setup.commit(async (tx) => {
        await requireCode(tx, setup.secrets, { ...ana, code, now: setup.clock.now() })
        throw new Error('later')
      })
      await assert.rejects(failing, /later/)
      assert.equal((await consume(setup, code)).outcome, 'ok')
    })

    it('are valid for their pool, user and purpose only', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      for (const other of [{ poolId: 'us-east-1_OtherPool' }, { sub: 'sub-of-bob' }, { purpose: 'sign-up' } as const]) {
        assert.equal((await consume(setup, code, other)).outcome, 'expired')
        const theirs = await issue(setup, other)
        if (theirs !== code) assert.equal((await consume(setup, code, other)).outcome, 'mismatch')
      }
      // A hash that is copied to the row of another user is useless: it is bound to the user that the code was issued to.
      const [row] = await setup.db.selectFrom('code').selectAll().where('sub', '=', ana.sub).where('purpose', '=', ana.purpose).execute()
      await setup.db
        .updateTable('code')
        .set({ code_hash: row?.code_hash ?? '' })
        .where('sub', '=', 'sub-of-bob')
        .execute()
      assert.equal((await consume(setup, code, { sub: 'sub-of-bob' })).outcome, 'mismatch')
      assert.equal((await consume(setup, code)).outcome, 'ok')
    })

    it('are replaced by the next code of the same purpose', async () => {
      await using setup = await openMessagingSetup(engine)
      const first = await issue(setup)
      let second = await issue(setup)
      while (second === first) second = await issue(setup)
      assert.equal((await consume(setup, first)).outcome, 'mismatch')
      assert.equal((await consume(setup, second)).outcome, 'ok')
    })

    it('expire at the end of their lifetime, to the millisecond', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      const { expires_at } = await setup.db.selectFrom('code').select('expires_at').executeTakeFirstOrThrow()
      const at = (now: number) => setup.commit((tx) => consumeCode(tx, setup.secrets, { ...ana, code, now }))
      assert.equal((await at(expires_at)).outcome, 'expired')
      assert.equal((await checkCode(setup.db, setup.secrets, { ...ana, code, now: expires_at })).outcome, 'expired')
      assert.equal((await at(expires_at - 1)).outcome, 'ok')
    })

    it('are rejected with Cognito’s errors when they are wrong, or when none was issued', async () => {
      await using setup = await openMessagingSetup(engine)
      const attempt = (code: string) => setup.commit((tx) => requireCode(tx, setup.secrets, { ...ana, code, now: setup.clock.now() }))
      const expired = { code: 'ExpiredCodeException', message: 'Invalid code provided, please request a code again.' }
      await assert.rejects(attempt('123456'), expired)
      const code = await issue(setup)
      for (const wrong of [otherThan(code), '', `${code} `, '9'.repeat(2048)]) {
        await assert.rejects(attempt(wrong), {
          code: 'CodeMismatchException',
          message: 'Invalid verification code provided, please try again.',
        })
      }
    })

    it('are stored as a hash only', async () => {
      await using setup = await openMessagingSetup(engine)
      const code = await issue(setup)
      assert.equal(
        JSON.stringify(await setup.db.selectFrom('code').select(['code_hash', 'value', 'attribute']).execute()).includes(code),
        false,
      )
    })

    it('are deleted by the sweeper once they are old', async () => {
      await using setup = await openMessagingSetup(engine)
      await issue(setup, { sub: 'sub-of-bob' })
      await issue(setup, { poolId: 'us-east-1_OtherPool' })
      assert.equal(await sweepCodes(setup.db, setup.clock.now(), 10), 0)
      assert.equal(await sweepCodes(setup.db, setup.clock.now() + 2 * codeLifetimesMs.attribute, 1), 1)
      assert.equal((await setup.db.selectFrom('code').select('sub').execute()).length, 1)
    })
  })
}
