import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, ListUsersCommand, type ListUsersCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet, adminUpdate, valuesOf } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

type ListOptions = Omit<ListUsersCommandInput, 'UserPoolId'>

/** One page: its usernames, and the token of the next page. */
async function page(server: TestServer, poolId: string, options: ListOptions = {}) {
  const { Users = [], PaginationToken } = await server.send(new ListUsersCommand({ UserPoolId: poolId, ...options }))
  return { names: Users.map(({ Username }) => Username), next: PaginationToken }
}

/** The usernames of all pages, a list for each page. */
async function pages(server: TestServer, poolId: string, options: ListOptions): Promise<(string | undefined)[][]> {
  const all: (string | undefined)[][] = []
  for (let token: string | undefined; ; ) {
    const { names, next } = await page(server, poolId, { ...options, PaginationToken: token })
    all.push(names)
    if (next === undefined) return all
    token = next
  }
}

const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterException', message })
const invalidToken = invalid('Invalid pagination token given.')

for (const engine of engines) {
  describe(`ListUsers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** Users u0, u1, … in this order. All have the name `Same`. The family names are in the opposite order. */
    async function givenUsers(count: number) {
      const { poolId } = await server().givenPool()
      for (let n = 0; n < count; n++) {
        await adminCreateSilently(server(), poolId, `u${n}`, { attributes: { name: 'Same', family_name: `f${9 - n}` } })
        server().clock.advance(1)
      }
      return poolId
    }

    it('shows users as AdminGetUser does, but no users of other pools', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { email: 'ana@example.test' } })
      await adminCreateSilently(server(), other.poolId, 'eve', { attributes: { email: 'ana@example.test' } })
      const { $metadata, ...answer } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      const [user, ...others] = answer.Users ?? []
      assert.deepEqual([Object.keys(answer), others], [['Users'], []])
      const { Attributes, ...rest } = user ?? {}
      const { attributes, ...shown } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([rest, valuesOf(Attributes)], [shown, attributes])
      assert.deepEqual(await pages(server(), poolId, { Filter: 'email = "ana@example.test"' }), [['ana']])
      const empty = await server().givenPool()
      assert.deepEqual(await page(server(), empty.poolId), { names: [], next: undefined })
      await assert.rejects(page(server(), 'us-east-1_AAAAAAAAA'), { name: 'ResourceNotFoundException' })
    })

    it('lists users in the order of creation, in pages, each user once', async () => {
      const poolId = await givenUsers(5)
      assert.deepEqual(await pages(server(), poolId, { Limit: 2 }), [['u0', 'u1'], ['u2', 'u3'], ['u4']])
      assert.deepEqual(await pages(server(), poolId, { Limit: 5 }), [['u0', 'u1', 'u2', 'u3', 'u4']])
      assert.deepEqual((await page(server(), poolId, { Limit: 0 })).names.length, 5)
    })

    it('lists users in the order of the attribute that the filter names; users with equal values appear once each', async () => {
      const poolId = await givenUsers(5)
      assert.deepEqual(await pages(server(), poolId, { Limit: 2, Filter: 'family_name ^= "f"' }), [['u4', 'u3'], ['u2', 'u1'], ['u0']])
      assert.deepEqual(await pages(server(), poolId, { Limit: 2, Filter: 'name = "same"' }), [['u0', 'u1'], ['u2', 'u3'], ['u4']])
      const subs = (await pages(server(), poolId, { Limit: 1, Filter: 'sub ^= "0"' })).flat()
      assert.deepEqual(subs, ['u0', 'u1', 'u2', 'u3', 'u4'])
    })

    it('returns at most 60 users in one page', async () => {
      const { poolId } = await server().givenPool()
      await Promise.all(Array.from({ length: 61 }, (_, n) => adminCreateSilently(server(), poolId, `u${n}`)))
      const sizes = (await pages(server(), poolId, {})).map((names) => names.length)
      assert.deepEqual(sizes, [60, 1])
      for (const Limit of [-1, 61]) await assert.rejects(page(server(), poolId, { Limit }), invalid(/limit/))
    })

    it('continues after the last user of a page, although users were deleted and created in the meantime', async () => {
      const poolId = await givenUsers(4)
      const { next } = await page(server(), poolId, { Limit: 2 })
      for (const Username of ['u1', 'u2']) await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username }))
      await adminCreateSilently(server(), poolId, 'late')
      assert.deepEqual((await page(server(), poolId, { PaginationToken: next })).names, ['u3', 'late'])
    })

    it('accepts a page token for an hour, unaltered, and only with the same pool and filter', async () => {
      const poolId = await givenUsers(3)
      const other = await givenUsers(2)
      const byName = { Filter: 'name = "Same"', Limit: 1 }
      const { next: token = '' } = await page(server(), poolId, byName)
      const { next: plain = '' } = await page(server(), poolId, { Limit: 1 })
      assert.deepEqual((await page(server(), poolId, { ...byName, PaginationToken: token })).names, ['u1'])
      await assert.rejects(page(server(), poolId, { PaginationToken: token }), invalidToken)
      await assert.rejects(page(server(), poolId, { PaginationToken: token, Filter: 'name = "Other"' }), invalidToken)
      await assert.rejects(page(server(), poolId, { PaginationToken: plain, ...byName }), invalidToken)
      await assert.rejects(page(server(), other, { PaginationToken: plain }), invalidToken)
      const altered = plain.slice(0, -2) + (plain.endsWith('AA') ? 'BB' : 'AA')
      for (const bad of [altered, plain.slice(0, 20), 'x', '{"key":"","sub":""}', `${plain}=`]) {
        await assert.rejects(page(server(), poolId, { PaginationToken: bad }), invalidToken)
      }
      assert.equal(Buffer.from(plain, 'base64url').includes('sub'), false)

      server().clock.advance(3_599_000)
      assert.deepEqual((await page(server(), poolId, { PaginationToken: plain, Limit: 1 })).names, ['u1'])
      server().clock.advance(2_000)
      await assert.rejects(page(server(), poolId, { PaginationToken: plain }), invalid('The pagination token has expired.'))
    })

    it('shows only the requested attributes', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'team', AttributeDataType: 'String', Mutable: true }] } })
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana', 'custom:team': 'blue', email: 'a@b.test' } })
      server().clock.advance(1)
      server().clock.advance(1)
      await adminCreateSilently(server(), poolId, 'bob', { attributes: { email: 'b@b.test' } })
      const shown = async (AttributesToGet?: string[]) => {
        const { Users } = await server().send(new ListUsersCommand({ UserPoolId: poolId, AttributesToGet }))
        return (Users ?? []).map(({ Attributes }) => Object.keys(valuesOf(Attributes)))
      }
      assert.deepEqual(await shown(['sub']), [['sub'], ['sub']])
      assert.deepEqual(await shown(['email', 'sub', 'email']), Array(2).fill(['sub', 'email']))
      assert.deepEqual(await shown(), [
        ['sub', 'name', 'custom:team', 'email'],
        ['sub', 'email'],
      ])
      assert.deepEqual(await shown([]), [[], []])
      for (const name of ['custom:none', '__proto__', 'constructor', 'username']) {
        await assert.rejects(shown(['email', name]), invalid('One or more requested attributes do not exist.'))
      }
    })

    it('rejects AttributesToGet with an attribute that a user on the page does not have', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { name: 'Ana', email: 'a@b.test', email_verified: 'false' } })
      server().clock.advance(1)
      await adminCreateSilently(server(), poolId, 'bob', { attributes: { email: 'b@b.test' } })
      const list = async (more: Partial<ListUsersCommandInput>) => {
        const { Users } = await server().send(new ListUsersCommand({ UserPoolId: poolId, ...more }))
        return Users?.map(({ Attributes }) => valuesOf(Attributes))
      }
      const noSuchAttribute = invalid('One or more requested attributes do not exist.')
      for (const name of ['name', 'email_verified', 'phone_number'])
        await assert.rejects(list({ AttributesToGet: ['email', name] }), noSuchAttribute)
      assert.deepEqual(await list({ AttributesToGet: ['email'] }), [{ email: 'a@b.test' }, { email: 'b@b.test' }])
      assert.deepEqual(await list({ AttributesToGet: ['name'], Limit: 1 }), [{ name: 'Ana' }])
      assert.deepEqual(await list({ AttributesToGet: ['name'], Filter: 'name = "Ana"' }), [{ name: 'Ana' }])
      await assert.rejects(list({ AttributesToGet: ['name'], Filter: 'email = "b@b.test"' }), noSuchAttribute)
    })

    it('searches the current attributes, not former ones', async () => {
      const { poolId } = await server().givenPool()
      await adminCreateSilently(server(), poolId, 'ana', { attributes: { given_name: 'Ana' } })
      await adminUpdate(server(), poolId, 'ana', { given_name: 'Anna' })
      assert.deepEqual(await pages(server(), poolId, { Filter: 'given_name = "ana"' }), [[]])
      assert.deepEqual(await pages(server(), poolId, { Filter: 'given_name = "anna"' }), [['ana']])
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await pages(server(), poolId, { Filter: 'given_name ^= "a"' }), [[]])
    })
  })
}
