import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { givenHidingSignUps, shown, signUpRaw, subIn } from '../../support/hidden-sign-ups.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList, codeSentTo, confirm, type PoolAndClient, sentTo, signUp, type Values } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const byEmail = { AutoVerifiedAttributes: ['email' as const], UsernameAttributes: ['email' as const] }
const byName = { AutoVerifiedAttributes: ['email' as const] }
const byBoth = { AutoVerifiedAttributes: ['phone_number' as const], UsernameAttributes: ['email' as const, 'phone_number' as const] }
const phone = '+15551234444'
const [free, taken] = ['zed@q.test', 'zoe@q.test']
const hour = 3_600_000

for (const engine of engines) {
  describe(`Attacks on a sign-up that hides which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given(pool: typeof byEmail | typeof byName | typeof byBoth, names: readonly string[] = [taken], typed: Values = {}) {
      const ids = await givenHidingSignUps(server(), { pool })
      for (const name of names) {
        await givenUser(server(), ids.poolId, name, { attributes: attributeList(typed), password: 'Other-horse-8' })
      }
      return ids
    }

    const guess = ({ clientId }: PoolAndClient, Username: string, ConfirmationCode = '000000') =>
      rawCall(server(), 'ConfirmSignUp', { ClientId: clientId, Username, ConfirmationCode })
    const resend = ({ clientId }: PoolAndClient, Username: string) =>
      rawCall(server(), 'ResendConfirmationCode', { ClientId: clientId, Username })

    /** The errors of so many guesses, one after the other. */
    async function guesses(ids: PoolAndClient, name: string, count: number): Promise<unknown[]> {
      const errors = []
      for (let number = 0; number < count; number++) errors.push((await guess(ids, name)).body['__type'])
      return errors
    }

    it('do not learn from limits that were used up before the sign-up', async () => {
      const ids = await given(byEmail)
      const seen = []
      for (const name of [free, taken]) {
        const before = [await guesses(ids, name, 16), shown(await resend(ids, name))]
        for (let number = 0; number < 5; number++) await resend(ids, name)
        const { status } = await signUpRaw(server(), ids.clientId, name, {})
        seen.push([...before, status, await guesses(ids, name, 2), shown(await resend(ids, name))])
      }
      assert.deepEqual(seen[1], seen[0])
      assert.equal(seen[0]?.at(0)?.toString().endsWith('CodeMismatchException,LimitExceededException'), true)
      assert.match(String(seen[0]?.at(-1)), /LimitExceededException/)
    })

    it('do not learn from limits after the sign-up, by the name and by the id', async () => {
      const ids = await given(byEmail)
      const seen = []
      for (const name of [free, taken]) {
        const sub = subIn(await signUpRaw(server(), ids.clientId, name, {}))
        const all = [await guesses(ids, name, 16), await guesses(ids, sub, 16)]
        server().clock.advance(hour)
        seen.push([...all, await guesses(ids, name, 1), await guesses(ids, sub, 1)])
      }
      assert.deepEqual(seen[1], seen[0])
    })

    it('do not get more guesses of a code by signing up again', async () => {
      const ids = await given(byEmail, [])
      await signUp(server(), ids.clientId, free)
      assert.equal((await guesses(ids, free, 16)).at(-1), 'LimitExceededException')
      await signUpRaw(server(), ids.clientId, free, {})
      const right = await codeSentTo(server(), ids.poolId, free)
      assert.equal((await guess(ids, free, right)).body['__type'], 'LimitExceededException')
      server().clock.advance(hour)
      await confirm(server(), ids.clientId, free, right)
    })

    it('do not get more guesses of a code by other names of the user, and learn nothing from that', async () => {
      const seen = []
      for (const isTaken of [false, true]) {
        const ids = await given(byBoth, isTaken ? [taken] : [], isTaken ? { phone_number: phone } : {})
        const name = isTaken ? taken : free
        const sub = subIn(await signUpRaw(server(), ids.clientId, name, { phone_number: phone }))
        const right = isTaken ? '000000' : await codeSentTo(server(), ids.poolId, phone)
        const all = await guesses(ids, name, 15)
        for (const other of [sub, phone]) all.push((await guess(ids, other, right)).body['__type'])
        seen.push(all)
        if (isTaken) continue
        server().clock.advance(hour)
        await confirm(server(), ids.clientId, sub, right)
      }
      assert.deepEqual(seen[1], seen[0])
      assert.deepEqual(new Set(seen[0]), new Set(['CodeMismatchException']))
    })

    it('cannot confirm anybody by a code that went to another sign-up', async () => {
      const ids = await given(byName, ['zoe'], { email: taken })
      await signUpRaw(server(), ids.clientId, 'eve', { email: 'eve@q.test' })
      const sub = subIn(await signUpRaw(server(), ids.clientId, 'zoe', { email: 'eve@q.test' }))
      assert.deepEqual(await sentTo(server(), ids.poolId), ['sign-up eve@q.test'])
      const code = await codeSentTo(server(), ids.poolId, 'eve@q.test')
      for (const name of ['zoe', sub]) assert.equal((await guess(ids, name, code)).body['__type'], 'CodeMismatchException')
      await confirm(server(), ids.clientId, 'eve', code)
    })

    it('create one user when a free name is signed up many times at once, and all look alike', async () => {
      const ids = await given(byEmail, [])
      const answers = await Promise.all(Array.from({ length: 8 }, () => signUpRaw(server(), ids.clientId, free, {})))
      assert.deepEqual([...new Set(answers.map(shown))].length, 1)
      assert.equal(answers[0]?.status, 200)
      assert.equal(new Set(answers.map(subIn)).size, 8)
      const sent = await sentTo(server(), ids.poolId)
      assert.ok(sent.length <= 2 && sent.every((text) => text === `sign-up ${free}`), String(sent))
      await confirm(server(), ids.clientId, free, await codeSentTo(server(), ids.poolId, free))
      await givenTokens(server(), ids.clientId, free)
    })

    it('see a taken name fall free when a free one does, and no trace later', async () => {
      const ids = await given(byName, ['zoe'], { email: 'ana@other.test' })
      const seen = []
      for (const name of ['zed', 'zoe']) {
        const before = shown(await resend(ids, name))
        await signUpRaw(server(), ids.clientId, name, { email: 'one@first.test' })
        await signUpRaw(server(), ids.clientId, name, { email: 'two@second.test' })
        const during = shown(await resend(ids, name))
        server().clock.advance(48 * hour)
        assert.equal(shown(await resend(ids, name)), before, name)
        await signUpRaw(server(), ids.clientId, name, { email: 'two@second.test' })
        seen.push([during, shown(await resend(ids, name))])
      }
      assert.deepEqual(seen[1], seen[0])
      assert.match(String(seen[0]?.[0]), /o\*\*\*@f\*\*\*/)
      assert.match(String(seen[0]?.[1]), /t\*\*\*@s\*\*\*/)
    })

    it('do not learn from a gateway that refuses messages', async () => {
      const ids = await given(byEmail)
      const limits = { OnRefusal: 'FAIL', MaxPerDay: 1 }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: limits })
      const answers = []
      for (const name of ['zac@q.test', free, taken]) answers.push(shown(await signUpRaw(server(), ids.clientId, name, {})))
      assert.equal(new Set(answers).size, 1)
      assert.deepEqual(await sentTo(server(), ids.poolId), ['sign-up zac@q.test'])
    })
  })
}
