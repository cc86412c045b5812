import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../support/postgres-stage.ts'
import { policyDocument, putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { type ListedRecord, listAuditRecords } from '../audit/audited-calls.ts'

const trust = trustOfIdentityPool('us-east-1:12345678-90ab-cdef-1234-567890abcdef')
const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const conflict = { name: 'ConcurrentModificationException', message: 'Another request changed the role. Try again.' }

const put = (server: TestServer, name: string, Description: string, more: object = {}) =>
  callLifeguard(server, 'PutRole', { RoleArn: roleArn(name), TrustPolicy: policyDocument(trust), Description, ...more })

const roleOf = async (server: TestServer, name: string) => (await callLifeguard(server, 'GetRole', { RoleArn: roleArn(name) })).Role

const outcomesOf = (records: readonly ListedRecord[], name: string) =>
  records.filter(({ Subject }) => Subject === roleArn(name)).map(({ Operation, Outcome }) => `${Operation} ${Outcome}`)

for (const engine of engines) {
  describe(`Changes of one role at once on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const isNew of [true, false]) {
      it(`end with one of them as a whole, and each has its own record: ${isNew ? 'a new role' : 'a stored role'}`, async () => {
        const name = isNew ? 'created-at-once' : 'changed-at-once'
        if (!isNew) await putRole(server(), name, trust, [read])
        const texts = Array.from({ length: 12 }, (_, at) => `text ${at}`)
        const policiesOf = (text: string) => ({ Policies: { [text.replace(' ', '-')]: policyDocument(read) } })
        const answers = await Promise.allSettled(texts.map((text) => put(server(), name, text, policiesOf(text))))
        const made = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.Role] : []))
        for (const answer of answers) if (answer.status === 'rejected') assert.equal(answer.reason.name, conflict.name)
        assert.ok(made.length > 0)
        const stored = await roleOf(server(), name)
        // The role is what one of the successful requests made, and nothing of another one.
        assert.ok(made.some((role) => JSON.stringify(role) === JSON.stringify(stored)))
        assert.deepEqual(stored.Policies, policiesOf(stored.Description).Policies)
        assert.equal(new Set(made.map(({ RoleId }) => RoleId)).size, 1)
        assert.equal(new Set(made.map(({ LastModifiedDate }) => LastModifiedDate)).size, made.length)
        const records = outcomesOf(await listAuditRecords(server(), { Subject: roleArn(name) }), name)
        assert.equal(records.filter((text) => text === 'PutRole ok').length, made.length + (isNew ? 0 : 1))
        assert.equal(records.filter((text) => text === `PutRole ${conflict.name}`).length, texts.length - made.length)
      })
    }

    it('leave one record of a revocation for each request that revoked the sessions', async () => {
      await putRole(server(), 'revoked-at-once', trust, [read])
      const calls = Array.from({ length: 8 }, (_, at) => put(server(), 'revoked-at-once', String(at), { RevokeSessions: true }))
      const made = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length
      const records = await listAuditRecords(server(), { Subject: roleArn('revoked-at-once') })
      assert.equal(records.filter(({ Detail, Outcome }) => Outcome === 'ok' && Detail === 'sessions: revoked').length, made)
    })
  })
}

describe('Changes of one role in two transactions of PostgreSQL', { skip: skipWithoutPostgres }, () => {
  const server = useTestServer(postgresOnly)

  /** Starts the first request, which waits before its audit record is stored, and then the second one, which waits for the first. */
  async function interleave<T>(stage: PostgresStage, first: () => Promise<T>, second: () => Promise<T>) {
    await stage.holdInserts('audit_record', 'before storing')
    const one = Promise.allSettled([first()])
    await stage.waiting(1)
    const two = Promise.allSettled([second()])
    await stage.waiting(2)
    await stage.release()
    return [(await one)[0], (await two)[0]] as const
  }

  it('that both create it: the first one does, and the second one is refused', async () => {
    await using stage = await PostgresStage.open(server())
    const [one, two] = await interleave(
      stage,
      () => put(server(), 'new', 'first'),
      () => put(server(), 'new', 'second'),
    )
    assert.equal(one.status, 'fulfilled')
    await assert.rejects(two.status === 'rejected' ? Promise.reject(two.reason) : Promise.resolve(), conflict)
    assert.equal((await roleOf(server(), 'new')).Description, 'first')
    const records = outcomesOf(await listAuditRecords(server(), { Subject: roleArn('new') }), 'new')
    assert.deepEqual(records.toSorted(), [`PutRole ${conflict.name}`, 'PutRole ok'])
  })

  it('that both change it: the first one does, and the second one is refused', async () => {
    await putRole(server(), 'changed', trust, [read])
    await using stage = await PostgresStage.open(server())
    const [one, two] = await interleave(
      stage,
      () => put(server(), 'changed', 'first'),
      () => put(server(), 'changed', 'second'),
    )
    assert.deepEqual([one.status, two.status], ['fulfilled', 'rejected'])
    assert.equal((await roleOf(server(), 'changed')).Description, 'first')
  })

  it('of which the first one deletes it: the second one does not bring it back', async () => {
    await putRole(server(), 'deleted', trust, [read])
    await using stage = await PostgresStage.open(server())
    const [one, two] = await interleave(
      stage,
      () => callLifeguard(server(), 'DeleteRole', { RoleArn: roleArn('deleted') }),
      () => put(server(), 'deleted', 'second'),
    )
    assert.deepEqual([one.status, two.status], ['fulfilled', 'rejected'])
    await assert.rejects(roleOf(server(), 'deleted'), { name: 'ResourceNotFoundException' })
  })

  it('of which the second one deletes it: it is gone', async () => {
    await putRole(server(), 'gone', trust, [read])
    await using stage = await PostgresStage.open(server())
    const [one, two] = await interleave(
      stage,
      () => put(server(), 'gone', 'first'),
      () => callLifeguard(server(), 'DeleteRole', { RoleArn: roleArn('gone') }),
    )
    assert.deepEqual([one.status, two.status], ['fulfilled', 'fulfilled'])
    await assert.rejects(roleOf(server(), 'gone'), { name: 'ResourceNotFoundException' })
  })
})
