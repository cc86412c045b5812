import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserImportJobCommand,
  CreateUserPoolCommand,
  ListUsersCommand,
  StartUserImportJobCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines } from '../support/engines.ts'
import { upload, waitForJobStatus } from '../support/imports.ts'
import { foundBy, requireExactNames, startNames } from '../support/name-changes.ts'
import { describeChange, finishChange, startChange, switchTo, undoChange, untilState } from '../support/schema-changes.ts'
import { createTestClock } from '../support/test-clock.ts'
import { sdkClient, type TestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'
import { givenInstallation } from './installation.ts'

type Sdk = Pick<TestServer, 'send' | 'url'>

const userCount = 3_000
const file = [
  'cognito:username,email,email_verified,custom:plan,custom:gone',
  ...Array.from({ length: userCount }, (_, at) => `user-${at},user-${at}@example.test,true,plan-${at},gone-${at}`),
].join('\n')
const changes = [
  { Attribute: 'custom:plan', NewName: 'custom:tier' },
  { Attribute: 'custom:gone', Remove: true },
]
const attribute = (Name: string) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const

/** A pool with users whose custom attributes have the number of the user in them. */
async function givenManyUsers(sdk: Sdk): Promise<string> {
  const Schema = [attribute('plan'), attribute('gone')]
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'killed', AutoVerifiedAttributes: ['email'], Schema }))
  const request = { JobName: 'many', UserPoolId: UserPool?.Id ?? '', CloudWatchLogsRoleArn: 'arn:aws:iam::123456789012:role/logs' }
  const { UserImportJob } = await sdk.send(new CreateUserImportJobCommand(request))
  assert.equal((await upload(UserImportJob?.PreSignedUrl, file)).status, 200)
  const key = { UserPoolId: request.UserPoolId, JobId: UserImportJob?.JobId ?? '' }
  await sdk.send(new StartUserImportJobCommand(key))
  assert.equal((await waitForJobStatus(sdk, key, ['Succeeded', 'Failed'])).ImportedUsers, userCount)
  return request.UserPoolId
}

/** Runs `use` in a server process, and kills the process. */
async function untilKilled<T>(argv: readonly string[], use: (sdk: Sdk) => Promise<T>): Promise<T> {
  await using child = new LifeguardProcess(['dev', ...argv])
  const url = await child.url()
  const client = sdkClient(url, 'us-east-1')
  try {
    const result = await use({ url, send: client.send.bind(client) })
    child.child.kill('SIGKILL')
    await child.ended
    return result
  } finally {
    client.destroy()
  }
}

/** Runs a server on the same data, a minute later: by then, the leases of the killed process have ended. */
async function inLaterServer(argv: readonly string[], use: (sdk: Sdk) => Promise<void>): Promise<void> {
  const clock = createTestClock()
  clock.advance(60_000)
  const server = await startServer(readSettings({ argv, env: {}, command: 'dev' }), { clock })
  const client = sdkClient(server.url, 'us-east-1')
  try {
    await use({ url: server.url, send: client.send.bind(client) })
  } finally {
    client.destroy()
    await server.close()
  }
}

const untilDone = (sdk: Sdk, poolId: string) =>
  until(
    'some users are converted',
    () => describeChange(sdk, poolId),
    ({ ConvertedUsers = 0 }) => ConvertedUsers > 300,
  )

/** The custom attributes of each user, by the number of the user. */
async function customOfAll(sdk: Sdk, UserPoolId: string): Promise<readonly (readonly [string, string])[][]> {
  const found: (readonly [string, string])[][] = []
  let PaginationToken: string | undefined
  do {
    const page = await sdk.send(new ListUsersCommand({ UserPoolId, PaginationToken }))
    for (const { Username = '', Attributes = [] } of page.Users ?? []) {
      found[Number(Username.slice('user-'.length))] = Attributes.flatMap(({ Name = '', Value = '' }) =>
        Name.startsWith('custom:') ? [[Name, Value] as const] : [],
      ).sort()
    }
    PaginationToken = page.PaginationToken
  } while (PaginationToken !== undefined)
  return found
}

for (const engine of engines) {
  describe(`A schema change whose server is killed on ${engine.name}`, () => {
    it('goes on in the next server: while it is finished, and while it is undone', async () => {
      await using installation = await givenInstallation(engine)
      const { argv } = installation
      const poolId = await untilKilled(argv, async (sdk) => {
        const id = await givenManyUsers(sdk)
        await switchTo(sdk, id, changes)
        await undoChange(sdk, id)
        await untilDone(sdk, id)
        return id
      })
      const oldNames = Array.from({ length: userCount }, (_, at) => [
        ['custom:gone', `gone-${at}`],
        ['custom:plan', `plan-${at}`],
      ])
      await inLaterServer(argv, async (sdk) => {
        assert.deepEqual(await customOfAll(sdk, poolId), oldNames)
        await untilState(sdk, poolId, 'UNDONE')
        assert.deepEqual(await customOfAll(sdk, poolId), oldNames)
      })
      await untilKilled(argv, async (sdk) => {
        await startChange(sdk, poolId, changes)
        await untilState(sdk, poolId, 'SWITCHED')
        await finishChange(sdk, poolId)
        await untilDone(sdk, poolId)
      })
      const newNames = Array.from({ length: userCount }, (_, at) => [['custom:tier', `plan-${at}`]])
      await inLaterServer(argv, async (sdk) => {
        assert.deepEqual(await customOfAll(sdk, poolId), newNames)
        await untilState(sdk, poolId, 'FINISHED')
        assert.deepEqual(await customOfAll(sdk, poolId), newNames)
      })
    })

    it('goes on in the next server: while names are built, and while they are deleted', async () => {
      await using installation = await givenInstallation(engine)
      const { argv, databaseUrl } = installation
      const names = { AliasAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } }
      const poolId = await untilKilled(argv, async (sdk) => {
        const id = await givenManyUsers(sdk)
        await startNames(sdk, id, names)
        await until(
          'the names of some users are built',
          () => describeChange(sdk, id),
          ({ CheckedUsers = 0 }) => CheckedUsers > 300,
        )
        return id
      })
      await inLaterServer(argv, async (sdk) => {
        await untilState(sdk, poolId, 'SWITCHED')
        await requireExactNames({ databaseUrl }, poolId, { hasOthers: true })
        const last = `USER-${userCount - 1}`
        assert.equal(await foundBy(sdk, poolId, `${last}@example.test`), await foundBy(sdk, poolId, last))
      })
      await untilKilled(argv, async (sdk) => assert.equal((await undoChange(sdk, poolId)).SchemaChange.State, 'UNDOING'))
      await inLaterServer(argv, async (sdk) => {
        await untilState(sdk, poolId, 'UNDONE')
        await requireExactNames({ databaseUrl }, poolId)
        assert.equal(await foundBy(sdk, poolId, 'user-0@example.test'), undefined)
      })
    })
  })
}
