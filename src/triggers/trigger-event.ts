import { regionOf } from '../pools/pool.ts'
import { triggerTargetOf } from '../pools/trigger-target.ts'
import type { JsonObject, TriggerCall } from './trigger.ts'

/** The event that a function gets: the members that the events of all triggers have, and the request and response of this trigger. */
export function eventOf({ pool, trigger, source, clientId, username, userAgent, request, response }: TriggerCall): JsonObject {
  return {
    version: versionOf(triggerTargetOf(pool, trigger)?.version),
    region: regionOf(pool.id),
    userPoolId: pool.id,
    userName: username,
    callerContext: { awsSdkVersion: sdkVersionOf(userAgent), clientId: clientId ?? 'CLIENT_ID_NOT_APPLICABLE' },
    triggerSource: source,
    request,
    response,
  }
}

/** The `version` of the event, from the LambdaVersion in the pool's settings: `2` for `V2_0`, and `1` when the pool sets none. */
function versionOf(version: string | undefined): string {
  return version?.[1] ?? '1'
}

/**
 * The first part of an AWS SDK's user agent, such as `aws-sdk-js/3.1169.0`, as Cognito's events write it: `aws-sdk-js-3.1169.0`. The
 * pattern only matches at the start of a word. Otherwise a long header that repeats `aws-sdk-` would be scanned again from each repetition.
 */
function sdkVersionOf(userAgent: string | undefined): string {
  const match = /(?<![\w-])(aws-sdk-[a-z0-9-]+)\/([\w.-]+)/i.exec(userAgent ?? '')
  return match === null ? 'aws-sdk-unknown-unknown' : `${match[1]}-${match[2]}`
}
