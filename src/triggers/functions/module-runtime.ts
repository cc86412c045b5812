import { dirname } from 'node:path'
import { types } from 'node:util'
import type { RuntimeError } from './module-messages.ts'

/** A function as Lambda's runtime for Node calls it. */
export type Handler = (event: unknown, context: object, callback: (error: unknown, result: unknown) => void) => unknown

/** `handler` of the module, or what the module is as a whole. Throws in Lambda's words when there is none. */
export function handlerOf(module: object, functionName: string): Handler {
  const { handler, default: whole } = module as { handler?: unknown; default?: unknown }
  const found = [handler, (whole as { handler?: unknown } | null | undefined)?.handler, whole].find((one) => typeof one === 'function')
  if (found === undefined) throw new HandlerNotFound(`${functionName}.handler is undefined or not exported`)
  return found as Handler
}

class HandlerNotFound extends Error {
  override readonly name = 'Runtime.HandlerNotFound'
}

/** What was thrown, as Lambda tells it: something that is no error by its type and text. */
export function asError(thrown: unknown): RuntimeError {
  try {
    if (types.isNativeError(thrown) || thrown instanceof Error) {
      return { errorType: String(thrown.name), errorMessage: String(thrown.message), stack: thrown.stack }
    }
    // Lambda asks the value itself for its text, so that an array, say, is told as its members.
    return { errorType: typeof thrown, errorMessage: String(thrown), stack: undefined }
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack'
    return { errorType: 'handled', errorMessage, stack: undefined }
  }
}

/** A promise that was rejected and that nobody looked after. */
export function rejectionOf(reason: unknown): Error {
  const error = new Error(asText(reason))
  error.name = 'Runtime.UnhandledPromiseRejection'
  if (types.isNativeError(reason)) error.stack = reason.stack
  return error
}

function asText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

/**
 * Why a module did not load. The first line goes to the caller, with Lambda's folder in the place of this machine's: nobody outside is to
 * learn how its disks are laid out.
 */
export function loadErrorOf(thrown: unknown, path: string): RuntimeError {
  const { errorType, errorMessage, stack } = asError(thrown)
  const [firstLine = ''] = errorMessage.split('\n')
  const text = firstLine.replaceAll(dirname(path), '/var/task').replaceAll(process.cwd(), '/var/task')
  return { errorType, errorMessage: thrown instanceof SyntaxError ? `SyntaxError: ${text}` : text, stack }
}
