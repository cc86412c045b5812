import { AdminListUserAuthEventsCommand, type AuthEventType } from '@aws-sdk/client-cognito-identity-provider'
import type { TestServer } from './test-server.ts'

/** The auth events of the user, newest first. */
export async function eventsOf(server: Pick<TestServer, 'send'>, poolId: string, username = 'ana'): Promise<readonly AuthEventType[]> {
  return (await server.send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: username }))).AuthEvents ?? []
}
