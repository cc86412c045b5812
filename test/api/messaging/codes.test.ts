import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sweepCodes } from '../../../src/messaging/code-repository.ts'
import { checkCode, codeLifetimesMs, consumeCode, issueCode, requireCode } from '../../../src/messaging/codes.ts'
import { engines } from '../../support/engines.ts'
import { openRoom, type Room } from './messaging-setup.ts'

const ana = { poolId: 'us-east-1_PoolOfAna', sub: 'sub-of-ana', purpose: 'verify-email' } as const

async function issue(
  room: Room,
  changes: Partial<{ poolId: string; sub: string; purpose: 'sign-up' | 'verify-email' }> = {},
): Promise<string> {
  const details = { attribute: 'email', value: 'ana@example.test', now: room.clock.now(), lifetimeMs: codeLifetimesMs.attribute } as const
  return room.commit((tx) => issueCode(tx, room.secrets, { ...ana, ...changes, ...details }))
}

async function spend(
  room: Room,
  code: string,
  changes: Partial<{ poolId: string; sub: string; purpose: 'sign-up' | 'verify-email' }> = {},
) {
  return room.commit((tx) => consumeCode(tx, room.secrets, { ...ana, ...changes, code, now: room.clock.now() }))
}

/** A well-formed code that is not this one. */
const otherThan = (code: string) => ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0')

for (const engine of engines) {
  describe(`Codes on ${engine.name}`, () => {
    it('give back what they prove, once', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      assert.match(code, /^\d{6}$/)
      assert.deepEqual(await spend(room, otherThan(code)), { outcome: 'mismatch' })
      assert.partialDeepStrictEqual(await spend(room, code), { outcome: 'ok', attribute: 'email', value: 'ana@example.test' })
      assert.deepEqual(await spend(room, code), { outcome: 'expired' })
    })

    it('are spent by one of many who bring them at once', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      const outcomes = await Promise.all(Array.from({ length: 12 }, () => spend(room, code)))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'ok').length, 1)
    })

    it('are not spent by a transaction that fails afterwards', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      const failing = room.commit(async (tx) => {
        await requireCode(tx, room.secrets, { ...ana, code, now: room.clock.now() })
        throw new Error('later')
      })
      await assert.rejects(failing, /later/)
      assert.equal((await spend(room, code)).outcome, 'ok')
    })

    it('hold only for their pool, user and purpose', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      for (const other of [{ poolId: 'us-east-1_OtherPool' }, { sub: 'sub-of-bob' }, { purpose: 'sign-up' } as const]) {
        assert.equal((await spend(room, code, other)).outcome, 'expired')
        const theirs = await issue(room, other)
        if (theirs !== code) assert.equal((await spend(room, code, other)).outcome, 'mismatch')
      }
      // A row carried over from another user does not help: the hash is bound to whom it was made for.
      const [row] = await room.db.selectFrom('code').selectAll().where('sub', '=', ana.sub).where('purpose', '=', ana.purpose).execute()
      await room.db
        .updateTable('code')
        .set({ code_hash: row?.code_hash ?? '' })
        .where('sub', '=', 'sub-of-bob')
        .execute()
      assert.equal((await spend(room, code, { sub: 'sub-of-bob' })).outcome, 'mismatch')
      assert.equal((await spend(room, code)).outcome, 'ok')
    })

    it('are replaced by the next one of the same purpose', async () => {
      await using room = await openRoom(engine)
      const first = await issue(room)
      let second = await issue(room)
      while (second === first) second = await issue(room)
      assert.equal((await spend(room, first)).outcome, 'mismatch')
      assert.equal((await spend(room, second)).outcome, 'ok')
    })

    it('end with their lifetime, to the millisecond', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      const { expires_at } = await room.db.selectFrom('code').select('expires_at').executeTakeFirstOrThrow()
      const at = (now: number) => room.commit((tx) => consumeCode(tx, room.secrets, { ...ana, code, now }))
      assert.equal((await at(expires_at)).outcome, 'expired')
      assert.equal((await checkCode(room.db, room.secrets, { ...ana, code, now: expires_at })).outcome, 'expired')
      assert.equal((await at(expires_at - 1)).outcome, 'ok')
    })

    it('refuse with Cognito’s errors', async () => {
      await using room = await openRoom(engine)
      const attempt = (code: string) => room.commit((tx) => requireCode(tx, room.secrets, { ...ana, code, now: room.clock.now() }))
      const expired = { code: 'ExpiredCodeException', message: 'Invalid code provided, please request a code again.' }
      await assert.rejects(attempt('123456'), expired)
      const code = await issue(room)
      for (const wrong of [otherThan(code), '', `${code} `, '9'.repeat(2048)]) {
        await assert.rejects(attempt(wrong), {
          code: 'CodeMismatchException',
          message: 'Invalid verification code provided, please try again.',
        })
      }
    })

    it('are stored as a hash only', async () => {
      await using room = await openRoom(engine)
      const code = await issue(room)
      assert.equal(
        JSON.stringify(await room.db.selectFrom('code').select(['code_hash', 'value', 'attribute']).execute()).includes(code),
        false,
      )
    })

    it('are swept once they are old', async () => {
      await using room = await openRoom(engine)
      await issue(room, { sub: 'sub-of-bob' })
      await issue(room, { poolId: 'us-east-1_OtherPool' })
      assert.equal(await sweepCodes(room.db, room.clock.now(), 10), 0)
      assert.equal(await sweepCodes(room.db, room.clock.now() + 2 * codeLifetimesMs.attribute, 1), 1)
      assert.equal((await room.db.selectFrom('code').select('sub').execute()).length, 1)
    })
  })
}
