import { listTriggerInvocations } from './invocations/list-trigger-invocations.operation.ts'
import { replayTriggerInvocation } from './invocations/replay-trigger-invocation.operation.ts'

/** The API operations of this module. */
export const triggerOperations = [listTriggerInvocations, replayTriggerInvocation] as const
