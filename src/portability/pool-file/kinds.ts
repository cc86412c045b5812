import { identityPools, roles } from './identity-kinds.ts'
import type { Kind } from './kind.ts'
import { userPools } from './pool-kinds.ts'

/** The sections of a file, in the order in which they are applied: identity pools name roles, app clients and user pools. */
export const topKinds: readonly Kind[] = [roles, userPools, identityPools]
