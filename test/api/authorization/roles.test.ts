import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { policyDocument, putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { useTestServer } from '../../support/test-server.ts'

const trust = trustOfIdentityPool('us-east-1:12345678-90ab-cdef-1234-567890abcdef')
const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/*' }

for (const engine of engines) {
  describe(`Roles on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const get = (name: string) => callLifeguard(server(), 'GetRole', { RoleArn: roleArn(name) })

    it('are stored as they were given, and replaced as a whole', async () => {
      const RoleArn = await putRole(server(), 'path/reader', trust, [read], { Description: 'reads', MaxSessionSeconds: 7200 })
      const { Role } = await get('path/reader')
      const { RoleId, CreationDate, LastModifiedDate, ...rest } = Role
      assert.match(RoleId, /^AROA[A-Z2-7]{16}$/)
      assert.ok(CreationDate <= LastModifiedDate)
      assert.deepEqual(rest, {
        RoleArn,
        Description: 'reads',
        TrustPolicy: policyDocument(trust),
        Policies: { main: policyDocument(read) },
        MaxSessionSeconds: 7200,
      })
      await callLifeguard(server(), 'PutRole', { RoleArn, TrustPolicy: policyDocument(trust) })
      const after = (await get('path/reader')).Role
      assert.deepEqual([after.RoleId, after.Policies, after.MaxSessionSeconds, after.Description], [RoleId, {}, 3600, undefined])
    })

    it('are not found once they are deleted', async () => {
      await putRole(server(), 'gone', trust, [read])
      await callLifeguard(server(), 'DeleteRole', { RoleArn: roleArn('gone') })
      const notFound = { name: 'ResourceNotFoundException', message: `Role ${roleArn('gone')} does not exist.` }
      await assert.rejects(get('gone'), notFound)
      await assert.rejects(callLifeguard(server(), 'DeleteRole', { RoleArn: roleArn('gone') }), notFound)
    })
  })
}
