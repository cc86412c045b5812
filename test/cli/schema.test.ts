import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { customOf, untilState } from '../support/schema-changes.ts'
import { givenUser } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const masterKey = Buffer.alloc(32, 7).toString('base64')
const folder = temporaryFolder()
const rename = [{ Attribute: 'custom:plan', NewName: 'custom:tier' }]

for (const engine of engines) {
  describe(`The commands lifeguard schema on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--master-key', masterKey] })
    const file = (name: string, content: unknown) => {
      const path = join(folder, `${name}-${engine.name}.json`)
      writeFileSync(path, JSON.stringify(content))
      return path
    }
    async function run(verb: string, ...args: string[]) {
      const flags = ['--database', server().databaseUrl, '--master-key', masterKey]
      const { code, stdout, stderr } = await new LifeguardProcess(['schema', verb, ...args, ...flags]).ended
      return { code, answer: stdout === '' ? undefined : JSON.parse(stdout), stderr }
    }

    it('plan, start, describe, undo and finish a change that the server runs', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] } })
      await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: 'gold' }] })
      const pool = ['--pool', poolId]
      const planned = await run('plan', file('rename', rename), ...pool)
      assert.deepEqual([planned.code, planned.answer.Possible, planned.answer.TouchedUsers], [0, true, 1])
      server().clock.catchUp()
      const started = await run('start', file('rename', rename), ...pool, '--old-names-hours', '1')
      assert.deepEqual([started.code, started.answer.SchemaChange.State], [0, 'CHECKING'])
      // The command uses the real time.
      server().clock.catchUp()
      await untilState(server(), poolId, 'SWITCHED')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'gold', 'custom:plan': 'gold' })
      assert.equal((await run('describe', ...pool)).answer.SchemaChange.State, 'SWITCHED')
      assert.equal((await run('undo', ...pool)).answer.SchemaChange.State, 'UNDOING')
      server().clock.catchUp()
      await untilState(server(), poolId, 'UNDONE')
      const again = await run('finish', ...pool)
      assert.deepEqual([again.code, again.answer], [1, undefined])
      assert.match(again.stderr, /^lifeguard: The latest schema change of this user pool, .*, is UNDONE\.\n$/)
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'StartSchemaChange' })
      assert.equal(typeof Records[0].SystemUser, 'string')
    })

    it('take a file with changes of names', async () => {
      const { poolId } = await server().givenPool()
      const names = { UsernameConfiguration: { CaseSensitive: false }, AliasAttributes: ['email'] }
      const planned = await run('plan', file('names', names), '--pool', poolId)
      assert.deepEqual([planned.code, planned.answer.Possible], [0, true])
      const { answer } = await run('start', file('names', names), '--pool', poolId)
      assert.deepEqual([answer.SchemaChange.AliasAttributes, answer.SchemaChange.State], [['email'], 'CHECKING'])
    })

    it('say what is wrong', async () => {
      const { poolId } = await server().givenPool()
      const noPool = await run('describe')
      assert.deepEqual([noPool.code, noPool.stderr], [1, 'lifeguard: --pool is required: the id of the user pool.\n'])
      const unknown = await run('plan', file('rename', rename), '--pool', poolId)
      assert.equal(unknown.stderr, 'lifeguard: custom:plan: the user pool has no such attribute.\n')
      const noFile = await run('plan', join(folder, 'none.json'), '--pool', poolId)
      assert.match(noFile.stderr, /none\.json cannot be read \(ENOENT\)/)
      assert.match((await run('start', file('empty', []), '--pool', poolId)).stderr, /^lifeguard: .*changes/)
    })
  })
}
