import type { OperationName } from '../../../src/contract/operation.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { newSignUp } from './world.ts'

/** Creates a request that names a message whose code is valid. */
const ofMessage: RequestFactory = async (world) => {
  const { name } = await newSignUp(world)
  const pool = { UserPoolId: world.main.poolId }
  const { Messages } = await mustSucceed(world, 'ListMessages', { ...pool, Username: name })
  const [message] = Messages as { readonly MessageId: string }[]
  return { ...pool, MessageId: message?.MessageId }
}

/** For each operation on messages, a function that creates a request which succeeds. */
export const messageRequests: Partial<Record<OperationName, RequestFactory>> = {
  ReadMessageCode: ofMessage,
  ResendMessage: ofMessage,
}
