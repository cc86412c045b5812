import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { getHeapStatistics } from 'node:v8'
import { workerData } from 'node:worker_threads'
import type { Invocation } from './function.ts'
import type { ModuleThreadData, ModuleThreadMessage } from './module-messages.ts'
import { asError, type Handler, handlerOf, loadErrorOf, rejectionOf } from './module-runtime.ts'
import { placeOfSyntaxError } from './syntax-error-place.ts'

// Runs one function as Lambda's runtime does: one invocation at a time, with the events, contexts and errors of that runtime. The messages
// have a port of their own, so that a function that uses worker threads itself cannot interfere.

const data = workerData as ModuleThreadData
const { port, path, functionName, memoryMegabytes } = data
/** When an invocation has written more characters than this, the rest is not logged. A single longer text is cut at this length. */
const maxOutput = 256 * 1024

let current: Invocation | undefined
let outputLength = 0
const logStreamName = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`

function send(message: ModuleThreadMessage): void {
  port.postMessage(message)
}

/** Sends output at once, not through the thread's streams: they would lose what is written just before an exit or an endless loop. */
function write(chunk: string | Uint8Array): void {
  if (outputLength > maxOutput) return
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
  outputLength += text.length
  send({ kind: 'output', text: text.slice(0, maxOutput) })
  if (outputLength > maxOutput) send({ kind: 'output', text: '(The rest of what this invocation writes is left out.)' })
}

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    write(chunk)
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') process.nextTick(callback as () => void)
    return true
  }
}

/** Sends the answer to the current invocation. Only the first answer to an invocation counts. */
function answer(id: string, value: unknown): void {
  if (current?.id !== id) return
  const text = jsonOf(value)
  if (text === undefined) fail(id, new Error('Unable to stringify response body'))
  else if (Buffer.byteLength(text) > data.maxAnswerBytes) fail(id, new Error(data.tooLongAnswer), false)
  else {
    const { used_heap_size, external_memory } = getHeapStatistics()
    finish()
    send({ kind: 'answer', id, text, usedMegabytes: (used_heap_size + external_memory) / 1_048_576 })
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value ?? null) ?? 'null'
  } catch {
    return undefined
  }
}

function fail(id: string, error: unknown, refuses = true): void {
  if (current?.id !== id) return
  finish()
  send({ kind: 'error', id, error: asError(error), refuses })
}

function finish(): void {
  current = undefined
  port.ref()
}

function contextOf({ id, functionArn, deadline }: Invocation) {
  const qualifier = functionArn.split(':')[7]
  const done = (error: unknown, result: unknown) => (error === undefined || error === null ? answer(id, result) : fail(id, error))
  return {
    functionName,
    functionVersion: qualifier !== undefined && /^\d+$/.test(qualifier) ? qualifier : '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMegabytes),
    awsRequestId: id,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done,
    succeed: (result: unknown) => done(null, result),
    fail: (error: unknown) => done(error ?? 'handled', undefined),
  }
}

function run(handler: Handler, invocation: Invocation): void {
  const { id } = invocation
  current = invocation
  outputLength = 0
  send({ kind: 'begun', id })
  // What the function waits for keeps the thread alive. When it waits for nothing, it will never answer, and `beforeExit` answers instead.
  port.unref()
  const context = contextOf(invocation)
  try {
    const result = handler(JSON.parse(invocation.event), context, context.done)
    if (isPromise(result)) {
      result.then(
        (value) => answer(id, value),
        (error) => fail(id, error ?? 'handled'),
      )
    } else if (result !== undefined && handler.length < 3) answer(id, result)
  } catch (error) {
    fail(id, error ?? 'handled')
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

process.on('beforeExit', () => {
  if (current !== undefined) answer(current.id, null)
})

function endBy(error: unknown): void {
  if (current === undefined) send({ kind: 'uncaught', text: `Uncaught: ${asError(error).stack ?? asError(error).errorMessage}` })
  else fail(current.id, error, false)
  process.exit(129)
}
process.on('uncaughtException', endBy)
process.on('unhandledRejection', (reason) => endBy(rejectionOf(reason)))

const loadedFiles: string[] = []

if (data.reportsFiles) {
  registerHooks({
    load(url, context, nextLoad) {
      // The file is reported before it is read, so that a change between report and reading is noticed.
      if (url.startsWith('file:') && !url.includes('/node_modules/')) reportFile(fileURLToPath(url))
      return nextLoad(url, context)
    },
  })
}

function reportFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return
  loadedFiles.push(file)
  send({ kind: 'file', file: { path: file, size: found.size, modifiedAt: found.mtimeMs, inode: found.ino, loadedAt: Date.now() } })
}

try {
  const handler = handlerOf(await import(pathToFileURL(path).href), functionName)
  port.on('message', (invocation: Invocation) => run(handler, invocation))
  send({ kind: 'loaded' })
} catch (error) {
  const place = error instanceof SyntaxError && data.reportsFiles ? placeOfSyntaxError(error, loadedFiles) : undefined
  const loadError = loadErrorOf(error, path)
  send({ kind: 'unloadable', error: place === undefined ? loadError : { ...loadError, stack: `${place}\n${loadError.stack}` } })
}
