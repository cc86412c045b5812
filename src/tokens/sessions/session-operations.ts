import { adminListUserSessions } from './admin-list-user-sessions.operation.ts'
import { adminRevokeUserSession } from './admin-revoke-user-session.operation.ts'
import { listUserSessions } from './list-user-sessions.operation.ts'
import { revokeUserSession } from './revoke-user-session.operation.ts'

/** What users and administrators do about single sessions. */
export const sessionOperations = [adminListUserSessions, adminRevokeUserSession, listUserSessions, revokeUserSession] as const
