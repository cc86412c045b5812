import type { Output } from '../../contract/operation.ts'
import type { Identity } from '../identity.ts'

/** `providers` are those that the identity has logins of. */
export function writeIdentity({ id, createdAt, updatedAt }: Identity, providers: readonly string[] = []): Output<'DescribeIdentity'> {
  return { IdentityId: id, Logins: providers, CreationDate: new Date(createdAt), LastModifiedDate: new Date(updatedAt) }
}
