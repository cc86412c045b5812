import type { MessagePort } from 'node:worker_threads'

/** The `workerData` of a thread. */
export type ModuleThreadData = {
  readonly port: MessagePort
  /** The module's file. */
  readonly path: string
  readonly functionName: string
  readonly memoryMegabytes: number
  /** Whether the thread reports the files that it loads. */
  readonly reportsFiles: boolean
  readonly maxAnswerBytes: number
  readonly tooLongAnswer: string
}

/** The state of a file when it was loaded. */
export type LoadedFile = {
  readonly path: string
  readonly size: number
  readonly modifiedAt: number
  readonly inode: number
  readonly loadedAt: number
}

/** An error as Lambda reports it. */
export type RuntimeError = { readonly errorType: string; readonly errorMessage: string; readonly stack: string | undefined }

/** The messages that a thread sends. */
export type ModuleThreadMessage =
  | { readonly kind: 'file'; readonly file: LoadedFile }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly error: RuntimeError }
  /** Sent just before the thread hands the invocation to the function. */
  | { readonly kind: 'begun'; readonly id: string }
  | { readonly kind: 'output'; readonly text: string }
  /** An error outside of any invocation. It ends the thread. */
  | { readonly kind: 'uncaught'; readonly text: string }
  | { readonly kind: 'answer'; readonly id: string; readonly text: string; readonly usedMegabytes: number }
  | { readonly kind: 'error'; readonly id: string; readonly error: RuntimeError; readonly refuses: boolean }
