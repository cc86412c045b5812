import type { OperationName } from '../../../src/contract/operation.ts'
import type { Request } from './fields.ts'
import { send } from './send.ts'
import type { World } from './world.ts'

/** Creates a request that succeeds once. */
export type RequestFactory = (world: World) => Request | Promise<Request>

/** Calls an operation that prepares another request. Throws when the call does not succeed. */
export async function mustSucceed(world: World, name: OperationName, request: Request): Promise<Record<string, unknown>> {
  const answer = await send(world.server, name, request)
  if (answer.status !== 200) throw new Error(`${name} failed: ${answer.text}`)
  return answer.body
}
