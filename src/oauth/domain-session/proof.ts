import type { SelfServiceProof } from '../../users/self-service/self-service.ts'
import type { DomainSession } from './session-cookie.ts'

/** What the user has proven in a sign-in on the pages. */
export const proofOf = ({ authTime, hasSecondFactor }: Pick<DomainSession, 'authTime' | 'hasSecondFactor'>): SelfServiceProof => ({
  authTime: authTime * 1000,
  hasSecondFactor,
})
