import { auditOperations } from './audit/operations.ts'
import { authorizationOperations } from './authorization/operations.ts'
import { identityPoolOperations } from './identity-pools/operations.ts'
import { oauthOperations } from './oauth/operations.ts'
import { poolOperations } from './pools/operations.ts'
import { portabilityOperations } from './portability/operations.ts'
import { protectionOperations } from './protection/operations.ts'
import { signInOperations } from './signin/operations.ts'
import { tokenOperations } from './tokens/operations.ts'
import { triggerOperations } from './triggers/operations.ts'
import { userOperations } from './users/operations.ts'

/** All API operations that are implemented, by module. */
export const operations = [
  ...poolOperations,
  ...protectionOperations,
  ...userOperations,
  ...tokenOperations,
  ...signInOperations,
  ...oauthOperations,
  ...triggerOperations,
  ...identityPoolOperations,
  ...authorizationOperations,
  ...auditOperations,
  ...portabilityOperations,
] as const
