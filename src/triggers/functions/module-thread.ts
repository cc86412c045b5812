import { statSync } from 'node:fs'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Logger } from '../../base/logger.ts'
import type { WarningThrottle } from '../../base/warning-throttle.ts'
import { createErrorMask } from '../invocations/error-mask.ts'
import { FunctionError, InvocationError } from '../trigger-errors.ts'
import { type Invocation, maxAnswerBytes, parseAnswer, tooLongAnswer } from './function.ts'
import type { LoadedFile, ModuleThreadData, ModuleThreadMessage, RuntimeError } from './module-messages.ts'

export type ModuleOptions = {
  readonly functionName: string
  /** The module's file. */
  readonly path: string
  readonly memoryMegabytes: number
  /** The `process.env` of the function. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether a thread is replaced after a file that it loaded has changed. */
  readonly reload: boolean
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** Limits the warnings about the threads of this function. */
  readonly warnings: WarningThrottle
}

/** Makes the error for an invocation with that id, when the thread ended without an answer. */
export type ThreadFailure = (id: string) => FunctionError | InvocationError

/** A thread that runs one function, one invocation at a time. */
export type ModuleThread = {
  /** Resolves with the failure that kept the thread from getting ready, or with undefined once it is ready. */
  readonly ready: Promise<ThreadFailure | undefined>
  readonly ended: Promise<void>
  /**
   * Resolves with the answer as a JSON value.
   * @throws FunctionError when the function failed.
   * @throws NotBegunError when the thread ended before the invocation began.
   */
  run(invocation: Invocation): Promise<unknown>
  /** Whether the thread is alive and the files that it loaded have not changed since. */
  isUsable(): boolean
  end(): void
}

/**
 * The thread ended before it handed the invocation to the function. An earlier invocation, or the module itself, had ended the thread, but
 * this process did not know that yet when it sent the invocation. `failure` says how the thread ended.
 */
export class NotBegunError extends Error {
  readonly failure: FunctionError | InvocationError

  constructor(failure: FunctionError | InvocationError) {
    super('The thread ended before the invocation began.')
    this.failure = failure
  }
}

const entry = new URL('./module-worker.ts', import.meta.url)

/** How coarse timestamps of files may be. A file that changed so shortly before it was loaded may change again with the same timestamp. */
const timestampPrecisionMs = 20
/** How often the memory of a running invocation is checked. The check is needed because the engine's memory limit ignores buffers. */
const memoryCheckMs = 100

type State = {
  readonly options: ModuleOptions
  readonly worker: Worker
  readonly files: LoadedFile[]
  readonly ready: PromiseWithResolvers<ThreadFailure | undefined>
  running:
    | { readonly id: string; readonly event: string; begun: boolean; resolve(answer: unknown): void; reject(error: unknown): void }
    | undefined
  /** The event of the latest invocation that began, as JSON text. */
  lastEvent: string | undefined
  outOfMemory: boolean
  ending: boolean
}

export function startModuleThread(options: ModuleOptions): ModuleThread {
  try {
    return runIn(startWorker(options), options)
  } catch (error) {
    warn(options, error, 'The thread of a function could not be started.')
    return neverReady(() => new InvocationError('ServiceException', { cause: error }))
  }
}

/** The first failure is a warning, and then one a minute. The others are at the level `info`: each call of the function may cause one. */
function warn({ logger, functionName, warnings }: ModuleOptions, error: unknown, text: string): void {
  const failures = warnings.countToReport(text, performance.now())
  logger[failures === undefined ? 'info' : 'warn']({ err: error, function: functionName, failures }, text)
}

/** Stands for a thread that the machine could not start. */
function neverReady(failure: ThreadFailure): ModuleThread {
  return {
    ready: Promise.resolve(failure),
    ended: Promise.resolve(),
    run: async ({ id }) => {
      throw failure(id)
    },
    isUsable: () => false,
    end: () => undefined,
  }
}

function runIn({ worker, port }: ReturnType<typeof startWorker>, options: ModuleOptions): ModuleThread {
  const ended = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<ThreadFailure | undefined>()
  const state: State = { options, worker, files: [], ready, running: undefined, lastEvent: undefined, outOfMemory: false, ending: false }
  port.on('message', (message: ModuleThreadMessage) => onMessage(state, message))
  // An idle thread does not keep the process alive.
  port.unref()
  worker.unref()
  worker.on('error', (error: NodeJS.ErrnoException) => {
    state.outOfMemory ||= error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    warn(options, error, 'The thread of a function failed.')
  })
  worker.on('exit', (code) => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) onMessage(state, next.message)
    port.close()
    state.ending = true
    ended.resolve()
    const failure: ThreadFailure = (id) => exitErrorOf(id, code, state.outOfMemory)
    ready.resolve(failure)
    if (state.running === undefined) return
    const { id, begun, reject } = state.running
    reject(begun ? failure(id) : new NotBegunError(failure(id)))
  })

  return {
    ready: ready.promise,
    ended: ended.promise,

    async run(invocation) {
      const watch = setInterval(() => void watchMemory(state).catch(() => undefined), memoryCheckMs)
      try {
        return await new Promise((resolve, reject) => {
          state.running = { id: invocation.id, event: invocation.event, begun: false, resolve, reject }
          port.postMessage(invocation)
        })
      } finally {
        clearInterval(watch)
        state.running = undefined
      }
    },

    isUsable: () => !state.ending && (!options.reload || state.files.every(isUnchanged)),
    end: () => end(state),
  }
}

/** Masks the text of an error that came after the invocation: it may quote secrets of the latest event. */
function maskLateError(text: string, lastEvent: string | undefined): string {
  return lastEvent === undefined ? text : createErrorMask([JSON.parse(lastEvent)]).text(text)
}

function onMessage(state: State, message: ModuleThreadMessage): void {
  const { options, running } = state
  switch (message.kind) {
    case 'file':
      state.files.push(message.file)
      break
    case 'loaded':
      state.ready.resolve(undefined)
      break
    case 'unloadable':
      state.ready.resolve(() => functionErrorOf(message.error, { refuses: false, mayQuote: false }))
      break
    case 'begun':
      if (message.id === running?.id) {
        running.begun = true
        state.lastEvent = running.event
      }
      break
    case 'output':
      options.logger.info({ function: options.functionName, requestId: running?.id }, message.text.trimEnd())
      break
    case 'uncaught':
      options.logger.info({ function: options.functionName }, maskLateError(message.text, state.lastEvent))
      break
    case 'answer':
      if (message.id === running?.id) running.resolve(parseAnswer(message.text))
      // The thread ends after its answer. Lambda would have ended a function that used so much memory during the invocation.
      if (message.usedMegabytes > options.memoryMegabytes) end(state)
      break
    case 'error':
      if (message.id === running?.id) running.reject(functionErrorOf(message.error, { refuses: message.refuses, mayQuote: true }))
  }
}

function end(state: State): void {
  state.ending = true
  void state.worker.terminate()
}

async function watchMemory(state: State): Promise<void> {
  const { used_heap_size, external_memory } = await state.worker.getHeapStatistics()
  if ((used_heap_size + external_memory) / 1_048_576 <= state.options.memoryMegabytes) return
  state.outOfMemory = true
  end(state)
}

function startWorker({ functionName, path, memoryMegabytes, environment, reload }: ModuleOptions) {
  const { port1, port2 } = new MessageChannel()
  const limits = { memoryMegabytes, maxAnswerBytes, tooLongAnswer }
  const workerData: ModuleThreadData = { port: port2, path, functionName, reportsFiles: reload, ...limits }
  const worker = new Worker(entry, {
    env: environment,
    execArgv: [],
    workerData,
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes },
    name: functionName,
  })
  return { worker, port: port1 }
}

function isUnchanged({ path, size, modifiedAt, inode, loadedAt }: LoadedFile): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.size !== size || found.mtimeMs !== modifiedAt || found.ino !== inode) return false
  return Math.abs(loadedAt - modifiedAt) >= timestampPrecisionMs
}

function functionErrorOf(
  { errorType, errorMessage, stack }: RuntimeError,
  options: Pick<FunctionError, 'refuses' | 'mayQuote'>,
): FunctionError {
  const cause = Object.assign(new Error(errorMessage), { name: errorType, stack })
  return new FunctionError(errorMessage, { ...options, cause })
}

/** The error, with Lambda's text, for a thread that ended during an invocation. */
function exitErrorOf(id: string, code: number, outOfMemory: boolean): FunctionError {
  const how = outOfMemory ? 'with error: signal: killed' : code === 0 ? 'without providing a reason' : `with error: exit status ${code}`
  return new FunctionError(`RequestId: ${id} Error: Runtime exited ${how}`, { refuses: false, mayQuote: false })
}
