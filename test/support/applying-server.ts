import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { startLifeguard } from '../../src/testing/index.ts'
import type { TestEngine } from './engines.ts'
import { applicable, references } from './pool-files.ts'
import { sdkClient } from './test-server.ts'

const masterKeyFlags = ['--master-key', applicable.env.LIFEGUARD_MASTER_KEY]

type Options = {
  /** By default, the master key of the commands. */
  readonly flags?: readonly string[]
  /** The database of another server. Without it, the server gets an own one. */
  readonly databaseUrl?: string
}

export type ApplyingServer = Awaited<ReturnType<typeof startApplying>>

/** A development server in this process that applies the pool file. The commands of `pool-files.ts` can use its database. */
export async function startApplying(engine: TestEngine, file: string, { flags = masterKeyFlags, databaseUrl }: Options = {}) {
  Object.assign(process.env, references)
  const database = databaseUrl === undefined ? await engine.createDatabase() : undefined
  const url = databaseUrl ?? database?.url ?? ''
  const lifeguard = await startLifeguard({ run: 'in-process', apply: file, flags: ['--database', url, ...flags] })
  const client = sdkClient(lifeguard.url, lifeguard.region)
  return {
    url: lifeguard.url,
    databaseUrl: url,
    send: client.send.bind(client),
    lifeguard,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await lifeguard.stop()
      await database?.drop()
    },
  }
}

/** The ids of the pools by their names. */
export async function poolsOf({ send }: Pick<ApplyingServer, 'send'>): Promise<ReadonlyMap<string, string>> {
  const { UserPools: pools = [] } = await send(new ListUserPoolsCommand({ MaxResults: 60 }))
  return new Map(pools.map(({ Name = '', Id = '' }) => [Name, Id]))
}
