import { listTriggerInvocations } from './list-trigger-invocations.operation.ts'
import { replayTriggerInvocation } from './replay-trigger-invocation.operation.ts'

export const invocationOperations = [listTriggerInvocations, replayTriggerInvocation] as const
