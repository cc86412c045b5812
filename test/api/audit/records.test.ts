import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { insertAuditRecord, listAuditRecordsOf, sweepAuditRecords } from '../../../src/audit/audit-repository.ts'
import { uuidv7 } from '../../../src/base/ids.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { type Credentials, type ProductionServer, startProductionWithPool } from '../../support/production-server.ts'
import { rawCall } from '../../support/raw-call.ts'
import { signUp } from '../../support/self-service.ts'
import { signedCall } from '../../support/signed-call.ts'
import { sweepDeletionsOf } from '../../support/sweep-deletions.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'
import { rotateSigningKeys } from '../../support/tokens.ts'
import { type ListedRecord, namingKey } from './audited-calls.ts'

/** The members of an audit record, except those that differ in each run: its id, its time and the id of the request. */
const factsOf = ({ RecordId: _id, At: _at, RequestId: _request, ...facts }: ListedRecord) => facts

for (const engine of engines) {
  describe(`Audit records on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const list = async (filter: object) =>
      (await callLifeguard(server(), 'ListAuditRecords', filter)) as { Records: ListedRecord[]; NextToken?: string }

    it('name operation, outcome, access key, pool, user, changed members and reason, but contain no code and no value of a member', async () => {
      const { poolId, clientId } = await server().givenPool()
      const { UserSub: sub } = await signUp(server(), clientId, 'ana')
      const request = { UserPoolId: poolId, Username: 'ana', Purpose: 'SIGN_UP', Reason: 'ticket 4711' }
      const { Code } = await callLifeguard(server(), 'IssueCode', request, namingKey('AKIASUPPORT'))
      server().clock.advance(10)
      const TestUsers = [{ Username: 'robot', Code: '314159' }]
      const SignUp = { ContactCorrection: true }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers, SignUp }, namingKey('AKIASUPPORT'))

      const { Records } = await list({ UserPoolId: poolId, AccessKeyId: 'AKIASUPPORT' })
      const common = { Outcome: 'ok', AccessKeyId: 'AKIASUPPORT', UserPoolId: poolId }
      assert.deepEqual(Records.map(factsOf), [
        { ...common, Operation: 'SetUserPoolExtensions', Subject: poolId, ChangedMembers: ['SignUp.ContactCorrection', 'TestUsers'] },
        { ...common, Operation: 'IssueCode', Subject: sub, Username: 'ana', Detail: 'purpose: SIGN_UP', Reason: 'ticket 4711' },
      ])
      const text = JSON.stringify(Records)
      assert.ok(!text.includes(Code) && !text.includes('314159'))
    })

    it('are listed newest first, in pages; a page token is rejected with another filter', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      for (let turn = 0; turn < 5; turn++) {
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, [turn % 2 === 0 ? 'SignUp' : 'Messages']: {} })
        server().clock.advance(10)
      }
      const found: ListedRecord[] = []
      let NextToken: string | undefined
      do {
        const page = await list({ UserPoolId: poolId, Operation: 'SetUserPoolExtensions', MaxResults: 2, NextToken })
        assert.ok(page.Records.length <= 2)
        found.push(...page.Records)
        NextToken = page.NextToken
        if (NextToken !== undefined)
          await assert.rejects(list({ UserPoolId: other.poolId, NextToken }), { name: 'InvalidParameterException' })
      } while (NextToken !== undefined)
      assert.equal(found.length, 5)
      const times = found.map(({ At }) => At)
      assert.deepEqual(times, times.toSorted().toReversed())
    })

    it('are filtered by pool, access key, operation, subject and time, alone and together', async () => {
      const pools = [await server().givenPool(), await server().givenPool()]
      const subs: Record<string, string> = {}
      const calls: { key: string; poolId: string; name: string; at: number }[] = []
      for (const { poolId, clientId } of pools) {
        for (const name of ['ana', 'bo']) {
          subs[poolId + name] = (await signUp(server(), clientId, name)).UserSub ?? ''
          for (const key of [`AKIAONE${engine.name}`, `AKIATWO${engine.name}`]) {
            server().clock.advance(60_000)
            calls.push({ key, poolId, name, at: server().clock.now() })
            await callLifeguard(server(), 'IssueCode', { UserPoolId: poolId, Username: name, Purpose: 'SIGN_UP' }, namingKey(key))
          }
        }
      }
      const [first, second, third] = calls
      assert.ok(first && second && third)
      const filters: [object, (call: (typeof calls)[number]) => boolean][] = [
        [{ UserPoolId: first.poolId }, ({ poolId }) => poolId === first.poolId],
        [{ AccessKeyId: first.key }, ({ key }) => key === first.key],
        [{ Subject: subs[`${first.poolId}ana`] }, ({ poolId, name }) => poolId === first.poolId && name === 'ana'],
        [{ StartTime: second.at / 1000, EndTime: third.at / 1000 }, ({ at }) => at >= second.at && at < third.at],
        [
          { UserPoolId: first.poolId, AccessKeyId: first.key, Subject: subs[`${first.poolId}bo`] },
          ({ poolId, key, name }) => poolId === first.poolId && key === first.key && name === 'bo',
        ],
        [
          { UserPoolId: first.poolId, AccessKeyId: second.key, StartTime: second.at / 1000 },
          ({ poolId, key, at }) => poolId === first.poolId && key === second.key && at >= second.at,
        ],
      ]
      for (const [filter, expected] of filters) {
        const { Records } = await list({ Operation: 'IssueCode', StartTime: first.at / 1000, ...filter })
        const ats = calls.filter(expected).map(({ at }) => at / 1000)
        assert.deepEqual(Records.map(({ At }) => At).toReversed(), ats, JSON.stringify(filter))
      }
    })

    it('are found beyond the records that one call reads, when the filter has several members', async () => {
      const { poolId } = await server().givenPool()
      const storage = await openStorage({ url: server().databaseUrl })
      const at = server().clock.now()
      const record = { operation: 'AdminGetUser', outcome: 'ok', poolId, at, accessKeyId: 'AKIAMANY' }
      for (let turn = 0; turn < 1300; turn++) {
        await insertAuditRecord(storage.db, { ...record, id: uuidv7(at), subject: turn === 0 ? 'first' : 'later' })
      }
      await storage.close()
      const filter = { UserPoolId: poolId, AccessKeyId: 'AKIAMANY' }
      let pages = 0
      const found: ListedRecord[] = []
      let NextToken: string | undefined
      do {
        const page = await list({ ...filter, Operation: 'AdminGetUser', MaxResults: 60, NextToken })
        found.push(...page.Records)
        NextToken = page.NextToken
        pages++
      } while (NextToken !== undefined)
      assert.equal(found.length, 1300)
      assert.equal(new Set(found.map(({ RecordId }) => RecordId)).size, 1300)
      assert.ok(pages >= 1300 / 60)
      assert.deepEqual((await list({ ...filter, Subject: 'first' })).Records.length, 1)
    })

    it('say which error a refused call got, and do not repeat what was sent', async () => {
      const { poolId } = await server().givenPool()
      const TestUsers = [{ Username: 'robot', Code: 'letters' }]
      await assert.rejects(callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers }), {
        name: 'InvalidParameterException',
      })
      const { Records } = await list({ UserPoolId: poolId, Operation: 'SetUserPoolExtensions' })
      assert.deepEqual(Records.map(factsOf), [
        { Operation: 'SetUserPoolExtensions', Outcome: 'InvalidParameterException', UserPoolId: poolId, Subject: poolId },
      ])
    })

    it('hold at most 256 characters of a name that a refused request sent', async () => {
      const { poolId } = await server().givenPool()
      const request = { UserPoolId: poolId, Username: 'a'.repeat(100_000), Purpose: 'SIGN_UP' }
      await assert.rejects(callLifeguard(server(), 'IssueCode', request, namingKey(`AKIALONG${engine.name}`)))
      const { Records } = await list({ AccessKeyId: `AKIALONG${engine.name}` })
      assert.deepEqual(
        Records.map(({ Username }) => Username),
        ['a'.repeat(256)],
      )
    })

    it('hold at most 640 characters of the ARN of a role that a refused request sent', async () => {
      const RoleArn = `arn:aws:iam::000000000000:role/${'a'.repeat(2000)}`
      await assert.rejects(callLifeguard(server(), 'DeleteRole', { RoleArn }, namingKey(`AKIAROLE${engine.name}`)))
      const { Records } = await list({ AccessKeyId: `AKIAROLE${engine.name}` })
      assert.deepEqual(
        Records.map(({ Subject }) => Subject),
        [RoleArn.slice(0, 640)],
      )
    })

    it('are stored of refused calls whose names have NUL characters', async () => {
      const { poolId } = await server().givenPool()
      const request = { UserPoolId: poolId, Username: 'a\0b', Purpose: 'SIGN_UP' }
      await assert.rejects(callLifeguard(server(), 'IssueCode', request, namingKey(`AKIANUL${engine.name}`)))
      const { Records } = await list({ AccessKeyId: `AKIANUL${engine.name}` })
      assert.deepEqual(
        Records.map(({ Username }) => Username),
        ['a\ufffdb'],
      )
    })

    it('are swept when they are old, in batches', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const record = { operation: 'IssueCode', outcome: 'ok' }
      for (const at of [10, 20, 30]) await insertAuditRecord(db as never, { ...record, poolId: 'here', id: String(at), at })
      assert.equal(await sweepAuditRecords(db, { before: 30, isStreamed: false }, 1), 1)
      assert.equal(await sweepAuditRecords(db, { before: 30, isStreamed: false }, 10), 1)
      const left = await listAuditRecordsOf(db, { poolId: 'here' }, { from: undefined, before: undefined }, 10)
      assert.deepEqual(
        left.map(({ at }) => at),
        [30],
      )
    })

    it('stay when their pool is deleted, and say who deleted it', async () => {
      const { poolId } = await server().givenPool()
      server().clock.advance(10)
      await rotateSigningKeys(server(), poolId)
      server().clock.advance(10)
      await rawCall(server(), 'DeleteUserPool', { UserPoolId: poolId }, namingKey('AKIADELETER'))
      server().clock.advance(60 * 60_000)
      await sweepDeletionsOf(server())
      const { Records } = await list({ UserPoolId: poolId })
      assert.deepEqual(Records.map(({ Operation, AccessKeyId, Detail }) => [Operation, AccessKeyId, Detail]).slice(0, 2), [
        ['DeleteUserPool', 'AKIADELETER', 'name: test'],
        ['RotateSigningKeys', undefined, undefined],
      ])
    })
  })

  describe(`Access keys of administrators in production on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let poolId = ''

    before(async () => {
      ;({ server, owner, poolId } = await startProductionWithPool(engine, 'audited'))
      await server.client(owner).send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'ana', MessageAction: 'SUPPRESS' }))
    })
    after(() => server.close())

    const allows = (Action: string[]) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

    it('are named in the audit records of the requests that they sign', async () => {
      const support = await server.createKey({ policy: allows(['lifeguard:SetUserPoolExtensions']) })
      await signedCall(server, support, 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers: [{ Username: 'robot', Code: '314159' }] })
      const { Records } = await signedCall(server, owner, 'ListAuditRecords', { UserPoolId: poolId, Operation: 'SetUserPoolExtensions' })
      assert.deepEqual(Records.map(factsOf), [
        {
          Operation: 'SetUserPoolExtensions',
          Outcome: 'ok',
          AccessKeyId: support.accessKeyId,
          UserPoolId: poolId,
          Subject: poolId,
          ChangedMembers: ['TestUsers'],
        },
      ])
    })

    it('may neither read nor set extensions, nor issue codes, when their policies do not allow it', async () => {
      const clerk = await server.createKey({ policy: allows(['cognito-idp:*', 'lifeguard:List*']) })
      const denied = { name: 'AccessDeniedException' }
      await assert.rejects(signedCall(server, clerk, 'GetUserPoolExtensions', { UserPoolId: poolId }), denied)
      await assert.rejects(signedCall(server, clerk, 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: {} }), denied)
      server.clock.advance(10)
      await assert.rejects(signedCall(server, clerk, 'IssueCode', { UserPoolId: poolId, Username: 'ana', Purpose: 'VERIFY_EMAIL' }), denied)
      const { Records } = await signedCall(server, owner, 'ListAuditRecords', { AccessKeyId: clerk.accessKeyId })
      assert.deepEqual(
        (Records as ListedRecord[]).map(({ Operation, Outcome, Username }) => [Operation, Outcome, Username]),
        [
          ['IssueCode', 'AccessDeniedException', 'ana'],
          ['SetUserPoolExtensions', 'AccessDeniedException', undefined],
        ],
      )
    })
  })
}
