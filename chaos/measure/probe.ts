import { goodPassword } from '../../test/support/sign-in.ts'
import type { Deployment } from '../stage/stage.ts'

/** One request of the probe to one node; times in milliseconds of `performance.now()`. */
export type Sample = {
  readonly node: number
  readonly startedAt: number
  readonly endedAt: number
  readonly kind: 'ready' | 'alive' | 'sign-in'
  /** The HTTP status; 0 without an answer. */
  readonly status: number
}

const intervalMs = 250
/** How long the probe waits for an answer. It is longer than the 2 s that /readyz itself waits for the database. */
const timeoutMs = 4000

/**
 * Sends three requests to each node four times a second: to /readyz, to /healthz, and a sign-in. It does so whether earlier requests were
 * answered or not.
 */
export class Probe implements Disposable {
  readonly samples: Sample[] = []
  readonly #nodeCount: number
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Set<Promise<void>>()

  constructor({ nodes, clientId }: Deployment, username: string) {
    this.#nodeCount = nodes.length
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' }
    const AuthParameters = { USERNAME: username, PASSWORD: goodPassword }
    const body = JSON.stringify({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, AuthParameters })
    this.#timer = setInterval(() => {
      for (const [node, { url }] of nodes.entries()) {
        this.#send(node, 'ready', `${url}/readyz`)
        this.#send(node, 'alive', `${url}/healthz`)
        this.#send(node, 'sign-in', url, { method: 'POST', headers, body })
      }
    }, intervalMs)
  }

  /** Milliseconds from `start` until every node has answered a later sign-in with tokens; undefined while a node has not. */
  firstGoodOnEveryNode(start: number): number | undefined {
    const good = this.samples.filter(({ kind, status, startedAt }) => kind === 'sign-in' && status === 200 && startedAt >= start)
    let slowest = 0
    for (let node = 0; node < this.#nodeCount; node++) {
      const first = good.filter((sample) => sample.node === node).map(({ endedAt }) => endedAt - start)
      slowest = Math.max(slowest, Math.min(...first))
    }
    return Number.isFinite(slowest) ? slowest : undefined
  }

  /** The median wait for an answer, in milliseconds, of the requests of one kind that began at or after `since`. NaN if there are none. */
  medianWait(kind: Sample['kind'], since: number): number {
    const waits = this.samples.filter((sample) => sample.kind === kind && sample.startedAt >= since)
    const sorted = waits.map(({ startedAt, endedAt }) => endedAt - startedAt).sort((left, right) => left - right)
    return sorted[sorted.length >> 1] ?? Number.NaN
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #send(node: number, kind: Sample['kind'], url: string, init: RequestInit = {}): void {
    const startedAt = performance.now()
    const pending = fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) })
      .then(async (response) => {
        await response.arrayBuffer()
        return response.status
      })
      .catch(() => 0)
      .then((status) => void this.samples.push({ node, kind, status, startedAt, endedAt: performance.now() }))
      .finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }
}
