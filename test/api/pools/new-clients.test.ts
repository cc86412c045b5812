import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddCustomAttributesCommand,
  AdminGetUserCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DescribeUserPoolClientCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { givenRegistered, openMode } from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { signUp, update } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const refusal = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' }
const role = [{ Name: 'role', AttributeDataType: 'String' as const, Mutable: true }]

for (const engine of engines) {
  describe(`Custom attributes and new app clients on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const set = (poolId: string, CustomAttributes?: string) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, NewClients: { CustomAttributes } })

    async function given(CustomAttributes?: string) {
      const { poolId, clientId } = await server().givenPool({ pool: { Schema: role } })
      await set(poolId, CustomAttributes)
      return { poolId, oldClientId: clientId }
    }

    async function create(poolId: string, more: Partial<CreateUserPoolClientCommandInput> = {}): Promise<string> {
      const ExplicitAuthFlows = ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] as const
      const request = { UserPoolId: poolId, ClientName: 'new', ExplicitAuthFlows: [...ExplicitAuthFlows], ...more }
      const { UserPoolClient: client } = await server().send(new CreateUserPoolClientCommand(request))
      return client?.ClientId ?? ''
    }

    async function writableOf(poolId: string, ClientId: string): Promise<readonly string[] | undefined> {
      const described = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId }))
      return described.UserPoolClient?.WriteAttributes
    }

    const updateClient = (poolId: string, ClientId: string, more: object = {}) =>
      server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId, ...more }))

    it('can be written by all of them, as at Cognito', async () => {
      const { poolId } = await given()
      const clientId = await create(poolId)
      assert.equal(await writableOf(poolId, clientId), undefined)
      await signUp(server(), clientId, 'ana', { 'custom:role': 'user' })
    })

    it('cannot be written by them at a sign-up and in a profile, in a pool that wants that', async () => {
      const { poolId } = await given('READ_ONLY')
      const clientId = await create(poolId)
      await assert.rejects(signUp(server(), clientId, 'eve', { 'custom:role': 'admin' }), refusal)
      await signUp(server(), clientId, 'eve', { name: 'Eve', email: 'eve@example.test' })
      await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'custom:role', Value: 'user' }] })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await assert.rejects(update(server(), accessToken, { 'custom:role': 'admin' }), refusal)
      await assert.rejects(update(server(), accessToken, { 'custom:role': '' }), refusal)
      await update(server(), accessToken, { name: 'Ana' })
      const ana = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(ana.UserAttributes?.find(({ Name }) => Name === 'custom:role')?.Value, 'user')
    })

    it('cannot be written by them if the pool gets the attribute later', async () => {
      const { poolId } = await given('READ_ONLY')
      const clientId = await create(poolId)
      await server().send(new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [{ ...role[0], Name: 'tenant' }] }))
      await assert.rejects(signUp(server(), clientId, 'eve', { 'custom:tenant': 'other' }), refusal)
    })

    it('can be written by clients that list them, and by older clients', async () => {
      const { poolId, oldClientId } = await given('READ_ONLY')
      const clientId = await create(poolId, { WriteAttributes: ['custom:role'] })
      assert.deepEqual(await writableOf(poolId, clientId), ['custom:role'])
      await signUp(server(), clientId, 'ana', { 'custom:role': 'user' })
      await signUp(server(), oldClientId, 'bo', { 'custom:role': 'user' })
      await updateClient(poolId, oldClientId)
      assert.equal(await writableOf(poolId, oldClientId), undefined)
    })

    it('do not become writable by an update that leaves the list out', async () => {
      const { poolId } = await given('READ_ONLY')
      const [plain, listed] = [await create(poolId), await create(poolId, { WriteAttributes: ['email', 'custom:role'] })]
      const before = await writableOf(poolId, plain)
      assert.equal(before?.includes('email'), true)
      assert.equal(
        before?.some((name) => name.startsWith('custom:') || name === 'sub' || name === 'email_verified'),
        false,
      )
      for (const clientId of [plain, listed]) {
        await updateClient(poolId, clientId)
        assert.deepEqual(await writableOf(poolId, clientId), before)
      }
      await set(poolId, 'WRITABLE')
      await updateClient(poolId, plain)
      assert.equal(await writableOf(poolId, plain), undefined)
    })

    it('cannot be written by clients that register themselves', async () => {
      const { poolId } = await given('READ_ONLY')
      await callLifeguard(server(), 'SetUserPoolExtensions', {
        UserPoolId: poolId,
        OAuth: { Manner: 'STRICT', ClientRegistration: openMode },
      })
      const { clientId } = await givenRegistered(server(), poolId)
      const writable = await writableOf(poolId, clientId)
      assert.equal(writable?.includes('email'), true)
      assert.equal(
        writable?.some((name) => name.startsWith('custom:')),
        false,
      )
    })

    it('are refused as a default that does not exist', async () => {
      const { poolId } = await given('READ_ONLY')
      await assert.rejects(set(poolId, 'HIDDEN'), { name: 'InvalidParameterException' })
      assert.deepEqual((await set(poolId)).NewClients, { CustomAttributes: 'WRITABLE' })
    })
  })
}
