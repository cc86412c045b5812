import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GetProvisionedLimitCommand, ListUsersCommand, UpdateProvisionedLimitCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const limit = (Category: string, more: Record<string, string> = {}) =>
  ({ LimitClass: 'API_CATEGORY', Attributes: { Category, ...more } }) as const

async function shown(server: TestServer, category: string) {
  return (await server.send(new GetProvisionedLimitCommand({ LimitDefinition: limit(category) }))).Limit
}

async function ask(server: TestServer, category: string, value: number) {
  const input = { LimitDefinition: limit(category), RequestedLimitValue: value }
  return (await server.send(new UpdateProvisionedLimitCommand(input))).Limit
}

/** Sends `count` ListUsers requests at the same time. Returns how many succeeded, and the errors of the others. */
async function flood(server: TestServer, poolId: string, count: number) {
  const list = () => server.send(new ListUsersCommand({ UserPoolId: poolId, Limit: 1 }))
  const answers = await Promise.allSettled(Array.from({ length: count }, list))
  const refusals = answers.flatMap((one) => (one.status === 'rejected' ? [String(one.reason.name)] : []))
  return { passed: count - refusals.length, refusals: [...new Set(refusals)] }
}

for (const engine of engines) {
  describe(`Provisioned limits on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('equal the free limits until they are updated, and keep an update after a restart', async () => {
      const LimitDefinition = limit('UserCreation')
      assert.deepEqual(await shown(server(), 'UserCreation'), { LimitDefinition, ProvisionedLimitValue: 50, FreeLimitValue: 50 })
      const raised = { LimitDefinition, ProvisionedLimitValue: 80, FreeLimitValue: 50 }
      assert.deepEqual(await ask(server(), 'UserCreation', 80), raised)
      assert.deepEqual(await shown(server(), 'UserCreation'), raised)
      await server().restart()
      assert.deepEqual(await shown(server(), 'UserCreation'), raised)
      assert.equal((await shown(server(), 'UserRead'))?.ProvisionedLimitValue, 120)
      assert.equal((await ask(server(), 'UserCreation', 50))?.ProvisionedLimitValue, 50)
    })

    it('cannot be below the free limit, or more than a hundred times as high', async () => {
      await assert.rejects(ask(server(), 'UserList', 29), { name: 'InvalidParameterException' })
      await assert.rejects(ask(server(), 'UserList', -1), { name: 'InvalidParameterException' })
      await assert.rejects(ask(server(), 'UserList', 3001), { name: 'ServiceQuotaExceededException' })
      assert.equal((await ask(server(), 'UserList', 3000))?.ProvisionedLimitValue, 3000)
    })

    it('are neither shown nor changed for an unknown category, and not shown for attributes that are not exactly one category', async () => {
      for (const name of ['Nonsense', '__proto__', 'toString', '']) {
        await assert.rejects(shown(server(), name), { name: 'ResourceNotFoundException' })
        await assert.rejects(ask(server(), name, 100), { name: 'ResourceNotFoundException' })
      }
      const none = new GetProvisionedLimitCommand({ LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: {} } })
      await assert.rejects(server().send(none), { name: 'InvalidParameterException' })
      const two = new GetProvisionedLimitCommand({ LimitDefinition: limit('UserRead', { Operation: 'GetUser' }) })
      await assert.rejects(server().send(two), { name: 'InvalidParameterException' })
    })

    it('do not apply without --rate-limits', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual(await flood(server(), poolId, 100), { passed: 100, refusals: [] })
    })
  })

  describe(`With --rate-limits on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--rate-limits', '2'] })

    it('requests above the limit are rejected until time has passed or the limit is raised', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual(await shown(server(), 'UserList'), {
        LimitDefinition: limit('UserList'),
        ProvisionedLimitValue: 60,
        FreeLimitValue: 60,
      })
      const first = await flood(server(), poolId, 300)
      assert.ok(first.passed >= 60 && first.passed < 300, String(first.passed))
      assert.deepEqual(first.refusals, ['TooManyRequestsException'])

      server().clock.advance(1000)
      assert.deepEqual(await flood(server(), poolId, 60), { passed: 60, refusals: [] })

      await ask(server(), 'UserList', 400)
      server().clock.advance(1000)
      assert.deepEqual(await flood(server(), poolId, 300), { passed: 300, refusals: [] })
    })

    it('links in sign-up messages count as the operation that they call', async () => {
      const link = `${server().url}/confirmUser?client_id=nobody&user_name=ana&confirmation_code=123456`
      const statuses = await Promise.all(Array.from({ length: 400 }, async () => (await fetch(link)).status))
      assert.deepEqual([...new Set(statuses)].sort(), [400, 429])
      server().clock.advance(1000)
      assert.equal((await fetch(link)).status, 400)
    })
  })
}
