import { invalidParameter } from '../../contract/api-error.ts'
import type { SessionDescriptionType } from '../../contract/generated/types.ts'
import type { Session } from '../session.ts'
import { writeSessionId } from './session-id.ts'

/** `isCurrent` says whether the access token of the call belongs to this session. */
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
    // Cognito's value for an address of unknown location.
    LastLocation: { Country: 'unknown' },
    IsCurrentSession: isCurrent,
  }
}

/**
 * Checks that the request asks for the first page. A user has at most a hundred sessions, so the first page holds all of them and no call
 * ever returns a NextToken.
 *
 * @throws ApiError InvalidParameterException for any NextToken.
 */
export function requireFirstPage(nextToken: string | undefined): void {
  if (nextToken !== undefined) throw invalidParameter('Invalid pagination token given.')
}
