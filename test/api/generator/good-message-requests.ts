import type { OperationName } from '../../../src/contract/operation.ts'
import { type Maker, made } from './maker.ts'
import { newSignUp } from './world.ts'

/** A message with a code that is still good. */
const ofMessage: Maker = async (world) => {
  const { name } = await newSignUp(world)
  const pool = { UserPoolId: world.main.poolId }
  const { Messages } = await made(world, 'ListMessages', { ...pool, Username: name })
  const [message] = Messages as { readonly MessageId: string }[]
  return { ...pool, MessageId: message?.MessageId }
}

/** Operations about messages. */
export const messageMakers: Partial<Record<OperationName, Maker>> = {
  ReadMessageCode: ofMessage,
  ResendMessage: ofMessage,
}
