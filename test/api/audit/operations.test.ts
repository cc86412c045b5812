import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { useTestServer } from '../../support/test-server.ts'
import type { Request } from '../generator/fields.ts'
import { goodRequest, neverGood } from '../generator/good-requests.ts'
import { send } from '../generator/send.ts'
import { prepareWorld, type World } from '../generator/world.ts'
import { auditedOperations, listAuditRecords, namingKey, signedOperations } from './audited-calls.ts'

const nowhere = 'us-east-1_Nowhere00'
const identityPoolNowhere = 'us-east-1:00000000-0000-0000-0000-000000000000'
const identityPoolArnNowhere = `arn:aws:cognito-identity:us-east-1:000000000000:identitypool/${identityPoolNowhere}`

/** For operations that take no id of a pool: makes a request that the server refuses. The other operations refuse the pool `nowhere`. */
const refused: Partial<Record<OperationName, (good: Request) => Request>> = {
  CreateUserPool: (good) => ({ ...good, UserPoolTags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`tag-${at}`, ''])) }),
  CreateIdentityPool: (good) => ({ ...good, OpenIdConnectProviderARNs: ['arn:aws:iam::123456789012:role/x'] }),
  DeleteIdentities: (good) => ({ ...good, IdentityIdsToDelete: Array.from({ length: 61 }, () => identityPoolNowhere) }),
  TagResource: (good) => ({ ...good, ResourceArn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${nowhere}` }),
  UntagResource: (good) => ({ ...good, ResourceArn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${nowhere}` }),
  'identity:TagResource': (good) => ({ ...good, ResourceArn: identityPoolArnNowhere }),
  'identity:UntagResource': (good) => ({ ...good, ResourceArn: identityPoolArnNowhere }),
  PutRole: (good) => ({ ...good, TrustPolicy: '{}' }),
  DeleteRole: (good) => ({ ...good, RoleArn: 'arn:aws:iam::000000000000:role/none' }),
  UpdateProvisionedLimit: (good) => ({ ...good, RequestedLimitValue: 1 }),
}

/** What these operations change belongs to no pool. */
const withoutPool: readonly OperationName[] = ['UpdateProvisionedLimit', 'PutRole', 'DeleteRole', 'StartBackup']

/** The requests of these operations have no members, so the server cannot refuse one for what it says. */
const neverRefused: readonly OperationName[] = ['StartBackup']

const refusedRequest = (name: OperationName, good: Request): Request =>
  refused[name]?.(good) ?? { ...good, ...('IdentityPoolId' in good ? { IdentityPoolId: identityPoolNowhere } : { UserPoolId: nowhere }) }

for (const engine of engines) {
  describe(`The audit trail on ${engine.name}`, () => {
    const { lines: errors, logger } = recordingLogger('error')
    const server = useTestServer(engine, { logger })
    let world: World
    let keys = 0
    before(async () => {
      world = await prepareWorld(server())
    })

    /** Sends the request with an access key of its own, so that the records of this key are those of the request. */
    async function recordsOf(name: OperationName, request: Request) {
      const key = `AKIA${String(keys++).padStart(16, '0')}`
      const answer = await send(server(), name, request, namingKey(key))
      return { key, answer, records: await listAuditRecords(server(), { AccessKeyId: key }) }
    }

    it('has no record of an operation that only reads; every other signed operation is audited', () => {
      const unaudited = signedOperations.map(({ name }) => name).filter((name) => !auditedOperations.includes(name))
      assert.deepEqual(
        unaudited.filter((name) => !/^(Admin|identity:)?(Get|List|Lookup|Describe)|^AuthorizeRequest$|^PlanSchemaChange$/.test(name)),
        [],
      )
      assert.deepEqual(auditedOperations.filter((name) => /^(Admin|identity:)?(Get|List|Lookup|Describe)/.test(name)).toSorted(), [
        // These show secrets.
        'DescribeIdentityProvider',
        'DescribeUserImportJob',
        'DescribeUserPoolClient',
        'GetIdentityProviderByIdentifier',
        // In spite of its name, it creates and links identities.
        'GetOpenIdTokenForDeveloperIdentity',
      ])
    })

    for (const { name, isAudited } of signedOperations) {
      if (neverGood.includes(name)) continue
      it(`has ${isAudited ? 'one record' : 'no record'} of a successful ${name}`, async () => {
        const request = (await goodRequest(name, world)) as Record<string, unknown>
        const { key, answer, records } = await recordsOf(name, request)
        assert.equal(answer.status, 200, answer.text)
        assert.equal(records.length, isAudited ? 1 : 0)
        const [record] = records
        if (record === undefined) return
        assert.deepEqual([record.Operation, record.Outcome, record.AccessKeyId], [name, 'ok', key])
        assert.equal(record.RequestId, answer.headers.get('x-amzn-requestid'))
        if (!withoutPool.includes(name)) assert.ok(record.UserPoolId ?? record.IdentityPoolId, 'the record names no pool')
        if ('RoleArn' in request) assert.equal(record.Subject, request['RoleArn'])
        if ('UserPoolId' in request) assert.equal(record.UserPoolId, request['UserPoolId'])
        if ('IdentityPoolId' in request) assert.equal(record.IdentityPoolId, request['IdentityPoolId'])
        assert.ok(record.Subject, 'the record names no subject')
        // After these two, nobody is found by the name in the request.
        if ('Username' in request && name !== 'AdminDeleteUser' && name !== 'AdminChangeUsername') {
          const { Username } = request
          const user = await send(server(), 'AdminGetUser', { UserPoolId: request['UserPoolId'], Username })
          const attributes = user.body['UserAttributes'] as { Name: string; Value: string }[]
          assert.equal(record.Subject, attributes.find(({ Name }) => Name === 'sub')?.Value)
          assert.equal(record.Username, user.body['Username'])
        }
      })
    }

    for (const name of auditedOperations) {
      if (neverRefused.includes(name)) continue
      it(`has one record of a refused ${name}`, async () => {
        const good = (await goodRequest(name, world)) as Record<string, unknown>
        const request = refusedRequest(name, good) as Record<string, unknown>
        const { key, answer, records } = await recordsOf(name, request)
        assert.notEqual(answer.status, 200)
        assert.equal(records.length, 1)
        const [record] = records
        assert.deepEqual([record?.Operation, record?.Outcome, record?.AccessKeyId], [name, answer.body['__type'], key])
        assert.equal(record?.RequestId, answer.headers.get('x-amzn-requestid'))
        if ('RoleArn' in request) assert.equal(record?.Subject, request['RoleArn'])
        if ('UserPoolId' in request) assert.equal(record?.UserPoolId, request['UserPoolId'])
        if ('IdentityPoolId' in request) assert.equal(record?.IdentityPoolId, request['IdentityPoolId'])
        if (name !== 'CreateUserPool' && name !== 'CreateIdentityPool') assert.ok(record?.Subject, 'the record names no subject')
      })
    }

    it('is not misled by members that the operation does not have', async () => {
      const foreign = { Username: 'innocent', ClientId: 'other', ClientSecretId: 'other', GroupName: 'other', IdentityId: 'other' }
      const faults: string[] = []
      for (const name of auditedOperations) {
        if (neverGood.includes(name)) continue
        const members = getShape(definitionOf(name).input).members ?? {}
        const added = Object.entries({ ...foreign, UserPoolId: nowhere }).filter(([member]) => !Object.hasOwn(members, member))
        const { records } = await recordsOf(name, { ...((await goodRequest(name, world)) as object), ...Object.fromEntries(added) })
        const [record] = records
        const told = [record?.Subject, record?.Username, record?.UserPoolId, record?.IdentityPoolId]
        if (records.length === 1 && added.some(([, value]) => told.includes(value))) faults.push(`${name}: ${told}`)
      }
      assert.deepEqual(faults, [])
    })

    it('logged no error, so each operation above stored its record in the transaction of its change', () => {
      assert.deepEqual(
        errors.filter((line) => line.includes('audit')),
        [],
      )
    })
  })
}
