import { statSync } from 'node:fs'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Logger } from '../../base/logger.ts'
import { FunctionError } from '../trigger-errors.ts'
import { type Invocation, maxAnswerBytes, tooLongAnswer } from './function.ts'
import type { LoadedFile, ModuleThreadData, ModuleThreadMessage, RuntimeError } from './module-messages.ts'

export type ModuleOptions = {
  readonly functionName: string
  /** The module's file. */
  readonly path: string
  readonly memoryMegabytes: number
  /** What the function finds in `process.env`. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether a thread is replaced when a file that it loaded has changed. */
  readonly reload: boolean
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/** Why there is no answer, told for an invocation of that id. */
export type ThreadFailure = (id: string) => FunctionError

/** One thread that runs one function, one invocation at a time. */
export type ModuleThread = {
  /** What kept it from getting ready; undefined once it is. */
  readonly ready: Promise<ThreadFailure | undefined>
  readonly ended: Promise<void>
  /** The answer as JSON. Rejects with FunctionError. */
  run(invocation: Invocation): Promise<unknown>
  /** Whether it has not ended, and what it would run is still what lies on the disk. */
  isUsable(): boolean
  end(): void
}

/** The compiler rewrites the extensions of imports but not of addresses: this module's own tells whether it was compiled. */
const entry = import.meta.url.endsWith('.ts')
  ? new URL('./module-worker.ts', import.meta.url)
  : new URL('./module-worker.js', import.meta.url)

/** A file that was changed so shortly before it was loaded may have been changed again with the same time of change. */
const settledAfterMs = 20
/** Buffers do not count into the limit that the engine keeps, so a long invocation is looked at so often. */
const memoryCheckMs = 100

type State = {
  readonly options: ModuleOptions
  readonly worker: Worker
  readonly files: LoadedFile[]
  readonly ready: PromiseWithResolvers<ThreadFailure | undefined>
  running: { readonly id: string; resolve(answer: unknown): void; reject(error: unknown): void } | undefined
  outOfMemory: boolean
  ending: boolean
}

export function startModuleThread(options: ModuleOptions): ModuleThread {
  const { worker, port } = startWorker(options)
  const ended = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<ThreadFailure | undefined>()
  const state: State = { options, worker, files: [], ready, running: undefined, outOfMemory: false, ending: false }
  port.on('message', (message: ModuleThreadMessage) => heard(state, message))
  // Nobody has to wait for a function that is not asked anything.
  port.unref()
  worker.unref()
  worker.on('error', (error: NodeJS.ErrnoException) => {
    state.outOfMemory ||= error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    options.logger.warn({ err: error, function: options.functionName }, 'The thread of a function failed.')
  })
  worker.on('exit', (code) => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) heard(state, next.message)
    port.close()
    state.ending = true
    ended.resolve()
    const failure: ThreadFailure = (id) => exitErrorOf(id, code, state.outOfMemory)
    ready.resolve(failure)
    state.running?.reject(failure(state.running.id))
  })

  return {
    ready: ready.promise,
    ended: ended.promise,

    async run(invocation) {
      const watch = setInterval(() => void watchMemory(state).catch(() => undefined), memoryCheckMs)
      try {
        return await new Promise((resolve, reject) => {
          state.running = { id: invocation.id, resolve, reject }
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

function heard(state: State, message: ModuleThreadMessage): void {
  const { options, running } = state
  switch (message.kind) {
    case 'file':
      state.files.push(message.file)
      break
    case 'loaded':
      state.ready.resolve(undefined)
      break
    case 'unloadable':
      state.ready.resolve(() => functionErrorOf(message.error, { refuses: false, sawEvent: false }))
      break
    case 'output':
      options.logger.info({ function: options.functionName, requestId: running?.id }, message.text.trimEnd())
      break
    case 'answer':
      if (message.id === running?.id) running.resolve(JSON.parse(message.text))
      // As Lambda would have ended it on the way.
      if (message.usedMegabytes > options.memoryMegabytes) end(state)
      break
    case 'error':
      if (message.id === running?.id) running.reject(functionErrorOf(message.error, { refuses: message.refuses, sawEvent: true }))
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
  const workerData: ModuleThreadData = { port: port2, path, functionName, tellsFiles: reload, ...limits }
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
  return Math.abs(loadedAt - modifiedAt) >= settledAfterMs
}

type Knowing = Pick<FunctionError, 'refuses' | 'sawEvent'>

function functionErrorOf({ errorType, errorMessage, stack }: RuntimeError, knowing: Knowing): FunctionError {
  const cause = Object.assign(new Error(errorMessage), { name: errorType, stack })
  return new FunctionError(errorMessage, { ...knowing, cause })
}

/** In Lambda's words. */
function exitErrorOf(id: string, code: number, outOfMemory: boolean): FunctionError {
  const how = outOfMemory ? 'with error: signal: killed' : code === 0 ? 'without providing a reason' : `with error: exit status ${code}`
  return new FunctionError(`RequestId: ${id} Error: Runtime exited ${how}`, { refuses: false, sawEvent: false })
}
