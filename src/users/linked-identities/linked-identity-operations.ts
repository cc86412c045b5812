import { adminDisableProviderForUser } from './admin-disable-provider-for-user.operation.ts'
import { adminLinkProviderForUser } from './admin-link-provider-for-user.operation.ts'

/** Who at other identity providers a user is. */
export const linkedIdentityOperations = [adminDisableProviderForUser, adminLinkProviderForUser] as const
