import type { TriggerName } from '../pools/trigger-settings.ts'
import type { JsonObject } from './trigger.ts'
import { FunctionError } from './trigger-errors.ts'

const oneWay = new Set<TriggerName>(['CustomEmailSender', 'CustomSMSSender'])

/** Whether the response of the trigger has no meaning. That is so for a custom sender: it delivers a message, and any answer will do. */
export function isOneWay(trigger: TriggerName): boolean {
  return oneWay.has(trigger)
}

const replacement = 'the function failed; what it says is not kept, for it knows the code'

/**
 * Replaces the answer of a custom sender, or the message of its error. A custom sender knows codes and may quote them, so its words must
 * not be read, logged or stored.
 */
export async function withoutWords(answered: Promise<unknown>): Promise<JsonObject> {
  try {
    await answered
    return { response: {} }
  } catch (error) {
    throw error instanceof FunctionError && error.mayQuote ? new FunctionError(replacement, { refuses: error.refuses }) : error
  }
}
