import type { OperationName, Operations } from './generated/types.ts'

export type { OperationName } from './generated/types.ts'

/**
 * What a caller must show before a handler runs. The gateway proves it; a handler may rely on it.
 *
 * - `public`: nothing.
 * - `app-client`: the request names an app client in `ClientId` and, if that client has a secret, its `SecretHash` is right.
 * - `access-token`: `AccessToken` is a valid, unexpired, unrevoked token of an enabled user.
 * - `session-or-token`: either `AccessToken`, proven as above, or a `Session`, which the operation opens itself; never both.
 * - `iam`: a SigV4 signature by an access key that is allowed to do this.
 */
export type Auth = 'public' | 'app-client' | 'access-token' | 'session-or-token' | 'iam'

/** Who calls an `iam` operation. */
export type IamCaller = {
  /** The access key that signed; undefined in `dev` for a request without one. */
  readonly accessKeyId: string | undefined
}

/** Where a request came from, as far as the gateway can tell. What a caller says about itself is not to be believed. */
export type RequestContext = {
  /** Undefined when the connection ended before anybody asked. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}

/** The request of an operation as its handler sees it: checked against the model, known members only. */
export type Input<N extends OperationName> = Operations[N]['input']

/** The answer of an operation. A handler of one that answers with an empty body may return nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: it stands where a handler's return type does, so that `async handle() {}` will do
export type Output<N extends OperationName> = Operations[N]['output'] extends undefined ? void : Operations[N]['output']

/**
 * One API operation: who may call it, and what it does.
 * `D` is what the handler needs (it names only what it uses); `C` is what the gateway found out about the caller.
 */
export type Operation<N extends OperationName, D, C> = {
  readonly name: N
  readonly auth: Auth
  handle(request: Input<N>, deps: D, caller: C, context: RequestContext): Promise<Output<N>>
}

/** Binds a handler to the name that the contract gives it, so that request and answer are typed by the contract. */
export function operation<N extends OperationName, D, C>(name: N, spec: Omit<Operation<N, D, C>, 'name'>): Operation<N, D, C> {
  return { name, auth: spec.auth, handle: spec.handle }
}
