import type { OperationName } from '../../../src/contract/operation.ts'
import type { Request } from './places.ts'
import { send } from './send.ts'
import type { World } from './world.ts'

/** Makes a request that is good once. */
export type Maker = (world: World) => Request | Promise<Request>

/** Calls an operation that must succeed on the way to another. */
export async function made(world: World, name: OperationName, request: Request): Promise<Record<string, unknown>> {
  const answer = await send(world.server, name, request)
  if (answer.status !== 200) throw new Error(`${name} was answered ${answer.text}`)
  return answer.body
}
