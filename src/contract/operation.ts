import type { OperationName, Operations } from './generated/types.ts'

export type { OperationName } from './generated/types.ts'

/**
 * What a caller must prove before a handler runs. The dispatcher (in `web/rpc`) verifies this proof, so a handler may rely on it.
 *
 * - `public`: nothing.
 * - `app-client`: the request names an app client in `ClientId` and, if that client has a secret, its `SecretHash` is right.
 * - `access-token`: `AccessToken` is a valid token of an enabled user, neither expired nor revoked.
 * - `session-or-token`: either an `AccessToken`, verified as above, or a `Session`, which the operation opens itself; never both.
 * - `iam`: a SigV4 signature by an access key whose policy allows the operation.
 */
export type Auth = 'public' | 'app-client' | 'access-token' | 'session-or-token' | 'iam'

/** The caller of an `iam` operation. */
export type IamCaller = {
  /** The access key that signed the request. Undefined for an unsigned request in `lifeguard dev`. */
  readonly accessKeyId: string | undefined
  /**
   * Whether the caller's policy allows the operation on an identity pool, or on the resource `*` when the id is undefined. For operations
   * that are about several pools; the policy was asked about all others before the handler runs.
   */
  isAllowedOnIdentityPool(poolId: string | undefined): boolean
}

/** Where a request came from, as far as the server can tell. Do not trust what the caller says about itself. */
export type RequestContext = {
  /** Undefined when the connection ended before the address was read. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
  /** The id that the answer and the log have. */
  readonly requestId?: string | undefined
}

/** The request that a handler receives: checked against the model, with known members only. */
export type Input<N extends OperationName> = Operations[N]['input']

/** The response of an operation. When the response has an empty body, the handler may return nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: as the return type of a handler it allows `async handle() {}`
export type Output<N extends OperationName> = Operations[N]['output'] extends undefined ? void : Operations[N]['output']

/**
 * One API operation: who may call the operation, and what the operation does. `D` are the services that the handler uses; `C` is what the
 * dispatcher knows about the caller.
 */
export type Operation<N extends OperationName, D, C> = {
  readonly name: N
  readonly auth: Auth
  /**
   * Whether each call leaves an audit record. True for every `iam` operation that changes something or shows a secret. The handler's caller
   * is then an `AuditedCaller`.
   */
  readonly isAudited?: boolean
  handle(request: Input<N>, deps: D, caller: C, context: RequestContext): Promise<Output<N>>
}

/** Binds a handler to an operation of the contract, which gives request and response their types. */
export function operation<N extends OperationName, D, C>(name: N, spec: Omit<Operation<N, D, C>, 'name'>): Operation<N, D, C> {
  return { name, auth: spec.auth, isAudited: spec.isAudited ?? false, handle: spec.handle }
}
