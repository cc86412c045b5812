import { recordCommand } from '../../audit/audit-trail.ts'
import type { AuditedCall, AuditedCaller } from '../../audit/audited-caller.ts'
import { authorizationOperations } from '../../authorization/operations.ts'
import type { Clock } from '../../base/clock.ts'
import type { Operation, OperationName } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import { writeResponse } from '../../contract/write-response.ts'
import { identityPoolOperations } from '../../identity-pools/operations.ts'
import { poolOperations } from '../../pools/operations.ts'
import { userOperations } from '../../users/operations.ts'
import type { Passwords } from '../../users/passwords/passwords.ts'
import { withHidden } from './hidden-settings.ts'
import { type Settings, textOf } from './json.ts'

const operations = [...poolOperations, ...userOperations, ...identityPoolOperations, ...authorizationOperations] as const

type OfPools = Exclude<
  (typeof poolOperations)[number]['name'],
  'DeleteUserPool' | `${string}Deleted${string}` | `Restore${string}` | `${string}ProvisionedLimit`
>
type OfUsers = 'CreateGroup' | 'UpdateGroup' | 'DeleteGroup' | 'ListGroups' | 'AdminAddUserToGroup' | 'AdminRemoveUserFromGroup'
type OfIdentityPools =
  | 'CreateIdentityPool'
  | 'UpdateIdentityPool'
  | 'DescribeIdentityPool'
  | 'ListIdentityPools'
  | 'SetIdentityPoolRoles'
  | 'GetIdentityPoolRoles'
  | 'SetPrincipalTagAttributeMap'
  | 'GetPrincipalTagAttributeMap'
type OfRoles = 'PutRole' | 'ListRoles' | 'DeleteRole'

export type CalledName = OfPools | OfUsers | OfIdentityPools | OfRoles
type Called = Extract<(typeof operations)[number], { readonly name: CalledName }>
type DepsOf<O> = O extends Operation<infer _N, infer D, infer _C> ? D : never
type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never

/** The services that the operations and the users of files ask for. */
export type CallDeps = Intersection<DepsOf<Called>> & { readonly passwords: Passwords }

/**
 * Runs an operation on the database. The response is that of the API, with what the API hides and a file needs.
 * @param purpose what the audit record says of a change, and of an answer with a secret
 * @throws ApiError as the operation does
 */
export type Call = (name: CalledName, request: Settings, fixed?: { readonly id: string | undefined }) => Promise<Settings>

export function createCall(deps: CallDeps, purpose = 'applied from a file'): Call {
  return async (name, request, fixed) => {
    const operation = operations.find((other) => other.name === name) as Operation<OperationName, CallDeps, AuditedCaller> | undefined
    if (operation === undefined) throw new Error(`There is no operation ${name}.`)
    const caller: AuditedCaller = {
      accessKeyId: undefined,
      isAllowedOnIdentityPool: () => true,
      audit: auditOf(deps, name, request, purpose),
    }
    const given = fixed?.id === undefined ? deps : { ...deps, fixedId: fixed.id }
    const output = await operation.handle(readRequest(operation.name, request), given, caller, { ip: undefined, userAgent: undefined })
    const text = writeResponse(operation.name, output)
    const response: Settings = text === '' ? {} : JSON.parse(text)
    return withHidden(deps, name, response)
  }
}

/** Each change leaves the audit record of a command. */
export function auditOf(
  { clock }: { readonly clock: Clock },
  operation: string,
  request: Settings,
  purpose = 'applied from a file',
): AuditedCall {
  const record: AuditedCall['record'] = (tx, change = {}) => {
    const poolId = change.poolId ?? textOf(request['UserPoolId'])
    const subject = change.user?.sub ?? change.subject ?? poolId ?? textOf(request['IdentityPoolId']) ?? textOf(request['RoleArn'])
    const changed = change.changedMembers?.length ? `changed: ${change.changedMembers.join(', ')}` : undefined
    const detail = [purpose, change.detail, changed].filter(Boolean).join('; ')
    return recordCommand(tx, clock, { operation, poolId, subject, detail })
  }
  return { record, recordEarlierStep: record }
}
