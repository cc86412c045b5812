import { createIdentityPool } from './create-identity-pool.operation.ts'
import { getCredentialsForIdentity } from './credentials/get-credentials-for-identity.operation.ts'
import { deleteIdentityPool } from './delete-identity-pool.operation.ts'
import { describeIdentityPool } from './describe-identity-pool.operation.ts'
import { getOpenIdTokenForDeveloperIdentity } from './developer-users/get-open-id-token-for-developer-identity.operation.ts'
import { lookupDeveloperIdentity } from './developer-users/lookup-developer-identity.operation.ts'
import { mergeDeveloperIdentities } from './developer-users/merge-developer-identities.operation.ts'
import { unlinkDeveloperIdentity } from './developer-users/unlink-developer-identity.operation.ts'
import { deleteIdentities } from './identities/delete-identities.operation.ts'
import { describeIdentity } from './identities/describe-identity.operation.ts'
import { getId } from './identities/get-id.operation.ts'
import { listIdentities } from './identities/list-identities.operation.ts'
import { unlinkIdentity } from './identities/unlink-identity.operation.ts'
import { listIdentityPools } from './list-identity-pools.operation.ts'
import { getPrincipalTagAttributeMap } from './principal-tags/get-principal-tag-attribute-map.operation.ts'
import { setPrincipalTagAttributeMap } from './principal-tags/set-principal-tag-attribute-map.operation.ts'
import { getIdentityPoolRoles } from './roles/get-identity-pool-roles.operation.ts'
import { setIdentityPoolRoles } from './roles/set-identity-pool-roles.operation.ts'
import { listTagsForResource } from './tags/list-tags-for-resource.operation.ts'
import { tagResource } from './tags/tag-resource.operation.ts'
import { untagResource } from './tags/untag-resource.operation.ts'
import { getOpenIdToken } from './tokens/get-open-id-token.operation.ts'
import { updateIdentityPool } from './update-identity-pool.operation.ts'

export const identityPoolOperations = [
  createIdentityPool,
  deleteIdentityPool,
  describeIdentityPool,
  listIdentityPools,
  updateIdentityPool,
  getIdentityPoolRoles,
  setIdentityPoolRoles,
  getPrincipalTagAttributeMap,
  setPrincipalTagAttributeMap,
  tagResource,
  untagResource,
  listTagsForResource,
  deleteIdentities,
  describeIdentity,
  listIdentities,
  getId,
  getOpenIdToken,
  getCredentialsForIdentity,
  unlinkIdentity,
  getOpenIdTokenForDeveloperIdentity,
  lookupDeveloperIdentity,
  mergeDeveloperIdentities,
  unlinkDeveloperIdentity,
] as const
