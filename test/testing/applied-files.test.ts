import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  DescribeUserPoolClientCommand,
  ListGroupsCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { stringify } from 'yaml'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { startLifeguard } from '../../src/testing/index.ts'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { poolFile } from '../support/pool-files.ts'
import { scratchFolder } from '../support/scratch.ts'
import { claimsOf, givenTokens } from '../support/sign-in.ts'
import { sdkClient } from '../support/test-server.ts'
import { until } from '../support/until.ts'

const ids = { poolId: 'us-east-1_Tests', clientId: 'tests' }
const password = 'Correct-Horse-9'

function content(groups: readonly string[], client: object = {}) {
  return {
    UserPools: [
      {
        UserPoolId: ids.poolId,
        PoolName: 'tests',
        Groups: groups.map((GroupName) => ({ GroupName })),
        Clients: [
          {
            ClientId: ids.clientId,
            ClientName: 'tests',
            ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH'],
            ...client,
          },
        ],
        Users: [{ Username: 'ana', Password: password, Groups: ['first'] }],
      },
    ],
  }
}

type Sdk = Pick<CognitoIdentityProviderClient, 'send'>

const groupsIn = async (client: Sdk) =>
  (await client.send(new ListGroupsCommand({ UserPoolId: ids.poolId }))).Groups?.map(({ GroupName }) => GroupName)

const poolsIn = async (client: Sdk) => (await client.send(new ListUserPoolsCommand({ MaxResults: 60 }))).UserPools?.map(({ Id }) => Id)

describe('The pool file of a development server', () => {
  for (const run of ['child-process', 'in-process'] as const) {
    it(`is applied at the start, after a reset, and when it changes (${run})`, async () => {
      const file = poolFile(content(['first']))
      await using lifeguard = await startLifeguard({ run, apply: file })
      const client = new CognitoIdentityProviderClient(lifeguard.clientConfig)
      assert.deepEqual(claimsOf((await givenTokens(client, ids.clientId, 'ana', password)).idToken)['cognito:groups'], ['first'])
      await client.send(new CreateUserPoolCommand({ PoolName: 'of a test' }))
      await lifeguard.reset()
      assert.deepEqual(await poolsIn(client), [ids.poolId])
      await givenTokens(client, ids.clientId, 'ana', password)
      // A mistake is told in the log, and the server goes on.
      writeFileSync(file, 'Pools: 1')
      writeFileSync(file, stringify(content(['first', 'second'])))
      await until(
        'the new group',
        () => groupsIn(client),
        (names) => names?.includes('second') === true,
      )
    })
  }

  it('ends the start with its mistake', async () => {
    const message = /--apply: \S+pools\.yaml:1: Pools: the member is not known\./
    await assert.rejects(startLifeguard({ apply: poolFile('Pools: 1') }), { message })
    await assert.rejects(startLifeguard({ run: 'in-process', apply: poolFile('Pools: 1') }), { message })
  })
})

/** A server on a database of its own, whose log can be read. */
async function startWithLog(engine: (typeof engines)[number], apply: string) {
  const database = await engine.createDatabase()
  const data = mkdtempSync(join(scratchFolder(), 'lifeguard-applied-'))
  const { logger, lines } = recordingLogger('info')
  const argv = ['--port', '0', '--data', data, '--database', database.url, '--apply', apply]
  const start = () => startServer(readSettings({ argv, env: {}, command: 'dev' }), { logger })
  let running = await start()
  const given = {
    client: sdkClient(running.url, 'us-east-1'),
    /** The messages of the log since the last call. */
    logged: () => lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg),
    reset: async () => {
      const answer = await fetch(`${running.url}/_test/reset`, { method: 'POST' })
      return [answer.status, await answer.json()]
    },
    async restart() {
      await running.close()
      running = await start()
      given.client = sdkClient(running.url, 'us-east-1')
    },
    async [Symbol.asyncDispose]() {
      await running.close()
      await database.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
  return given
}

const applied = (counts: string, file: string) => `Applied ${file}: ${counts}`

for (const engine of engines) {
  describe(`A reset after a change of the pool file on ${engine.name}`, () => {
    it('makes what the file says by then', async () => {
      const file = poolFile(content(['first']))
      await using server = await startWithLog(engine, file)
      assert.ok(server.logged().includes(applied('4 created, 0 changed.', file)))
      for (const groups of [['first', 'second'], ['first']]) {
        writeFileSync(file, stringify(content(groups)))
        assert.deepEqual(await server.reset(), [200, {}])
        assert.deepEqual(await groupsIn(server.client), groups)
        assert.ok(server.logged().includes(applied(`${groups.length + 3} created, 0 changed.`, file)))
      }
    })

    it('finds a file that a folder has since then', async () => {
      const folder = dirname(poolFile(content(['first'])))
      await using server = await startWithLog(engine, folder)
      const other = { UserPools: [{ UserPoolId: 'us-east-1_Others', PoolName: 'others' }] }
      writeFileSync(join(folder, 'others.json'), JSON.stringify(other))
      await server.reset()
      assert.deepEqual((await poolsIn(server.client))?.sort(), ['us-east-1_Others', ids.poolId])
      rmSync(join(folder, 'others.json'))
      await server.reset()
      assert.deepEqual(await poolsIn(server.client), [ids.poolId])
    })

    it('leaves the server empty while the file has a mistake, and says so in the log', async () => {
      const file = poolFile(content(['first']))
      await using server = await startWithLog(engine, file)
      server.logged()
      writeFileSync(file, 'Pools: 1')
      assert.deepEqual(await server.reset(), [200, {}])
      assert.deepEqual(await poolsIn(server.client), [])
      const mistake = `The files were not applied: ${file}:1: Pools: the member is not known.`
      assert.ok(server.logged().some((message) => message.startsWith(mistake)))
      writeFileSync(file, stringify(content(['first'])))
      assert.deepEqual(await server.reset(), [200, {}])
      await givenTokens(server.client, ids.clientId, 'ana', password)
    })

    it('uses the secret that another file has by then', async () => {
      const file = poolFile(content(['first'], { ClientSecret: 'file:secret' }))
      const secretFile = join(dirname(file), 'secret')
      const secrets = ['a'.repeat(30), 'b'.repeat(30)]
      writeFileSync(secretFile, `${secrets[0]}\n`)
      await using server = await startWithLog(engine, file)
      const secretNow = async () => {
        const { UserPoolClient: client } = await server.client.send(
          new DescribeUserPoolClientCommand({ UserPoolId: ids.poolId, ClientId: ids.clientId }),
        )
        return client?.ClientSecret
      }
      assert.equal(await secretNow(), secrets[0])
      for (const secret of [...secrets, ...secrets]) {
        writeFileSync(secretFile, secret)
        await server.reset()
        assert.equal(await secretNow(), secret)
      }
      rmSync(secretFile)
      assert.deepEqual(await server.reset(), [200, {}])
      assert.deepEqual(await poolsIn(server.client), [])
    })

    it('begins with the file only, though the database was not empty at the start', async () => {
      const file = poolFile(content(['first']))
      await using server = await startWithLog(engine, file)
      await server.client.send(new CreateUserPoolCommand({ PoolName: 'of a test' }))
      await server.restart()
      assert.equal((await poolsIn(server.client))?.length, 2)
      for (let times = 0; times < 2; times++) {
        await server.reset()
        assert.deepEqual(await poolsIn(server.client), [ids.poolId])
        await givenTokens(server.client, ids.clientId, 'ana', password)
      }
    })
  })
}
