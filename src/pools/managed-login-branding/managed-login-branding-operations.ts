import { createManagedLoginBranding } from './create-managed-login-branding.operation.ts'
import { deleteManagedLoginBranding } from './delete-managed-login-branding.operation.ts'
import { describeManagedLoginBranding } from './describe-managed-login-branding.operation.ts'
import { describeManagedLoginBrandingByClient } from './describe-managed-login-branding-by-client.operation.ts'
import { updateManagedLoginBranding } from './update-managed-login-branding.operation.ts'

export const managedLoginBrandingOperations = [
  createManagedLoginBranding,
  describeManagedLoginBranding,
  describeManagedLoginBrandingByClient,
  updateManagedLoginBranding,
  deleteManagedLoginBranding,
] as const
