import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AdminCreateUserCommand, CreateUserPoolCommand, DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { insertAuditRecord, listAuditRecordsOf, sweepAuditRecords } from '../../../src/audit/audit-repository.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { signUp } from '../../support/self-service.ts'
import { signedCall } from '../../support/signed-call.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'
import { rotateSigningKeys } from '../../support/tokens.ts'

type Record = { RecordId: string; At: number; [name: string]: unknown }

/** The audit record without its id and its time, which differ in each run. */
const withoutIdAndTime = ({ RecordId: _id, At: _at, ...rest }: Record) => rest

for (const engine of engines) {
  describe(`Audit records on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const list = async (UserPoolId: string, more: object = {}) =>
      (await callLifeguard(server(), 'ListAuditRecords', { UserPoolId, ...more })) as { Records: Record[]; NextToken?: string }

    it('name the action, the user, the reason and the access key, but never the code', async () => {
      const { poolId, clientId } = await server().givenPool()
      await signUp(server(), clientId, 'ana')
      const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIASUPPORT/20260101/us-east-1/cognito-idp/aws4_request, Signature=x' }
      const request = { UserPoolId: poolId, Username: 'ana', Purpose: 'SIGN_UP', Reason: 'ticket 4711' }
      const { Code } = await callLifeguard(server(), 'IssueCode', request, headers)
      server().clock.advance(10)
      const TestUsers = [{ Username: 'robot', Code: '314159' }]
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers, SignUp: {} }, headers)
      server().clock.advance(10)
      await rotateSigningKeys(server(), poolId)

      const { Records } = await list(poolId)
      assert.deepEqual(Records.map(withoutIdAndTime), [
        { Action: 'RotateSigningKeys' },
        { Action: 'SetUserPoolExtensions', AccessKeyId: 'AKIASUPPORT', Detail: 'sections: SignUp, TestUsers' },
        { Action: 'IssueCode', AccessKeyId: 'AKIASUPPORT', Username: 'ana', Detail: 'purpose: SIGN_UP', Reason: 'ticket 4711' },
      ])
      const text = JSON.stringify(Records)
      assert.ok(!text.includes(Code) && !text.includes('314159'))
      const times = Records.map(({ At }) => At)
      assert.deepEqual(times, times.toSorted().toReversed())
    })

    it('are listed by pool, newest first, in pages', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      for (let turn = 0; turn < 5; turn++) {
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, [turn % 2 === 0 ? 'SignUp' : 'Messages']: {} })
        server().clock.advance(10)
      }
      const found: Record[] = []
      let NextToken: string | undefined
      do {
        const page = await list(poolId, { MaxResults: 2, NextToken })
        assert.ok(page.Records.length <= 2)
        found.push(...page.Records)
        NextToken = page.NextToken
        if (NextToken !== undefined) await assert.rejects(list(other.poolId, { NextToken }), { name: 'InvalidParameterException' })
      } while (NextToken !== undefined)
      assert.deepEqual(
        found.map(({ Detail }) => Detail),
        ['SignUp', 'Messages', 'SignUp', 'Messages', 'SignUp'].map((section) => `sections: ${section}`),
      )
      assert.deepEqual((await list(other.poolId)).Records, [])
    })

    it('are not written for a refused request', async () => {
      const { poolId } = await server().givenPool()
      const TestUsers = [{ Username: 'robot', Code: 'letters' }]
      await assert.rejects(callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers }), {
        name: 'InvalidParameterException',
      })
      assert.deepEqual((await list(poolId)).Records, [])
    })

    it('are swept when they are old, in batches', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const record = {
        action: 'IssueCode',
        accessKeyId: undefined,
        sub: undefined,
        username: undefined,
        detail: undefined,
        reason: undefined,
      }
      for (const at of [10, 20, 30]) await insertAuditRecord(db as never, { ...record, poolId: 'here', id: String(at), at })
      assert.equal(await sweepAuditRecords(db, 30, 1), 1)
      assert.equal(await sweepAuditRecords(db, 30, 10), 1)
      const left = await listAuditRecordsOf(db, 'here', { after: undefined, limit: 10 })
      assert.deepEqual(
        left.map(({ at }) => at),
        [30],
      )
    })

    it('are not found after their pool was deleted', async () => {
      const { poolId } = await server().givenPool()
      await rotateSigningKeys(server(), poolId)
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      await assert.rejects(list(poolId), { name: 'ResourceNotFoundException' })
    })
  })

  describe(`Access keys of administrators in production on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let poolId = ''

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      const { UserPool } = await server.client(owner).send(new CreateUserPoolCommand({ PoolName: 'audited' }))
      poolId = UserPool?.Id ?? ''
      await server.client(owner).send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'ana', MessageAction: 'SUPPRESS' }))
    })
    after(() => server.close())

    const allows = (Action: string[]) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

    it('are named in the audit records of the requests that they sign', async () => {
      const support = await server.createKey({ policy: allows(['lifeguard:SetUserPoolExtensions']) })
      await signedCall(server, support, 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers: [{ Username: 'robot', Code: '314159' }] })
      const { Records } = await signedCall(server, owner, 'ListAuditRecords', { UserPoolId: poolId })
      assert.deepEqual(Records.map(withoutIdAndTime), [
        { Action: 'SetUserPoolExtensions', AccessKeyId: support.accessKeyId, Detail: 'sections: TestUsers' },
      ])
    })

    it('may neither read nor set extensions, nor issue codes, when their policies do not allow it', async () => {
      const clerk = await server.createKey({ policy: allows(['cognito-idp:*', 'lifeguard:List*']) })
      const denied = { name: 'AccessDeniedException' }
      await assert.rejects(signedCall(server, clerk, 'GetUserPoolExtensions', { UserPoolId: poolId }), denied)
      await assert.rejects(signedCall(server, clerk, 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: {} }), denied)
      await assert.rejects(signedCall(server, clerk, 'IssueCode', { UserPoolId: poolId, Username: 'ana', Purpose: 'VERIFY_EMAIL' }), denied)
    })
  })
}
