import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after } from 'node:test'
import type { LambdaConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { type OwnTriggerName, ownTriggers } from '../../src/pools/trigger-settings.ts'

export type TriggerEvent = {
  readonly version: string
  readonly region: string
  readonly userPoolId: string
  readonly userName: string
  readonly callerContext: { readonly awsSdkVersion: string; readonly clientId: string }
  readonly triggerSource: string
  // biome-ignore lint/suspicious/noExplicitAny: the event is JSON, with other members for each trigger
  readonly request: any
  // biome-ignore lint/suspicious/noExplicitAny: the response is JSON, with other members for each trigger
  response: any
}

/** A trigger function. An error that it throws is the error of the function; a value that it returns is sent back unchanged. */
export type Handler = (event: TriggerEvent) => unknown

type CognitoTriggerName = Exclude<keyof LambdaConfigType, 'KMSKeyID' | 'PreTokenGenerationConfig'>
type TriggerName = CognitoTriggerName | OwnTriggerName

export type GivenTriggers = {
  readonly lambdaConfig: LambdaConfigType
  /** The section `TriggerFunctions` of the pool's extensions. Empty when no trigger of Lifeguard's own is given. */
  readonly triggerFunctions: Partial<Record<OwnTriggerName, string>>
  /** The trigger sources of the events that the functions have got so far, in order. */
  readonly fired: readonly string[]
  readonly events: readonly TriggerEvent[]
  /** Empties `fired` and `events`. */
  clear(): void
}

export type TriggerEndpoint = {
  /** The flags for a server that is to call this endpoint for every trigger function, whatever its name. */
  readonly flags: readonly string[]
  /** Makes functions for the triggers of a pool. `version` is the event version of PreTokenGeneration. */
  given(handlers: Partial<Record<TriggerName, Handler>>, options?: { version?: 'V1_0' | 'V2_0' | 'V3_0' }): GivenTriggers
}

const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555'
const withVersion = new Set<CognitoTriggerName>(['CustomEmailSender', 'CustomSMSSender', 'InboundFederation'])

/** An HTTP endpoint whose trigger functions are code of the test. Open it before the server, in the same `describe`. */
export async function openTriggerEndpoint(): Promise<TriggerEndpoint> {
  const handlers = new Map<string, (event: TriggerEvent) => unknown>()
  const server = createServer((request, response) => void answer(handlers, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-functions-'))
  const file = join(folder, 'functions.json')
  const { port } = server.address() as AddressInfo
  writeFileSync(file, JSON.stringify({ '*': { url: `http://127.0.0.1:${port}/{functionName}` } }))
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  return {
    flags: ['--functions-file', file],
    given(byTrigger, { version = 'V1_0' } = {}) {
      const events: TriggerEvent[] = []
      const lambdaConfig: LambdaConfigType = {}
      const triggerFunctions: Partial<Record<OwnTriggerName, string>> = {}
      for (const [trigger, handler] of Object.entries(byTrigger) as [TriggerName, Handler][]) {
        const name = `${trigger}-${handlers.size}`
        handlers.set(name, (event) => {
          events.push(structuredClone(event))
          return handler(event)
        })
        const arn = `arn:aws:lambda:us-east-1:123456789012:function:${name}`
        if (isOwn(trigger)) triggerFunctions[trigger] = arn
        else Object.assign(lambdaConfig, configOf(trigger, arn, version))
      }
      return {
        lambdaConfig,
        triggerFunctions,
        events,
        get fired() {
          return events.map(({ triggerSource }) => triggerSource)
        },
        clear() {
          events.length = 0
        },
      }
    },
  }
}

const isOwn = (trigger: TriggerName): trigger is OwnTriggerName => (ownTriggers as readonly TriggerName[]).includes(trigger)

function configOf(trigger: CognitoTriggerName, arn: string, version: 'V1_0' | 'V2_0' | 'V3_0'): LambdaConfigType {
  if (trigger === 'PreTokenGeneration') return { PreTokenGenerationConfig: { LambdaArn: arn, LambdaVersion: version } }
  if (!withVersion.has(trigger)) return { [trigger]: arn }
  const sender = { [trigger]: { LambdaArn: arn, LambdaVersion: 'V1_0' } }
  return trigger === 'InboundFederation' ? sender : { ...sender, KMSKeyID: kmsKeyArn }
}

async function answer(handlers: ReadonlyMap<string, Handler>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const handler = handlers.get(decodeURIComponent((request.url ?? '/').slice(1)))
  const event = JSON.parse(await text(request)) as TriggerEvent
  try {
    if (handler === undefined) throw new Error('no such function')
    const answered = await handler(event)
    response.writeHead(200, { 'content-type': 'application/json' }).end(answered === undefined ? 'null' : JSON.stringify(answered))
  } catch (error) {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ errorMessage: (error as Error).message }))
  }
}
