import { definitionOf } from './model.ts'
import type { Input, OperationName } from './operation.ts'
import { readerOf } from './read-shape.ts'
import { Violations, wrongType } from './violations.ts'

/**
 * The request for a handler: new objects that hold only members of the contract, each of the right type and within its constraints.
 * `body` is the parsed JSON.
 * @throws ApiError SerializationException when a value has the wrong JSON type
 * @throws ApiError InvalidParameterException with every broken constraint in one message, in the service's words (observed)
 */
export function readRequest<N extends OperationName>(name: N, body: unknown): Input<N> {
  return read(name, body, undefined)
}

/**
 * The request for a handler whose user is known already, such as on a page. It has no access token, and the handler reads none.
 * @throws ApiError as `readRequest`
 */
export function readRequestOfUser<N extends OperationName>(name: N, body: Omit<Input<N>, 'AccessToken'>): Input<N> {
  return read(name, body, 'accessToken')
}

function read<N extends OperationName>(name: N, body: unknown, mayLack: string | undefined): Input<N> {
  if (typeof body !== 'object' || body === null) throw wrongType(body, undefined)
  const { service, input } = definitionOf(name)
  // AWS ignores unknown members, so that new SDKs work with old servers. Lifeguard's own operations are often called by hand, and a
  // misspelt section must not be ignored.
  const violations = new Violations({ rejectsUnknownMembers: service === 'lifeguard', mayLack })
  const request = readerOf(input)(body, '', violations)
  violations.throwIfAny()
  return request as Input<N>
}
