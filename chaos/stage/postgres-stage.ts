import { Database } from './database.ts'
import { type Deployment, deploy, prepareNodes, type Stage, type StoredUser, storedUsersQuery } from './stage.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { TextGateway } from './text-gateway.ts'

/** Three nodes, a proxy, and a PostgreSQL behind it. */
export class PostgresStage implements Stage {
  readonly database: Database
  readonly proxy: TcpProxy
  readonly deployment: Deployment
  readonly #resources: AsyncDisposableStack

  private constructor(database: Database, proxy: TcpProxy, deployment: Deployment, resources: AsyncDisposableStack) {
    this.database = database
    this.proxy = proxy
    this.deployment = deployment
    this.#resources = resources
  }

  static async open(): Promise<PostgresStage> {
    await using resources = new AsyncDisposableStack()
    const database = resources.use(await Database.open())
    const proxy = resources.adopt(await TcpProxy.open(database.port), (opened) => opened.close())
    const texts = resources.use(await TextGateway.open())
    const prepared = await prepareNodes(['node 1', 'node 2', 'node 3'], database.urlThrough(proxy.port), texts)
    resources.defer(() => stopAll(prepared))
    const deployment = await deploy(prepared, texts)
    return new PostgresStage(database, proxy, deployment, resources.move())
  }

  async restore(): Promise<void> {
    this.database.thaw()
    await this.database.start()
    this.proxy.heal()
    await restoreNodes(this.deployment)
  }

  readUsers(): Promise<StoredUser[]> {
    return this.database.with(async (client) => {
      const { rows } = await client.query<StoredUser>(`${storedUsersQuery} where pool_id = $1`, [this.deployment.poolId])
      return rows.map((row) => ({ ...row, aliases: Number(row.aliases) }))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

export async function stopAll({ nodes }: Pick<Deployment, 'nodes'>): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
}

/** Starts all nodes after a fault has ended. A node that still does not become ready is killed and started again. */
export async function restoreNodes({ nodes }: Deployment): Promise<void> {
  for (const node of nodes) node.start()
  const ready = await Promise.allSettled(nodes.map((node) => node.ready()))
  for (const [index, node] of nodes.entries()) {
    if (ready[index]?.status === 'fulfilled') continue
    await node.stop('SIGKILL')
    node.start()
    await node.ready()
  }
}
