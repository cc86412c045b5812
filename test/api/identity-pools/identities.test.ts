import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { signedRequest } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import { callJson, countIdentityRows, givenIdentityPool, storeIdentities } from '../../support/identity-pools.ts'
import { type Credentials, type ProductionServer, plainRequest, startProductionServer } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'
import { useTestServer } from '../../support/test-server.ts'

const unknownId = 'us-east-1:00000000-0000-0000-0000-000000000000'
const google = 'accounts.google.com'

for (const engine of engines) {
  describe(`Identities on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const list = (request: object) => callJson(server(), 'ListIdentities', { MaxResults: 60, ...request } as never)
    const remove = async (IdentityIdsToDelete: readonly string[]) =>
      (await callJson(server(), 'DeleteIdentities', { IdentityIdsToDelete })).UnprocessedIdentityIds

    it('are described with the providers of their logins, each once', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const seconds = server().clock.now() / 1000
      const logins = [
        { provider: 'login.shop.test', subject: 'ana' },
        { provider: 'login.shop.test', subject: 'ana2' },
        { provider: google, subject: 'ana' },
      ]
      const [first = '', second = ''] = await storeIdentities(server(), IdentityPoolId, [{ logins }, {}])
      const dates = { CreationDate: seconds, LastModifiedDate: seconds + 1 }
      const expected = [
        { IdentityId: first, Logins: [google, 'login.shop.test'], ...dates },
        { IdentityId: second, Logins: [], ...dates },
      ]
      assert.deepEqual(await callJson(server(), 'DescribeIdentity', { IdentityId: first }), expected[0])
      assert.deepEqual(await callJson(server(), 'DescribeIdentity', { IdentityId: second }), expected[1])
      assert.deepEqual(await list({ IdentityPoolId }), { IdentityPoolId, Identities: expected })
    })

    it('are listed in pages, without those of other pools', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const other = await givenIdentityPool(server())
      const ids = await storeIdentities(server(), IdentityPoolId, [{}, {}, {}, {}, {}])
      await storeIdentities(server(), other.IdentityPoolId, [{}, {}])
      const listed: (string | undefined)[] = []
      let NextToken: string | undefined
      do {
        const page = await list({ IdentityPoolId, MaxResults: 2, NextToken })
        listed.push(...(page.Identities ?? []).map(({ IdentityId }) => IdentityId))
        NextToken = page.NextToken
        if (NextToken !== undefined) {
          await assert.rejects(list({ IdentityPoolId: other.IdentityPoolId, NextToken }), { name: 'InvalidParameterException' })
        }
      } while (NextToken !== undefined)
      assert.deepEqual(listed, ids)
    })

    it('are listed without disabled ones only on demand', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const [first, second, third] = await storeIdentities(server(), IdentityPoolId, [{}, { isDisabled: true }, {}])
      const idsOf = async (request: object) =>
        ((await list({ IdentityPoolId, ...request })).Identities ?? []).map(({ IdentityId }) => IdentityId)
      assert.deepEqual(await idsOf({}), [first, second, third])
      assert.deepEqual(await idsOf({ HideDisabled: false }), [first, second, third])
      assert.deepEqual(await idsOf({ HideDisabled: true }), [first, third])
    })

    it('are not found under unknown ids', async () => {
      await assert.rejects(callJson(server(), 'DescribeIdentity', { IdentityId: unknownId }), {
        name: 'ResourceNotFoundException',
        message: `Identity '${unknownId}' not found.`,
      })
      await assert.rejects(list({ IdentityPoolId: unknownId }), {
        name: 'ResourceNotFoundException',
        message: `IdentityPool '${unknownId}' not found.`,
      })
    })

    it('are deleted with their logins, from several pools at once; unknown and repeated ids are ignored', async () => {
      const [one, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      const login = { logins: [{ provider: google, subject: 'ana' }] }
      const [first = ''] = await storeIdentities(server(), one.IdentityPoolId, [login, { logins: [{ provider: google, subject: 'ben' }] }])
      const [second = ''] = await storeIdentities(server(), other.IdentityPoolId, [login])
      assert.deepEqual(await remove([first, second, unknownId, first]), [])
      assert.deepEqual(await countIdentityRows(server(), one.IdentityPoolId), { identities: 1, logins: 1 })
      assert.deepEqual(await countIdentityRows(server(), other.IdentityPoolId), { identities: 0, logins: 0 })
      await assert.rejects(callJson(server(), 'DescribeIdentity', { IdentityId: first }), { name: 'ResourceNotFoundException' })
    })

    it('are deleted in calls of 1 to 60 ids', async () => {
      for (const ids of [[], Array.from({ length: 61 }, () => unknownId), ['no-id']]) {
        await assert.rejects(remove(ids), { name: 'InvalidParameterException' })
      }
      assert.deepEqual(await remove(Array.from({ length: 60 }, () => unknownId)), [])
    })
  })

  describe(`Identity pools and the policies of access keys on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(() => server.close())

    async function call(key: Credentials, operation: string, request: object) {
      const signer = { id: key.accessKeyId, secret: key.secretAccessKey, at: server.clock.now(), region: server.region }
      const body = JSON.stringify(request)
      const signed = await signedRequest(
        { ...signer, service: 'cognito-identity' },
        { headers: { 'x-amz-target': `AWSCognitoIdentityService.${operation}` }, body },
      )
      const { status, text, code } = await plainRequest(server.url, { headers: signed.headers, body })
      return { status, code, body: JSON.parse(text || '{}') }
    }

    async function givenPool(): Promise<{ id: string; arn: string }> {
      const { body } = await call(owner, 'CreateIdentityPool', { IdentityPoolName: 'guarded', AllowUnauthenticatedIdentities: false })
      const id = body.IdentityPoolId
      return { id, arn: `arn:aws:cognito-identity:${server.region}:${server.accountId}:identitypool/${id}` }
    }

    const keyWith = (...Statement: object[]) => server.createKey({ policy: { Version: '2012-10-17', Statement } })
    const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action: `cognito-identity:${Action}`, Resource })
    const deny = (Action: string, Resource: string) => ({ ...allow(Action, Resource), Effect: 'Deny' })
    const store = (poolId: string) =>
      storeIdentities({ databaseUrl: server.env['LIFEGUARD_DATABASE'] ?? '', region: server.region, clock: server.clock }, poolId, [{}])

    it('show their audit records to a key that may list those of this pool only, and no other records', async () => {
      const [mine, other] = [await givenPool(), await givenPool()]
      const key = await keyWith({ Effect: 'Allow', Action: 'lifeguard:ListAuditRecords', Resource: mine.arn })
      const { Records } = await signedCall(server, key, 'ListAuditRecords', { IdentityPoolId: mine.id })
      assert.deepEqual(
        Records.map((record: Record<string, unknown>) => [record['Operation'], record['IdentityPoolId']]),
        [['CreateIdentityPool', mine.id]],
      )
      const UserPoolId = `${server.region}_Nowhere00`
      for (const request of [{}, { UserPoolId }, { IdentityPoolId: other.id }, { UserPoolId, IdentityPoolId: mine.id }])
        await assert.rejects(signedCall(server, key, 'ListAuditRecords', request), { name: 'AccessDeniedException' })
    })

    it('are open only to a key that may use them', async () => {
      const [mine, other] = [await givenPool(), await givenPool()]
      const key = await keyWith(allow('*', mine.arn))
      assert.equal((await call(key, 'DescribeIdentityPool', { IdentityPoolId: mine.id })).status, 200)
      assert.equal((await call(key, 'TagResource', { ResourceArn: mine.arn, Tags: { a: '1' } })).status, 200)
      for (const [operation, request] of [
        ['DescribeIdentityPool', { IdentityPoolId: other.id }],
        ['SetIdentityPoolRoles', { IdentityPoolId: other.id, Roles: {} }],
        ['ListIdentities', { IdentityPoolId: other.id, MaxResults: 1 }],
        ['TagResource', { ResourceArn: other.arn, Tags: {} }],
        ['ListIdentityPools', { MaxResults: 1 }],
      ] as const) {
        assert.equal((await call(key, operation, request)).code, 'AccessDeniedException', operation)
      }
    })

    it('let a key delete only the identities of pools that its policy allows', async () => {
      const [mine, other] = [await givenPool(), await givenPool()]
      const [ours = '', theirs = ''] = [...(await store(mine.id)), ...(await store(other.id))]
      const unknown = `${server.region}:00000000-0000-0000-0000-000000000000`
      const key = await keyWith(allow('DeleteIdentities', mine.arn))
      const { status, body } = await call(key, 'DeleteIdentities', { IdentityIdsToDelete: [ours, theirs, unknown] })
      assert.equal(status, 200)
      const refused = [theirs, unknown].sort().map((IdentityId) => ({ IdentityId, ErrorCode: 'AccessDenied' }))
      assert.deepEqual(body, { UnprocessedIdentityIds: refused })
      assert.equal((await call(owner, 'DescribeIdentity', { IdentityId: ours })).code, 'ResourceNotFoundException')
      assert.equal((await call(owner, 'DescribeIdentity', { IdentityId: theirs })).status, 200)
    })

    it('keep the identities of a pool that the policy denies, and of all pools when it allows none', async () => {
      const pool = await givenPool()
      const [IdentityId = ''] = await store(pool.id)
      const request = { IdentityIdsToDelete: [IdentityId] }
      const refused = await keyWith(allow('*', '*'), deny('DeleteIdentities', pool.arn))
      assert.deepEqual((await call(refused, 'DeleteIdentities', request)).body, {
        UnprocessedIdentityIds: [{ IdentityId, ErrorCode: 'AccessDenied' }],
      })
      for (const key of [await keyWith(allow('*', '*'), deny('DeleteIdentities', '*')), await keyWith(allow('DescribeIdentity', '*'))]) {
        assert.equal((await call(key, 'DeleteIdentities', request)).code, 'AccessDeniedException')
      }
      assert.equal((await call(owner, 'DescribeIdentity', { IdentityId })).status, 200)
    })
  })
}
