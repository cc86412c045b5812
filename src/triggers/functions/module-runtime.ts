import { dirname } from 'node:path'
import { types } from 'node:util'
import type { RuntimeError } from './module-messages.ts'

/** The signature by which Lambda's runtime for Node calls a function. */
export type Handler = (event: unknown, context: object, callback: (error: unknown, result: unknown) => void) => unknown

/**
 * The `handler` that the module exports, or the default export itself.
 * @throws HandlerNotFound, with Lambda's text, when neither is a function.
 */
export function handlerOf(module: object, functionName: string): Handler {
  const { handler, default: defaultExport } = module as { handler?: unknown; default?: unknown }
  const candidates = [handler, (defaultExport as { handler?: unknown } | null | undefined)?.handler, defaultExport]
  const found = candidates.find((candidate) => typeof candidate === 'function')
  if (found === undefined) throw new HandlerNotFound(`${functionName}.handler is undefined or not exported`)
  return found as Handler
}

class HandlerNotFound extends Error {
  override readonly name = 'Runtime.HandlerNotFound'
}

/** Describes a thrown value as Lambda does: an error by name and message, any other value by its type and text. */
export function asError(thrown: unknown): RuntimeError {
  try {
    if (types.isNativeError(thrown) || thrown instanceof Error) {
      return { errorType: String(thrown.name), errorMessage: String(thrown.message), stack: thrown.stack }
    }
    // Lambda converts the value to text, so an array becomes the list of its members.
    return { errorType: typeof thrown, errorMessage: String(thrown), stack: undefined }
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack'
    return { errorType: 'handled', errorMessage, stack: undefined }
  }
}

/** The error for a promise that was rejected without a handler. */
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
 * Why a module did not load. The first line of the error goes to the caller of the API. In that line, Lambda's folder replaces the folders
 * of this machine, so that callers do not learn where its files are.
 */
export function loadErrorOf(thrown: unknown, path: string): RuntimeError {
  const { errorType, errorMessage, stack } = asError(thrown)
  const [firstLine = ''] = errorMessage.split('\n')
  const text = firstLine.replaceAll(dirname(path), '/var/task').replaceAll(process.cwd(), '/var/task')
  return { errorType, errorMessage: thrown instanceof SyntaxError ? `SyntaxError: ${text}` : text, stack }
}
