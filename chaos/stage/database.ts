import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type OwnCluster, startOwnCluster } from '../../test/support/postgres.ts'
import { isAlive, signalTree, treeOf } from './process-tree.ts'

/** A durable PostgreSQL that the series kills, freezes and starts again. `with` connects to it directly, not through the proxy. */
export class Database implements AsyncDisposable {
  readonly #cluster: OwnCluster
  #isFrozen = false

  private constructor(cluster: OwnCluster) {
    this.#cluster = cluster
  }

  static async open(): Promise<Database> {
    return new Database(await startOwnCluster({ durable: true }))
  }

  get url(): string {
    return this.#cluster.url
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** The URL of the database through a proxy on this port. */
  urlThrough(port: number): string {
    const url = new URL(this.url)
    url.port = String(port)
    return url.href
  }

  /** `kill -9` of the server and all its processes. */
  async kill(): Promise<void> {
    const pids = treeOf(this.#cluster.pid())
    signalTree(this.#cluster.pid(), 'SIGKILL')
    while (pids.some(isAlive)) await delay(10)
  }

  /** Starts the server after `kill`. The server first replays its log. */
  async start(): Promise<void> {
    if (!isAlive(this.#cluster.pid())) await this.#cluster.start()
  }

  freeze(): void {
    this.#isFrozen = true
    signalTree(this.#cluster.pid(), 'SIGSTOP')
  }

  thaw(): void {
    if (this.#isFrozen) signalTree(this.#cluster.pid(), 'SIGCONT')
    this.#isFrozen = false
  }

  /** Runs statements on a separate connection, not through the proxy. */
  async with<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5000, query_timeout: 20_000 })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw()
    await this.start()
    await this.#cluster.stop()
  }
}
