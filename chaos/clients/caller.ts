import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { type Deployment, sdkClient } from '../stage/stage.ts'
import { type Observations, outcomeOf } from './observations.ts'

/** Sends calls to the nodes in turn and records the outcome of each. */
export class Caller implements Disposable {
  readonly #clients: readonly CognitoIdentityProviderClient[]
  readonly #observations: Observations
  #turn = 0

  constructor({ nodes, credentials }: Deployment, observations: Observations) {
    this.#clients = nodes.map(({ url }) => sdkClient(url, credentials))
    this.#observations = observations
  }

  /** Makes one call and records its outcome. Undefined when the call failed in any way. */
  async attempt<T>(action: string, call: (client: CognitoIdentityProviderClient) => Promise<T>): Promise<T | undefined> {
    const node = this.#turn++ % this.#clients.length
    const client = this.#clients[node]
    if (client === undefined) throw new Error('There is no node to call.')
    const startedAt = performance.now()
    const record = (outcome: string) => this.#observations.add({ node, action, startedAt, endedAt: performance.now(), outcome })
    try {
      const answer = await call(client)
      record('ok')
      return answer
    } catch (error) {
      record(outcomeOf(error))
      return undefined
    }
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client.destroy()
  }
}
