import { ApiError } from './api-error.ts'
import { definitionOf, type OperationDefinition, operationNames, type Service } from './model.ts'
import type { OperationName } from './operation.ts'
import { shortened } from './violations.ts'

export type { Service } from './model.ts'

/** The part before the dot in `X-Amz-Target`. */
const targetPrefixes: Readonly<Record<Service, string>> = {
  'user-pools': 'AWSCognitoIdentityProviderService',
  'identity-pools': 'AWSCognitoIdentityService',
  lifeguard: 'LifeguardService',
}

export type ServiceOperation = Omit<OperationDefinition, 'input' | 'output'> & { readonly name: OperationName }

/** Every operation of the three API services: user pools, identity pools, and Lifeguard's own. */
export const serviceOperations: readonly ServiceOperation[] = operationNames.map((name) => {
  const { service, wireName, signed, errors } = definitionOf(name)
  return { name, service, wireName, signed, errors }
})

const byTarget = new Map(serviceOperations.map((operation) => [`${targetPrefixes[operation.service]}.${operation.wireName}`, operation]))

/** The operation that an `X-Amz-Target` header names; undefined when there is no such operation. */
export const findOperationByTarget = (target: string): ServiceOperation | undefined => byTarget.get(target)

/**
 * The operation that an `X-Amz-Target` header names.
 * @throws ApiError UnknownOperationException when there is no such header or no such operation
 */
export function getOperationByTarget(target: string | undefined): ServiceOperation {
  const operation = target === undefined ? undefined : findOperationByTarget(target)
  if (operation === undefined) {
    const given = target === undefined ? 'is missing' : `names no operation of this server: ${shortened(target)}`
    throw new ApiError('UnknownOperationException', `X-Amz-Target ${given}`)
  }
  return operation
}
