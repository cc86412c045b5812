/** The record of one signed call that changes something, or of one command that does. No member may contain a secret. */
export type AuditRecord = {
  /** A UUIDv7 of the time `at`. Sorted by id, records are in the order of time. */
  readonly id: string
  /** When the server began to process the call, or when the command made its change. In milliseconds since the epoch. */
  readonly at: number
  /** The operation's wire name. For a command of `lifeguard keys`: what it did, such as `CreateAccessKey`. */
  readonly operation: string
  /** The access key that signed the request. Undefined for a command, and for an unsigned request in `lifeguard dev`. */
  readonly accessKeyId?: string | undefined
  /** The ARN of the session of a role whose temporary key signed the request. Undefined when a stored access key signed it. */
  readonly sessionArn?: string | undefined
  /** The identity of an identity pool that this session belongs to. Undefined when the role was assumed without one. */
  readonly sessionIdentityId?: string | undefined
  /** The user of the operating system who ran the command. Undefined for a request. */
  readonly systemUser?: string | undefined
  /** The user pool or identity pool that the call is about. */
  readonly poolId?: string | undefined
  /** The id of what the call is about: the `sub` of a user, the id of an app client, the name of a group, the id of an access key … */
  readonly subject?: string | undefined
  /** The username of the user that the call is about: the one that the user had, or, of a refused call, the one that the request named. */
  readonly username?: string | undefined
  /**
   * The names of the members of the subject (a user, a pool …) that have other values after the call, such as `UserAttributes.email` of a
   * user. The values are not recorded, because some of them are secret or personal data.
   */
  readonly changedMembers?: readonly string[] | undefined
  /** `ok`, or the code of the error that the caller got. */
  readonly outcome: string
  /** The `x-amzn-requestid` of the answer. */
  readonly requestId?: string | undefined
  /** The address of the caller, if the operator has switched on `--log-addresses`. */
  readonly address?: string | undefined
  /** What else there is to know, such as the purpose of a code. */
  readonly detail?: string | undefined
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
}

export const outcomeOk = 'ok'
