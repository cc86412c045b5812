import type { TriggerName } from '../pools/trigger-settings.ts'
import type { JsonObject } from './trigger.ts'
import { FunctionError } from './trigger-errors.ts'

const oneWay = new Set<TriggerName>(['CustomEmailSender', 'CustomSMSSender'])

/** Whether a trigger's function is told something and not asked: whatever it answers is as good as any other answer. */
export function isOneWay(trigger: TriggerName): boolean {
  return oneWay.has(trigger)
}

/** What is said instead. */
const wordless = 'the function failed; what it says is not kept, for it knows the code'

/** An answer, or an error, of which no word is read, logged or kept: the function knows codes that nobody else may. */
export async function withoutWords(answered: Promise<unknown>): Promise<JsonObject> {
  try {
    await answered
    return { response: {} }
  } catch (error) {
    throw error instanceof FunctionError && error.mayQuote ? new FunctionError(wordless, { refuses: error.refuses }) : error
  }
}
