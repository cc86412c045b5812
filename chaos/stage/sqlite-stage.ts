import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { restoreNodes, stopAll } from './postgres-stage.ts'
import { type Deployment, deploy, prepareNodes, type Stage, type StoredUser, storedUsersQuery } from './stage.ts'
import { TextGateway } from './text-gateway.ts'
import { Volume } from './volume.ts'

const volumeMegabytes = 48

/** One node on an SQLite file, on a small volume of its own if this user may mount one. */
export class SqliteStage implements Stage {
  readonly deployment: Deployment
  /** The volume, or the reason why there is none. */
  readonly volume: Volume | string
  readonly #path: string
  readonly #resources: AsyncDisposableStack

  private constructor(path: string, volume: Volume | string, deployment: Deployment, resources: AsyncDisposableStack) {
    this.#path = path
    this.volume = volume
    this.deployment = deployment
    this.#resources = resources
  }

  static async open({ withVolume = true } = {}): Promise<SqliteStage> {
    await using resources = new AsyncDisposableStack()
    const volume = withVolume ? mountVolume() : 'not requested'
    const folder = typeof volume === 'string' ? mkdtempSync(join(tmpdir(), 'lifeguard-chaos-')) : volume.folder
    resources.defer(() => (typeof volume === 'string' ? rmSync(folder, { recursive: true, force: true }) : volume[Symbol.dispose]()))
    const texts = resources.use(await TextGateway.open())
    const path = join(folder, 'chaos.db')
    const prepared = await prepareNodes(['node 1'], `sqlite:${path}`, texts)
    resources.defer(() => stopAll(prepared))
    const deployment = await deploy(prepared, texts)
    return new SqliteStage(path, volume, deployment, resources.move())
  }

  get node() {
    const [node] = this.deployment.nodes
    if (node === undefined) throw new Error('The stage has no node.')
    return node
  }

  async restore(): Promise<void> {
    if (typeof this.volume !== 'string') this.volume.free()
    await restoreNodes(this.deployment)
  }

  async readUsers(): Promise<StoredUser[]> {
    using db = new DatabaseSync(this.#path, { readOnly: true })
    return db.prepare(`${storedUsersQuery} where pool_id = ?`).all(this.deployment.poolId) as StoredUser[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

function mountVolume(): Volume | string {
  try {
    return Volume.mount(volumeMegabytes)
  } catch (error) {
    return `no file system can be mounted here (${String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1)})`
  }
}
