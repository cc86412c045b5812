import type { SelfServiceProof } from '../../users/self-service/self-service.ts'
import type { DomainSession } from './session-cookie.ts'

/** What is known about a sign-in on the pages. */
export type PageProof = SelfServiceProof & {
  /** When the user proved who they are, in epoch milliseconds. Undefined where nothing says so. */
  readonly provenAt: number | undefined
}

/** What the user has proven in a sign-in on the pages. */
export const proofOf = ({
  authTime,
  provenAt,
  hasSecondFactor,
}: Pick<DomainSession, 'authTime' | 'provenAt' | 'hasSecondFactor'>): PageProof => ({
  authTime: authTime * 1000,
  provenAt: provenAt === undefined ? undefined : provenAt * 1000,
  hasSecondFactor,
})
