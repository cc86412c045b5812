import { randomBytes } from 'node:crypto'
import { idText } from '../access-key.ts'
import type { Policy, TrustPolicy } from '../policy.ts'
import { PolicyError } from '../policy-error.ts'
import { readPolicy, readTrustPolicy } from '../read-policy.ts'

/** A role: who may assume it, and what its sessions may do. Times are epoch milliseconds. */
export type Role = {
  /** `arn:aws:iam::<account>:role/<path and name>`. */
  readonly arn: string
  /** `AROA…`. A role that is deleted and created again has another id, so that sessions of the old one stay ended. */
  readonly id: string
  readonly description: string
  /** The policy document that says who may assume the role, as it was given. */
  readonly trustPolicy: string
  /** Permission policy documents by name, as they were given. */
  readonly policies: Readonly<Record<string, string>>
  readonly maxSessionSeconds: number
  /** How often the sessions of the role were revoked. Sessions of another generation have ended. */
  readonly sessionGeneration: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A role whose policies were read. */
export type ReadRole = Role & { readonly trust: TrustPolicy; readonly permissions: Policy }

/** @throws PolicyError when a policy cannot be enforced as it is written. The message names the policy. */
export function readRolePolicies(role: Role): ReadRole {
  const trust = readNamed('TrustPolicy', () => readTrustPolicy(role.trustPolicy))
  const statements = Object.entries(role.policies).flatMap(
    ([name, document]) => readNamed(`Policies.${name}`, () => readPolicy(document, 'role')).statements,
  )
  return { ...role, trust, permissions: { statements } }
}

function readNamed<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof PolicyError ? new PolicyError(`${name}: ${error.message}`) : error
  }
}

/** The role as it counts while its policies cannot be read: it trusts no principal, and its sessions may do nothing. */
export const withoutPolicies = (role: Role): ReadRole => ({ ...role, trust: { statements: [] }, permissions: { statements: [] } })

export const newRoleId = (): string => `AROA${idText(randomBytes(16))}`

/** The account and the path with the name in the ARN of a role. Undefined for any other text. */
export function parseRoleArn(arn: string): { readonly accountId: string; readonly name: string } | undefined {
  const [, accountId, name] = /^arn:aws:iam::(\d{12}):role\/(?:[\x21-\x7e]{1,511}\/)?([\w+=,.@-]{1,64})$/.exec(arn) ?? []
  return accountId === undefined || name === undefined ? undefined : { accountId, name }
}
