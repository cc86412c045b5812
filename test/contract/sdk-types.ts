import type { CognitoIdentity } from '@aws-sdk/client-cognito-identity'
import type { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import type { Operations } from '../../src/contract/generated/types.ts'
import type { Input, OperationName } from '../../src/contract/operation.ts'

// Compares the generated types with those of the official SDK. Handlers must accept all requests of the SDK, and the SDK must be able to
// read all responses. The compiler is the test: its message names the operations that differ.

/** `T` with members that may be undefined. In the SDK's types, even required members of requests and responses may be. */
type Loose<T> = unknown extends T
  ? T
  : T extends Date | Uint8Array
    ? T
    : T extends readonly (infer E)[]
      ? readonly Loose<E>[]
      : T extends object
        ? { [K in keyof T]?: Loose<T[K]> | undefined }
        : T

/**
 * `T` with writable lists, and with `any` for free-form JSON. The SDK's lists are writable, and its free-form JSON is narrower than
 * `unknown`.
 */
type Writable<T> = unknown extends T
  ? // biome-ignore lint/suspicious/noExplicitAny: only free-form JSON has another type in the SDK than in the contract
    any
  : T extends Date | Uint8Array
    ? T
    : T extends readonly (infer E)[]
      ? Writable<E>[]
      : T extends object
        ? { [K in keyof T]: Writable<T[K]> }
        : T

type SdkInput<Client, Method extends string> = Method extends keyof Client
  ? // biome-ignore lint/suspicious/noExplicitAny: the parameters of an overloaded method
    Client[Method] extends (args: infer I, ...rest: any[]) => any
    ? I
    : never
  : never

type SdkOutput<Client, Method extends string> = Method extends keyof Client
  ? // biome-ignore lint/suspicious/noExplicitAny: the parameters of an overloaded method
    Client[Method] extends (args: any, options: any, callback: (error: any, output?: infer O) => void) => void
    ? Omit<NonNullable<O>, '$metadata'>
    : never
  : never

type Named<T extends { [N in keyof T]: unknown }> = { [N in keyof T]: T[N] extends true ? never : N }[keyof T]
type Wire<N extends string> = N extends `identity:${infer W}` ? Uncapitalize<W> : Uncapitalize<N>
type MembersOf<T> = T extends unknown ? keyof T : never

/** Operations whose request has another type in the SDK. */
type InputMismatch<Client, N extends OperationName> = Named<{
  [M in N]: SdkInput<Client, Wire<M>> extends Loose<Input<M>>
    ? Exclude<MembersOf<SdkInput<Client, Wire<M>>>, keyof Input<M>> extends never
      ? Exclude<keyof Input<M>, MembersOf<SdkInput<Client, Wire<M>>>> extends never
        ? true
        : false
      : false
    : false
}>

/** Operations whose response the SDK could not read. */
type OutputMismatch<Client, N extends OperationName> = Named<{
  [M in N]: Operations[M]['output'] extends undefined
    ? true
    : Writable<Operations[M]['output']> extends SdkOutput<Client, Wire<M>>
      ? Exclude<keyof Operations[M]['output'], keyof SdkOutput<Client, Wire<M>>> extends never
        ? true
        : false
      : false
}>

type IdentityPoolMethods = Capitalize<Extract<keyof CognitoIdentity, string>>
type Shared = 'TagResource' | 'UntagResource' | 'ListTagsForResource'
type IdentityPoolName = Extract<OperationName, Exclude<IdentityPoolMethods, Shared> | `identity:${Shared}`>
type UserPoolName = Extract<OperationName, Capitalize<Extract<keyof CognitoIdentityProvider, string>>>

type None<T extends never> = T
type Only<Expected, T extends Expected> = T

// Operations with the client's `ExplicitAuthFlows`. GetClientToken's documentation requires a value there that the SDK's types lack.
type WithClientTokenFlow = 'CreateUserPoolClient' | 'DescribeUserPoolClient' | 'UpdateUserPoolClient'

/** Lifeguard's own operations, which no SDK has. */
type LifeguardName =
  | 'AdminChangeUsername'
  | 'AdminDeleteRecoveryCodes'
  | 'AdminGetRecoveryCodeStatus'
  | 'AuthorizeRequest'
  | 'ChangeUsername'
  | 'CheckIdentityProvider'
  | 'ClearSlowedNetwork'
  | 'CorrectSignUpContact'
  | 'CreateInitialAccessToken'
  | 'CreateRecoveryCodes'
  | 'CreateUserRecordsImportJob'
  | 'DeleteInitialAccessToken'
  | 'DeleteRole'
  | 'DescribeAuthEventRisk'
  | 'DescribeFormerPool'
  | 'DescribeSchemaChange'
  | 'FinishSchemaChange'
  | 'GetRecoveryCodeStatus'
  | 'GetRole'
  | 'GetUserPoolExtensions'
  | 'IssueCode'
  | 'ListAuditRecords'
  | 'ListBackups'
  | 'ListDeletedUserPools'
  | 'ListDeletedUsers'
  | 'ListInitialAccessTokens'
  | 'ListMessages'
  | 'ListRoles'
  | 'ListSlowedNetworks'
  | 'ListTriggerInvocations'
  | 'ListUserImportLog'
  | 'MergeUsers'
  | 'PlanSchemaChange'
  | 'PurgeDeletedUser'
  | 'PutRole'
  | 'ReadMessageCode'
  | 'ReplayTriggerInvocation'
  | 'ResendMessage'
  | 'RestoreUser'
  | 'RestoreUserPool'
  | 'RotateSigningKeys'
  | 'GetUserPoolClientExtensions'
  | 'SetUserPoolClientExtensions'
  | 'SetUserPoolExtensions'
  | 'StartBackup'
  | 'StartSchemaChange'
  | 'UndoSchemaChange'
  | 'UnlinkProvider'
  | 'UpdateWebAuthnCredential'

export type Findings = [
  None<InputMismatch<CognitoIdentityProvider, UserPoolName>>,
  Only<WithClientTokenFlow, OutputMismatch<CognitoIdentityProvider, UserPoolName>>,
  None<InputMismatch<CognitoIdentity, IdentityPoolName>>,
  None<OutputMismatch<CognitoIdentity, IdentityPoolName>>,
  Only<LifeguardName, Exclude<OperationName, UserPoolName | IdentityPoolName>>,
]
