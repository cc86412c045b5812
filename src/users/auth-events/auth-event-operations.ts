import { adminListUserAuthEvents } from './admin-list-user-auth-events.operation.ts'
import { adminUpdateAuthEventFeedback } from './admin-update-auth-event-feedback.operation.ts'
import { updateAuthEventFeedback } from './update-auth-event-feedback.operation.ts'

export const authEventOperations = [adminListUserAuthEvents, adminUpdateAuthEventFeedback, updateAuthEventFeedback] as const
