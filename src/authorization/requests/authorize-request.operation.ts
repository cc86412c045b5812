import type { Headers } from '../../access/signed-request.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { type Input, operation } from '../../contract/operation.ts'
import { type DecisionDeps, decideRequest, type ReceivedRequest } from './decide.ts'

/**
 * Lifeguard's own operation: says whether a request that another service received is allowed, and who made it. A refused request is an
 * answer and no error.
 */
export const authorizeRequest = operation('AuthorizeRequest', {
  auth: 'iam',

  async handle(request, deps: DecisionDeps) {
    const { isAllowed, reason, explanation, requester } = await decideRequest(deps, readReceived(request))
    return {
      Allowed: isAllowed,
      Reason: reason,
      Explanation: explanation,
      Principal: requester?.description,
      PayloadSigned: requester?.isPayloadSigned,
      ExpiresAt: requester?.expiresAt === undefined ? undefined : new Date(requester.expiresAt),
    }
  },
})

function readReceived(request: Input<'AuthorizeRequest'>): ReceivedRequest {
  const { Method: method, Path, PayloadHash: payloadHash, Action: action, Resource: resource, Context: context = {} } = request
  if (!Path.startsWith('/'))
    throw invalidParameter('Path must begin with a slash: it is the path and the query of the request, as received.')
  if (payloadHash !== undefined && !/^[0-9a-f]{64}$/.test(payloadHash)) {
    throw invalidParameter('PayloadHash must be the SHA-256 of the body in lower-case hexadecimal digits.')
  }
  if (action === undefined && (resource !== undefined || Object.keys(context).length > 0)) {
    throw invalidParameter('Resource and Context are of use only with an Action.')
  }
  if (action !== undefined && !/^[\w-]+:\w+$/.test(action)) {
    throw invalidParameter('Action must be a service and an operation, such as "s3:GetObject".')
  }
  const mark = Path.indexOf('?')
  const [path, query] = mark < 0 ? [Path, ''] : [Path.slice(0, mark), Path.slice(mark + 1)]
  return {
    head: { method, path, query, headers: readHeaders(request.Headers) },
    payloadHash,
    action,
    resource,
    context,
    requirements: {
      userPoolId: request.UserPoolId,
      clientIds: request.AllowedClientIds,
      groups: request.AllowedGroups,
      scopes: request.RequiredScopes,
    },
  }
}

/** Headers by their names in lower case. A header that came twice is one text, with commas between the values. */
function readHeaders(headers: Readonly<Record<string, string>>): Headers {
  const read: Record<string, string> = Object.create(null)
  for (const name in headers) {
    const lowerCase = name.toLowerCase()
    if (lowerCase in read) throw invalidParameter(`Headers: ${name} is given twice, because the case of names does not count.`)
    read[lowerCase] = headers[name] ?? ''
  }
  return read
}
