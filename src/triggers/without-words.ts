import type { JsonObject } from './trigger.ts'
import { FunctionError } from './trigger-errors.ts'

const replacement = 'the function failed; its error is not recorded, because it may contain the code'

/**
 * Replaces the answer of a custom sender by an empty response, and the message of its error by a fixed text. A custom sender knows codes
 * and may quote them, so what it answers must not be read, logged or stored.
 */
export async function withoutWords(answered: Promise<unknown>): Promise<JsonObject> {
  try {
    await answered
    return { response: {} }
  } catch (error) {
    throw error instanceof FunctionError && error.mayQuote ? new FunctionError(replacement, { refuses: error.refuses }) : error
  }
}
