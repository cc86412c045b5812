import { auditOperations } from './audit/audit-operations.ts'
import { clientSecretOperations } from './pools/client-secrets/client-secret-operations.ts'
import { poolDomainOperations } from './pools/domains/pool-domain-operations.ts'
import { extensionOperations } from './pools/extensions/extension-operations.ts'
import { identityProviderOperations } from './pools/identity-providers/identity-provider-operations.ts'
import { logDeliveryOperations } from './pools/log-delivery/log-delivery-operations.ts'
import { managedLoginBrandingOperations } from './pools/managed-login-branding/managed-login-branding-operations.ts'
import { mfaConfigOperations } from './pools/mfa/mfa-config-operations.ts'
import { poolOperations } from './pools/operations.ts'
import { provisionedLimitOperations } from './pools/provisioned-limits/provisioned-limit-operations.ts'
import { replicaOperations } from './pools/replicas/replica-operations.ts'
import { resourceServerOperations } from './pools/resource-servers/resource-server-operations.ts'
import { riskOperations } from './pools/risk/risk-operations.ts'
import { sessionSettingsOperations } from './pools/sessions/session-settings-operations.ts'
import { signingCertificateOperations } from './pools/signing-certificate/signing-certificate-operations.ts'
import { tagOperations } from './pools/tags/tag-operations.ts'
import { termsOperations } from './pools/terms/terms-operations.ts'
import { uiCustomizationOperations } from './pools/ui-customization/ui-customization-operations.ts'
import { signInOperations } from './signin/operations.ts'
import { tokenOperations } from './tokens/operations.ts'
import { sessionOperations } from './tokens/sessions/session-operations.ts'
import { invocationOperations } from './triggers/invocations/invocation-operations.ts'
import { adminOperations } from './users/admin/admin-operations.ts'
import { authEventOperations } from './users/auth-events/auth-event-operations.ts'
import { codeOperations } from './users/codes/code-operations.ts'
import { deviceOperations } from './users/devices/device-operations.ts'
import { groupOperations } from './users/groups/group-operations.ts'
import { importOperations } from './users/import/import-operations.ts'
import { linkedIdentityOperations } from './users/linked-identities/linked-identity-operations.ts'
import { messageOperations } from './users/messages/message-operations.ts'
import { mfaOperations } from './users/mfa/mfa-operations.ts'
import { userOperations } from './users/operations.ts'
import { passkeyOperations } from './users/passkeys/passkey-operations.ts'

/** Every API operation that is built, by room. */
export const operations = [
  ...poolOperations,
  ...extensionOperations,
  ...auditOperations,
  ...codeOperations,
  ...mfaConfigOperations,
  ...poolDomainOperations,
  ...resourceServerOperations,
  ...identityProviderOperations,
  ...clientSecretOperations,
  ...sessionSettingsOperations,
  ...tagOperations,
  ...managedLoginBrandingOperations,
  ...uiCustomizationOperations,
  ...termsOperations,
  ...riskOperations,
  ...logDeliveryOperations,
  ...signingCertificateOperations,
  ...replicaOperations,
  ...provisionedLimitOperations,
  ...invocationOperations,
  ...userOperations,
  ...passkeyOperations,
  ...adminOperations,
  ...mfaOperations,
  ...groupOperations,
  ...authEventOperations,
  ...deviceOperations,
  ...importOperations,
  ...linkedIdentityOperations,
  ...messageOperations,
  ...tokenOperations,
  ...sessionOperations,
  ...signInOperations,
] as const
