import { definitionOf } from './model.ts'
import type { Input, OperationName } from './operation.ts'
import { readerOf } from './read-shape.ts'
import { Violations, wrongType } from './violations.ts'

/**
 * A request as its handler may rely on it: fresh objects that hold only members the contract knows, each of the right type and within
 * its constraints. `body` is the parsed JSON.
 *
 * Throws SerializationException when a value has the wrong JSON type, otherwise InvalidParameterException with every broken
 * constraint in one message, worded as the service was seen to word it.
 */
export function readRequest<N extends OperationName>(name: N, body: unknown): Input<N> {
  if (typeof body !== 'object' || body === null) throw wrongType(body, undefined)
  const { service, input } = definitionOf(name)
  // AWS passes over members that it does not know, and old servers meet new SDKs. Our own operations are called by hand: a policy with a
  // typing error in it must not be taken for none.
  const violations = new Violations({ rejectsUnknownMembers: service === 'lifeguard' })
  const request = readerOf(input)(body, '', violations)
  violations.throwIfAny()
  return request as Input<N>
}
