import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminDisableUserCommand, AdminEnableUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { startAuditStream } from '../../../src/audit/stream/audit-stream.ts'
import { createStreamDestination } from '../../../src/audit/stream/destination.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { givenRoleSessions } from '../../support/role-sessions.ts'
import { signedCall } from '../../support/signed-call.ts'
import { until } from '../../support/until.ts'
import type { ListedRecord } from './audited-calls.ts'

for (const engine of engines) {
  describe(`Audit records of calls with temporary keys on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let pools: Awaited<ReturnType<typeof givenRoleSessions>>
    let role = ''
    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      pools = await givenRoleSessions(server, owner)
      const actions = ['cognito-idp:AdminDisableUser', 'cognito-idp:AdminEnableUser']
      role = await pools.putRole('helpers/desk', [{ Effect: 'Allow', Action: actions, Resource: pools.userPoolArn }])
      await server
        .client(owner)
        .send(new AdminCreateUserCommand({ UserPoolId: pools.userPoolId, Username: 'guest', MessageAction: 'SUPPRESS' }))
    })
    after(() => server.close())

    const user = () => ({ UserPoolId: pools.userPoolId, Username: 'guest' })
    const arn = () => `arn:aws:sts::${server.accountId}:assumed-role/desk/shop`
    const list = async (filter: object) =>
      (await signedCall(server, owner, 'ListAuditRecords', filter)) as { readonly Records: ListedRecord[]; readonly NextToken?: string }
    const signers = (records: readonly ListedRecord[]) =>
      records.map(({ Operation, Outcome, AccessKeyId, SessionArn, SessionIdentityId }) => ({
        Operation,
        Outcome,
        AccessKeyId,
        SessionArn,
        SessionIdentityId,
      }))

    it('name the session and its identity, of calls that succeed and of calls that are refused', async () => {
      const { identityId, credentials } = await pools.assume(role, 'ana')
      await server.client(credentials).send(new AdminDisableUserCommand(user()))
      server.clock.advance(10)
      const refused = server.client(credentials).send(new AdminCreateUserCommand({ ...user(), Username: 'other' }))
      await assert.rejects(refused, { name: 'AccessDeniedException' })
      const who = { AccessKeyId: credentials.accessKeyId, SessionArn: arn(), SessionIdentityId: identityId }
      assert.deepEqual(signers((await list({ AccessKeyId: credentials.accessKeyId })).Records), [
        { Operation: 'AdminCreateUser', Outcome: 'AccessDeniedException', ...who },
        { Operation: 'AdminDisableUser', Outcome: 'ok', ...who },
      ])
    })

    it('are found by session and by identity, alone and with other members, in pages', async () => {
      const sessions = [await pools.assume(role, 'bo'), await pools.assume(role, 'bo'), await pools.assume(role, 'cy')]
      const [bo, , cy] = sessions
      assert.ok(bo && cy)
      for (const { credentials } of sessions) {
        server.clock.advance(10)
        await server.client(credentials).send(new AdminEnableUserCommand(user()))
      }
      const keys = async (filter: object) => (await list(filter)).Records.map(({ AccessKeyId }) => AccessKeyId)
      const [ofBo, ofSecond, ofCy] = sessions.map(({ credentials }) => credentials.accessKeyId)
      assert.deepEqual(await keys({ SessionIdentityId: bo.identityId }), [ofSecond, ofBo])
      assert.deepEqual(await keys({ SessionIdentityId: cy.identityId, SessionArn: arn(), UserPoolId: pools.userPoolId }), [ofCy])
      assert.deepEqual(await keys({ SessionArn: arn(), Operation: 'AdminEnableUser' }), [ofCy, ofSecond, ofBo])
      assert.deepEqual(await keys({ SessionArn: `${arn()}s` }), [])
      assert.deepEqual(await keys({ SessionArn: arn(), Operation: 'AdminCreateUser', SessionIdentityId: bo.identityId }), [])
      const { NextToken } = await list({ SessionArn: arn(), MaxResults: 1 })
      assert.ok(NextToken)
      assert.deepEqual(await keys({ SessionArn: arn(), MaxResults: 1, NextToken }), [ofSecond])
      await assert.rejects(list({ SessionIdentityId: bo.identityId, MaxResults: 1, NextToken }), { name: 'InvalidParameterException' })
    })

    it('of calls with an access key name no session', async () => {
      server.clock.advance(10)
      await server.client(owner).send(new AdminEnableUserCommand(user()))
      const { Records } = await list({ AccessKeyId: owner.accessKeyId, Operation: 'AdminEnableUser' })
      assert.deepEqual(signers(Records), [
        {
          Operation: 'AdminEnableUser',
          Outcome: 'ok',
          AccessKeyId: owner.accessKeyId,
          SessionArn: undefined,
          SessionIdentityId: undefined,
        },
      ])
    })

    it('name the session in the audit stream', async () => {
      server.clock.advance(10)
      const { identityId, credentials } = await pools.assume(role, 'dee')
      await server.client(credentials).send(new AdminDisableUserCommand(user()))
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-audit-'))
      const target = join(folder, 'audit.jsonl')
      const storage = await openStorage({ url: server.env.LIFEGUARD_DATABASE })
      const destination = createStreamDestination({ target, secret: undefined })
      const { logger } = recordingLogger()
      const stream = startAuditStream({
        db: storage.db,
        clock: server.clock,
        holder: 'test',
        logger,
        destination,
        countFailure: () => undefined,
      })
      try {
        const isOfDee = (line: string) => line.includes(credentials.accessKeyId)
        const read = () => readFileSync(target, { encoding: 'utf8', flag: 'a+' }).split('\n').find(isOfDee)
        const line = await until('the stream delivers the record', async () => read())
        const { SessionArn, SessionIdentityId } = JSON.parse(line ?? '')
        assert.deepEqual({ SessionArn, SessionIdentityId }, { SessionArn: arn(), SessionIdentityId: identityId })
      } finally {
        await stream.close()
        await storage.close()
        rmSync(folder, { recursive: true })
      }
    })
  })
}
