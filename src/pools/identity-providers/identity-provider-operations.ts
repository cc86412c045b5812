import { createIdentityProvider } from './create-identity-provider.operation.ts'
import { deleteIdentityProvider } from './delete-identity-provider.operation.ts'
import { describeIdentityProvider } from './describe-identity-provider.operation.ts'
import { getIdentityProviderByIdentifier } from './get-identity-provider-by-identifier.operation.ts'
import { listIdentityProviders } from './list-identity-providers.operation.ts'
import { updateIdentityProvider } from './update-identity-provider.operation.ts'

export const identityProviderOperations = [
  createIdentityProvider,
  describeIdentityProvider,
  updateIdentityProvider,
  deleteIdentityProvider,
  listIdentityProviders,
  getIdentityProviderByIdentifier,
] as const
