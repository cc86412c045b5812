import { setTimeout as delay } from 'node:timers/promises'
import { type CognitoIdentityProviderClient, DeleteUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { signedRequest } from '../../test/access/request-signer.ts'
import { givenTokens, givenUser } from '../../test/support/sign-in.ts'
import { headerOf } from '../../test/support/tokens.ts'
import type { PostgresStage } from '../stage/postgres-stage.ts'
import { createAppClient, type Deployment, region, sdkClient } from '../stage/stage.ts'
import type { Fault } from './fault.ts'

/** Nodes keep cached values for a few seconds. A value that is stale for longer than this is an error. */
const staleDeadlineMs = 15_000

export const listenerLost: Fault<PostgresStage> = {
  name: 'listener-lost',
  title: 'The connections that listen for changes are lost; then signing keys are rotated and an app client is deleted on node 1',
  async inflict(stage, { note, fail }) {
    const { nodes, credentials, poolId } = stage.deployment
    const clients = nodes.map(({ url }) => sdkClient(url, credentials))
    try {
      const [first, ...others] = clients as [CognitoIdentityProviderClient, ...CognitoIdentityProviderClient[]]
      const username = `stale-${performance.now()}`
      await givenUser(first, poolId, username)
      const deletedClientId = await createAppClient(first, poolId)
      // One sign-in on each node, so that each has the client and the key in its caches.
      const kids = await Promise.all(clients.map((client) => keyIdOf(client, deletedClientId, username)))
      const key = kids[0]
      await loseListeners(stage)
      await rotateSigningKeys(stage.deployment)
      const stable = stage.deployment.clientId
      const oldKey = others.map((client) => until(async () => (await keyIdOf(client, stable, username)) !== key))
      note(`other nodes signed with the old key for ${describeDelays(await Promise.all(oldKey), fail)}`)

      await loseListeners(stage)
      await first.send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: deletedClientId }))
      const deleted = others.map((client) => until(async () => (await keyIdOf(client, deletedClientId, username)) === undefined))
      note(`they accepted the deleted client for ${describeDelays(await Promise.all(deleted), fail)}`)
    } finally {
      for (const client of clients) client.destroy()
    }
  },
}

/** The id of the key that signed the access token of a sign-in; undefined when the sign-in is rejected. */
async function keyIdOf(client: CognitoIdentityProviderClient, clientId: string, username: string): Promise<unknown> {
  try {
    return headerOf((await givenTokens(client, clientId, username)).accessToken)['kid']
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

async function loseListeners({ database }: PostgresStage): Promise<void> {
  await database.with((client) =>
    client.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lifeguard' and query like 'listen %'`),
  )
}

async function rotateSigningKeys({ nodes, credentials, poolId }: Deployment): Promise<void> {
  const [node] = nodes
  if (node === undefined) return
  const signer = { id: credentials.accessKeyId, secret: credentials.secretAccessKey, at: Date.now(), region, service: 'lifeguard' }
  const body = JSON.stringify({ UserPoolId: poolId })
  const draft = { headers: { host: new URL(node.url).host, 'x-amz-target': 'LifeguardService.RotateSigningKeys' }, body }
  const { headers } = await signedRequest(signer, draft)
  // The host header is left out, because `fetch` sets it itself, to the host that was signed.
  const { host: _, ...sent } = headers
  const response = await fetch(node.url, { method: 'POST', headers: sent, body, signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`RotateSigningKeys answered ${response.status}: ${await response.text()}`)
}

/** Milliseconds until the condition holds; undefined if it does not hold within `staleDeadlineMs`. */
async function until(isReached: () => Promise<boolean>): Promise<number | undefined> {
  const start = performance.now()
  while (performance.now() < start + staleDeadlineMs) {
    if (await isReached()) return performance.now() - start
    await delay(20)
  }
  return undefined
}

function describeDelays(times: readonly (number | undefined)[], fail: (remark: string) => void): string {
  if (times.includes(undefined)) fail('a node did not learn of a change')
  return times.map((time) => (time === undefined ? `more than ${staleDeadlineMs / 1000} s` : `${(time / 1000).toFixed(1)} s`)).join(' and ')
}
