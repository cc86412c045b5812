import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ExplicitAuthFlowsType,
} from '@aws-sdk/client-cognito-identity-provider'
import { LifeguardProcess, masterKey, temporaryFolder } from '../cli/lifeguard-process.ts'
import { createAccessKey } from '../support/access-key.ts'
import type { TestEngine } from '../support/engines.ts'
import type { SmsEndpoint } from '../support/sms-endpoint.ts'
import { noteSecretsOf } from '../support/test-server.ts'
import { checkOutPreviousRelease } from './previous-release.ts'

export type Node = { readonly process: LifeguardProcess; readonly url: string; readonly sdk: CognitoIdentityProviderClient }

export const region = 'eu-west-1'
const workingFolder = temporaryFolder()
const releaseFolder = temporaryFolder()
/** The file that starts the previous release, once its source has been written to `releaseFolder`. */
let previousRelease: string | undefined

/**
 * A database that the previous release has created, with an access key. Nodes of both releases can be started on it. They send their text
 * messages to `sms`.
 */
export async function createInstallation(engine: TestEngine, sms: SmsEndpoint) {
  previousRelease ??= checkOutPreviousRelease(releaseFolder)
  const database = await engine.createDatabase({ empty: true })
  const env = { LIFEGUARD_DATABASE: database.url, LIFEGUARD_MASTER_KEY: masterKey }
  const credentials = await createAccessKey([], env, previousRelease)
  const nodes: Node[] = []
  const argv = ['serve', '--port', '0', '--public-url', 'http://id.example.test', '--allow-http', '--region', region]
  argv.push('--rate-limits', '0', ...sms.flags)

  async function start(program?: string): Promise<Node> {
    const process = new LifeguardProcess(argv, env, workingFolder, program)
    const url = await process.url()
    const sdk = noteSecretsOf(new CognitoIdentityProviderClient({ endpoint: url, region, credentials, maxAttempts: 1 }))
    const node = { process, url, sdk }
    nodes.push(node)
    return node
  }

  return {
    database,
    env,
    /** The folder of the source of the previous release. */
    previousSource: dirname(previousRelease),
    startPrevious: () => start(previousRelease),
    startThis: () => start(),
    async close() {
      for (const { process, sdk } of nodes) {
        sdk.destroy()
        await process[Symbol.asyncDispose]()
      }
      await database.drop()
    },
  }
}

export type Installation = Awaited<ReturnType<typeof createInstallation>>
export type Ids = { readonly poolId: string; readonly clientId: string }

/** A pool that confirms phone numbers by a code. */
export async function createPool({ sdk }: Node): Promise<Ids> {
  const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
  const pool = await sdk.send(
    new CreateUserPoolCommand({ PoolName: 'upgraded', AutoVerifiedAttributes: ['phone_number'], SmsConfiguration }),
  )
  const poolId = pool.UserPool?.Id ?? ''
  const client = await sdk.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app', ExplicitAuthFlows: allFlows }))
  return { poolId, clientId: client.UserPoolClient?.ClientId ?? '' }
}

const { ALLOW_REFRESH_TOKEN_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH } = ExplicitAuthFlowsType
export const allFlows = [ALLOW_REFRESH_TOKEN_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH]

/** Repeats `read` until it returns a value. */
export async function waitFor<T>(what: string, read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const value = await read()
    if (value !== undefined) return value
    if (performance.now() > deadline) throw new Error(`Not within 30 seconds: ${what}`)
    await delay(20)
  }
}
