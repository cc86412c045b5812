import { invalidParameter } from '../../contract/api-error.ts'
import type { SessionDescriptionType } from '../../contract/generated/types.ts'
import type { Session } from '../session.ts'
import { writeSessionId } from './session-id.ts'

/** A session as its user and administrators see it. `isCurrent` is for the one whose access token asks. */
export function writeSession(session: Session, isCurrent: boolean): SessionDescriptionType {
  const { activity } = session
  return {
    SessionId: writeSessionId(session.id),
    SessionType: 'TOKEN',
    ClientId: session.clientId,
    CreateDate: new Date(session.createdAt),
    LastActiveDate: new Date(activity?.lastActiveAt ?? session.createdAt),
    DeviceType: activity?.device,
    LastIPAddress: activity?.ip ?? undefined,
    // What Cognito says when it cannot tell the place of an address.
    LastLocation: { Country: 'unknown' },
    IsCurrentSession: isCurrent,
  }
}

/** A user has at most a hundred sessions, which is less than a page. Throws InvalidParameterException for a token, which is not ours. */
export function requireFirstPage(nextToken: string | undefined): void {
  if (nextToken !== undefined) throw invalidParameter('Invalid pagination token given.')
}
