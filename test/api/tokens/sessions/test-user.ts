import type { User } from '../../../../src/users/user.ts'

/** A confirmed user without any optional member. */
export function testUser(changes: Pick<User, 'poolId' | 'sub'> & Partial<User>): User {
  return {
    username: changes.sub,
    status: 'CONFIRMED',
    enabled: true,
    attributes: {},
    password: null,
    passwordExpiresAt: null,
    signedOutAt: null,
    createdAt: 0,
    updatedAt: 0,
    mfa: null,
    ...changes,
  }
}
