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

    it('are listed in the order of their ARNs, page by page', async () => {
      const list = async (request: object) => {
        const { Roles, NextToken } = await callLifeguard(server(), 'ListRoles', request)
        return { arns: (Roles as { RoleArn: string }[]).map(({ RoleArn }) => RoleArn), NextToken }
      }
      const made: string[] = []
      for (const name of ['c', 'a/z', 'B', 'b', 'a']) made.push(await putRole(server(), `listed/${name}`, trust, [read]))
      const all = (await list({})).arns
      const ours = all.filter((arn) => arn.includes(':role/listed/'))
      assert.deepEqual(ours.toSorted(), made.toSorted())
      const paged: string[] = []
      let token: string | undefined
      do {
        const { arns, NextToken } = await list({ MaxResults: 2, NextToken: token })
        assert.ok(arns.length <= 2)
        paged.push(...arns)
        token = NextToken
      } while (token !== undefined)
      assert.deepEqual(paged, all)
      await assert.rejects(list({ NextToken: 'x' }), { name: 'InvalidParameterException' })
    })

    it('may have a policy with the name of a member that every object of JavaScript has', async () => {
      const Policies = { ['__proto__']: policyDocument(read), constructor: policyDocument(read), toString: policyDocument(read) }
      const request = { RoleArn: roleArn('names'), TrustPolicy: policyDocument(trust), Policies }
      const stored = await callLifeguard(server(), 'PutRole', request)
      for (const role of [stored.Role, (await get('names')).Role]) assert.equal(JSON.stringify(role.Policies), JSON.stringify(Policies))
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
