import { addCustomAttributes } from './add-custom-attributes.operation.ts'
import { getUserPoolClientExtensions } from './client-extensions/get-user-pool-client-extensions.operation.ts'
import { setUserPoolClientExtensions } from './client-extensions/set-user-pool-client-extensions.operation.ts'
import { addUserPoolClientSecret } from './client-secrets/add-user-pool-client-secret.operation.ts'
import { deleteUserPoolClientSecret } from './client-secrets/delete-user-pool-client-secret.operation.ts'
import { listUserPoolClientSecrets } from './client-secrets/list-user-pool-client-secrets.operation.ts'
import { createUserPool } from './create-user-pool.operation.ts'
import { createUserPoolClient } from './create-user-pool-client.operation.ts'
import { deleteUserPool } from './delete-user-pool.operation.ts'
import { deleteUserPoolClient } from './delete-user-pool-client.operation.ts'
import { listDeletedUserPools } from './deleted-pools/list-deleted-user-pools.operation.ts'
import { restoreUserPool } from './deleted-pools/restore-user-pool.operation.ts'
import { describeUserPool } from './describe-user-pool.operation.ts'
import { describeUserPoolClient } from './describe-user-pool-client.operation.ts'
import { createUserPoolDomain } from './domains/create-user-pool-domain.operation.ts'
import { deleteUserPoolDomain } from './domains/delete-user-pool-domain.operation.ts'
import { describeUserPoolDomain } from './domains/describe-user-pool-domain.operation.ts'
import { updateUserPoolDomain } from './domains/update-user-pool-domain.operation.ts'
import { getUserPoolExtensions } from './extensions/get-user-pool-extensions.operation.ts'
import { setUserPoolExtensions } from './extensions/set-user-pool-extensions.operation.ts'
import { createIdentityProvider } from './identity-providers/create-identity-provider.operation.ts'
import { deleteIdentityProvider } from './identity-providers/delete-identity-provider.operation.ts'
import { describeIdentityProvider } from './identity-providers/describe-identity-provider.operation.ts'
import { getIdentityProviderByIdentifier } from './identity-providers/get-identity-provider-by-identifier.operation.ts'
import { listIdentityProviders } from './identity-providers/list-identity-providers.operation.ts'
import { updateIdentityProvider } from './identity-providers/update-identity-provider.operation.ts'
import { listUserPoolClients } from './list-user-pool-clients.operation.ts'
import { listUserPools } from './list-user-pools.operation.ts'
import { getLogDeliveryConfiguration } from './log-delivery/get-log-delivery-configuration.operation.ts'
import { setLogDeliveryConfiguration } from './log-delivery/set-log-delivery-configuration.operation.ts'
import { createManagedLoginBranding } from './managed-login-branding/create-managed-login-branding.operation.ts'
import { deleteManagedLoginBranding } from './managed-login-branding/delete-managed-login-branding.operation.ts'
import { describeManagedLoginBranding } from './managed-login-branding/describe-managed-login-branding.operation.ts'
import { describeManagedLoginBrandingByClient } from './managed-login-branding/describe-managed-login-branding-by-client.operation.ts'
import { updateManagedLoginBranding } from './managed-login-branding/update-managed-login-branding.operation.ts'
import { getUserPoolMfaConfig } from './mfa/get-user-pool-mfa-config.operation.ts'
import { setUserPoolMfaConfig } from './mfa/set-user-pool-mfa-config.operation.ts'
import { getProvisionedLimit } from './provisioned-limits/get-provisioned-limit.operation.ts'
import { updateProvisionedLimit } from './provisioned-limits/update-provisioned-limit.operation.ts'
import { createUserPoolReplica } from './replicas/create-user-pool-replica.operation.ts'
import { deleteUserPoolReplica } from './replicas/delete-user-pool-replica.operation.ts'
import { listUserPoolReplicas } from './replicas/list-user-pool-replicas.operation.ts'
import { updateUserPoolReplica } from './replicas/update-user-pool-replica.operation.ts'
import { createResourceServer } from './resource-servers/create-resource-server.operation.ts'
import { deleteResourceServer } from './resource-servers/delete-resource-server.operation.ts'
import { describeResourceServer } from './resource-servers/describe-resource-server.operation.ts'
import { listResourceServers } from './resource-servers/list-resource-servers.operation.ts'
import { updateResourceServer } from './resource-servers/update-resource-server.operation.ts'
import { describeRiskConfiguration } from './risk/describe-risk-configuration.operation.ts'
import { setRiskConfiguration } from './risk/set-risk-configuration.operation.ts'
import { getUserPoolClientSessionConfiguration } from './sessions/get-user-pool-client-session-configuration.operation.ts'
import { getUserPoolSessionConfiguration } from './sessions/get-user-pool-session-configuration.operation.ts'
import { setUserPoolClientSessionConfiguration } from './sessions/set-user-pool-client-session-configuration.operation.ts'
import { setUserPoolSessionConfiguration } from './sessions/set-user-pool-session-configuration.operation.ts'
import { getSigningCertificate } from './signing-certificate/get-signing-certificate.operation.ts'
import { listTagsForResource } from './tags/list-tags-for-resource.operation.ts'
import { tagResource } from './tags/tag-resource.operation.ts'
import { untagResource } from './tags/untag-resource.operation.ts'
import { createTerms } from './terms/create-terms.operation.ts'
import { deleteTerms } from './terms/delete-terms.operation.ts'
import { describeTerms } from './terms/describe-terms.operation.ts'
import { describeTermsByClient } from './terms/describe-terms-by-client.operation.ts'
import { listTerms } from './terms/list-terms.operation.ts'
import { updateTerms } from './terms/update-terms.operation.ts'
import { getUICustomization } from './ui-customization/get-ui-customization.operation.ts'
import { setUICustomization } from './ui-customization/set-ui-customization.operation.ts'
import { updateUserPool } from './update-user-pool.operation.ts'
import { updateUserPoolClient } from './update-user-pool-client.operation.ts'

/** The API operations of this module. */
export const poolOperations = [
  createUserPool,
  describeUserPool,
  updateUserPool,
  deleteUserPool,
  listDeletedUserPools,
  restoreUserPool,
  listUserPools,
  addCustomAttributes,
  createUserPoolClient,
  describeUserPoolClient,
  updateUserPoolClient,
  deleteUserPoolClient,
  listUserPoolClients,
  addUserPoolClientSecret,
  listUserPoolClientSecrets,
  deleteUserPoolClientSecret,
  createUserPoolDomain,
  describeUserPoolDomain,
  updateUserPoolDomain,
  deleteUserPoolDomain,
  getUserPoolClientExtensions,
  setUserPoolClientExtensions,
  getUserPoolExtensions,
  setUserPoolExtensions,
  createIdentityProvider,
  describeIdentityProvider,
  updateIdentityProvider,
  deleteIdentityProvider,
  listIdentityProviders,
  getIdentityProviderByIdentifier,
  setLogDeliveryConfiguration,
  getLogDeliveryConfiguration,
  createManagedLoginBranding,
  describeManagedLoginBranding,
  describeManagedLoginBrandingByClient,
  updateManagedLoginBranding,
  deleteManagedLoginBranding,
  getUserPoolMfaConfig,
  setUserPoolMfaConfig,
  getProvisionedLimit,
  updateProvisionedLimit,
  createUserPoolReplica,
  updateUserPoolReplica,
  deleteUserPoolReplica,
  listUserPoolReplicas,
  createResourceServer,
  describeResourceServer,
  updateResourceServer,
  deleteResourceServer,
  listResourceServers,
  setRiskConfiguration,
  describeRiskConfiguration,
  getUserPoolClientSessionConfiguration,
  getUserPoolSessionConfiguration,
  setUserPoolClientSessionConfiguration,
  setUserPoolSessionConfiguration,
  getSigningCertificate,
  tagResource,
  untagResource,
  listTagsForResource,
  createTerms,
  describeTerms,
  describeTermsByClient,
  updateTerms,
  deleteTerms,
  listTerms,
  setUICustomization,
  getUICustomization,
] as const
