import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateResourceServerCommand,
  type CreateResourceServerCommandInput,
  CreateUserPoolClientCommand,
  DeleteResourceServerCommand,
  DescribeResourceServerCommand,
  ListResourceServersCommand,
  paginateListResourceServers,
  UpdateResourceServerCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const shop = {
  Identifier: 'https://api.shop.test/v1',
  Name: 'Shop, front',
  Scopes: [
    { ScopeName: 'read', ScopeDescription: 'See orders' },
    { ScopeName: 'write:all', ScopeDescription: 'Change orders' },
  ],
}

async function create(server: TestServer, poolId: string, request: Partial<CreateResourceServerCommandInput> = {}) {
  return (await server.send(new CreateResourceServerCommand({ UserPoolId: poolId, ...shop, ...request }))).ResourceServer
}

async function describeServer(server: TestServer, poolId: string, identifier: string) {
  return (await server.send(new DescribeResourceServerCommand({ UserPoolId: poolId, Identifier: identifier }))).ResourceServer
}

async function newPool(server: TestServer): Promise<string> {
  return (await server.givenPool()).poolId
}

for (const engine of engines) {
  describe(`Resource servers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are shown as they were sent', async () => {
      const poolId = await newPool(server())
      const created = await create(server(), poolId)
      assert.deepEqual(created, { UserPoolId: poolId, ...shop })
      assert.deepEqual(await describeServer(server(), poolId, shop.Identifier), created)
    })

    it('need no scopes', async () => {
      const poolId = await newPool(server())
      const bare = { UserPoolId: poolId, Identifier: 'bare', Name: 'bare' }
      const { ResourceServer: created } = await server().send(new CreateResourceServerCommand(bare))
      assert.deepEqual(created, { ...bare, Scopes: [] })
    })

    it('get the name and the scopes of an update, and lose all scopes if the update has no scopes', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId)
      const place = { UserPoolId: poolId, Identifier: shop.Identifier }
      const scopes = [{ ScopeName: 'admin', ScopeDescription: 'Everything' }]
      const updated = await server().send(new UpdateResourceServerCommand({ ...place, Name: 'Renamed', Scopes: scopes }))
      assert.deepEqual(updated.ResourceServer, { ...place, Name: 'Renamed', Scopes: scopes })
      assert.deepEqual(await describeServer(server(), poolId, shop.Identifier), updated.ResourceServer)

      const without = await server().send(new UpdateResourceServerCommand({ ...place, Name: 'Renamed' }))
      assert.deepEqual(without.ResourceServer?.Scopes, [])
    })

    it('have unique identifiers in a pool', async () => {
      const poolId = await newPool(server())
      const answers = await outcomes([create(server(), poolId), create(server(), poolId), create(server(), poolId)])
      assert.deepEqual(answers, ['InvalidParameterException', 'InvalidParameterException', 'ok'])
      const message = `${shop.Identifier} already exists in user pool ${poolId}.`
      await assert.rejects(create(server(), poolId), { name: 'InvalidParameterException', message })
    })

    it('cannot be described, changed or deleted through another pool, which may use the same identifier', async () => {
      const poolId = await newPool(server())
      const other = await newPool(server())
      await create(server(), poolId)
      const place = { UserPoolId: other, Identifier: shop.Identifier }
      const gone = { name: 'ResourceNotFoundException', message: `Resource server ${shop.Identifier} does not exist.` }
      await assert.rejects(server().send(new DescribeResourceServerCommand(place)), gone)
      await assert.rejects(server().send(new UpdateResourceServerCommand({ ...place, Name: 'stolen' })), gone)
      await assert.rejects(server().send(new DeleteResourceServerCommand(place)), gone)
      assert.deepEqual((await server().send(new ListResourceServersCommand({ UserPoolId: other }))).ResourceServers, [])
      assert.equal((await create(server(), other))?.UserPoolId, other)
      assert.equal((await describeServer(server(), poolId, shop.Identifier))?.Name, shop.Name)
    })

    it('do not exist after they are deleted', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId)
      const remove = () => server().send(new DeleteResourceServerCommand({ UserPoolId: poolId, Identifier: shop.Identifier }))
      await remove()
      await assert.rejects(remove(), { name: 'ResourceNotFoundException' })
      await assert.rejects(describeServer(server(), poolId, shop.Identifier), { name: 'ResourceNotFoundException' })
    })

    it('need a pool that exists', async () => {
      const poolId = 'us-east-1_nowhere'
      const place = { UserPoolId: poolId, Identifier: 'x' }
      const gone = { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` }
      await assert.rejects(create(server(), poolId), gone)
      await assert.rejects(server().send(new DescribeResourceServerCommand(place)), gone)
      await assert.rejects(server().send(new UpdateResourceServerCommand({ ...place, Name: 'x' })), gone)
      await assert.rejects(server().send(new DeleteResourceServerCommand(place)), gone)
      await assert.rejects(server().send(new ListResourceServersCommand({ UserPoolId: poolId })), gone)
    })

    it('are rejected with a repeated scope or a reserved identifier', async () => {
      const poolId = await newPool(server())
      const twice = [1, 2].map((number) => ({ ScopeName: 'read', ScopeDescription: `${number}` }))
      const refusal = { name: 'InvalidParameterException' }
      await assert.rejects(create(server(), poolId, { Scopes: twice }), refusal)
      await assert.rejects(create(server(), poolId, { Identifier: 'aws.cognito/dcr' }), refusal)
      await create(server(), poolId)
      const update = { UserPoolId: poolId, Identifier: shop.Identifier, Name: 'x', Scopes: twice }
      await assert.rejects(server().send(new UpdateResourceServerCommand(update)), refusal)
    })

    it('keep identifiers with special characters unchanged; reject null bytes and forbidden characters', async () => {
      const poolId = await newPool(server())
      for (const Identifier of ["';drop/table--", '__proto__', '../../etc', '<script>', '%00', `${'/'.repeat(256)}`]) {
        const scopes = [{ ScopeName: '__proto__', ScopeDescription: '"\u2028<b>' }]
        const created = await create(server(), poolId, { Identifier, Scopes: scopes })
        assert.deepEqual(created, { UserPoolId: poolId, Identifier, Name: shop.Name, Scopes: scopes })
        assert.deepEqual(await describeServer(server(), poolId, Identifier), created)
      }
      const unstorable = [{ ScopeName: 'read', ScopeDescription: 'nothing\u0000' }]
      await assert.rejects(create(server(), poolId, { Scopes: unstorable }), { name: 'InvalidParameterException' })
      for (const Identifier of ['with space', 'quote"', 'back\\slash', 'ümlaut', '', 'x'.repeat(257)]) {
        await assert.rejects(create(server(), poolId, { Identifier }), { name: 'InvalidParameterException' })
      }
    })
  })

  describe(`Many resource servers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are listed in pages and limited to 25 in a pool', async () => {
      const poolId = await newPool(server())
      await server().send(new CreateResourceServerCommand({ UserPoolId: await newPool(server()), Identifier: 'other', Name: 'other' }))
      const identifiers = Array.from({ length: 25 }, (_, index) => `server-${String(index).padStart(2, '0')}`)
      for (const Identifier of identifiers.toReversed()) await create(server(), poolId, { Identifier })

      const pages = []
      for await (const page of paginateListResourceServers({ client: server().client, pageSize: 10 }, { UserPoolId: poolId })) {
        pages.push(page.ResourceServers ?? [])
      }
      assert.deepEqual(
        pages.map((page) => page.length),
        [10, 10, 5],
      )
      assert.deepEqual(
        pages.flat().map((one) => one.Identifier),
        identifiers,
      )
      assert.deepEqual(pages[0]?.[0], await describeServer(server(), poolId, 'server-00'))
      const whole = await server().send(new ListResourceServersCommand({ UserPoolId: poolId }))
      assert.equal(whole.ResourceServers?.length, 25)
      assert.equal(whole.NextToken, undefined)

      await assert.rejects(create(server(), poolId, { Identifier: 'one-more' }), { name: 'LimitExceededException' })
      assert.equal((await server().send(new ListResourceServersCommand({ UserPoolId: poolId }))).ResourceServers?.length, 25)
    })

    it('are not listed with a token of another pool', async () => {
      const [poolId, other] = [await newPool(server()), await newPool(server())]
      for (const Identifier of ['a', 'b']) await create(server(), poolId, { Identifier })
      const { NextToken } = await server().send(new ListResourceServersCommand({ UserPoolId: poolId, MaxResults: 1 }))
      assert.ok(NextToken)
      const list = new ListResourceServersCommand({ UserPoolId: other, NextToken })
      await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
    })
  })

  describe(`The scopes of resource servers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const withScopes = (...scopes: string[]) => ({
      ClientName: 'app',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials' as const],
      AllowedOAuthScopes: scopes,
    })

    it('can be granted to app clients of their pool', async () => {
      const [poolId, other] = [await newPool(server()), await newPool(server())]
      await create(server(), poolId)
      const scopes = ['https://api.shop.test/v1/read', 'https://api.shop.test/v1/write:all', 'aws.cognito/dcr/register']
      const { UserPoolClient: client } = await server().send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ...withScopes(...scopes) }),
      )
      assert.deepEqual(client?.AllowedOAuthScopes, scopes)
      const elsewhere = new CreateUserPoolClientCommand({ UserPoolId: other, ...withScopes(...scopes) })
      await assert.rejects(server().send(elsewhere), { name: 'ScopeDoesNotExistException' })
    })

    it('can be granted only while they exist', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId)
      const missing = [
        'https://api.shop.test/v1/none',
        'https://api.shop.test/v1',
        'read',
        '/read',
        'https://api.shop.test/v1/',
        'toString',
      ]
      for (const scope of missing) {
        const request = new CreateUserPoolClientCommand({ UserPoolId: poolId, ...withScopes(scope) })
        await assert.rejects(server().send(request), {
          name: 'ScopeDoesNotExistException',
          message: `Invalid scope requested: ${scope}`,
        })
      }
      const good = withScopes('https://api.shop.test/v1/read')
      const { UserPoolClient: client } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ...good }))
      await server().send(new DeleteResourceServerCommand({ UserPoolId: poolId, Identifier: shop.Identifier }))
      const { GenerateSecret: _secret, ...update } = { ...good, UserPoolId: poolId, ClientId: client?.ClientId }
      await assert.rejects(server().send(new UpdateUserPoolClientCommand(update)), { name: 'ScopeDoesNotExistException' })
    })
  })
}
