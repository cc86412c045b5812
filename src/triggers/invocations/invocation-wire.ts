import type { TriggerInvocationType } from '../../contract/generated/types.ts'
import type { InvocationFailure, StoredInvocation } from './invocation.ts'

export function writeInvocation(invocation: StoredInvocation): TriggerInvocationType {
  return {
    InvocationId: invocation.id,
    Trigger: invocation.trigger,
    TriggerSource: invocation.source,
    FunctionArn: invocation.functionArn,
    Username: invocation.username,
    StartedAt: new Date(invocation.startedAt),
    DurationMilliseconds: Math.round(invocation.durationMs),
    Attempts: invocation.attempts,
    Outcome: invocation.outcome,
    Error: invocation.error && writeFailure(invocation.error),
    Event: invocation.event,
    Answer: invocation.answer,
    ReplayOf: invocation.replayOf,
  }
}

function writeFailure({ kind, message, path, expected, found }: InvocationFailure): TriggerInvocationType['Error'] {
  return { Kind: kind, Message: message, Path: path, Expected: expected, Found: found }
}
