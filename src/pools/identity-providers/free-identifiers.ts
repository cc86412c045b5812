import { invalidParameter } from '../../contract/api-error.ts'
import type { Tx } from '../../storage/db.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { replaceIdentifiers } from './identity-provider-repository.ts'

/** Gives the provider its identifiers in the place of `before`. Throws InvalidParameterException when another one has one of them. */
export async function requireFreeIdentifiers(tx: Tx, poolId: string, provider: IdentityProvider, before: readonly string[]): Promise<void> {
  const taken = await replaceIdentifiers(tx, poolId, provider, before)
  if (taken !== undefined) throw invalidParameter(`The identifier ${taken} belongs to another identity provider of this user pool.`)
}
