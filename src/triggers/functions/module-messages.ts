import type { MessagePort } from 'node:worker_threads'

/** What a thread is started with. */
export type ModuleThreadData = {
  readonly port: MessagePort
  /** The module's file. */
  readonly path: string
  readonly functionName: string
  readonly memoryMegabytes: number
  /** Whether it tells which files it loads. */
  readonly tellsFiles: boolean
  readonly maxAnswerBytes: number
  readonly tooLongAnswer: string
}

/** A file as it was when it was loaded. */
export type LoadedFile = {
  readonly path: string
  readonly size: number
  readonly modifiedAt: number
  readonly inode: number
  readonly loadedAt: number
}

/** An error in Lambda's form. */
export type RuntimeError = { readonly errorType: string; readonly errorMessage: string; readonly stack: string | undefined }

/** What a thread tells. */
export type ModuleThreadMessage =
  | { readonly kind: 'file'; readonly file: LoadedFile }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly error: RuntimeError }
  /** The thread hands the invocation to the function now. */
  | { readonly kind: 'begun'; readonly id: string }
  | { readonly kind: 'output'; readonly text: string }
  /** An error outside of any call, which ends the thread. */
  | { readonly kind: 'uncaught'; readonly text: string }
  | { readonly kind: 'answer'; readonly id: string; readonly text: string; readonly usedMegabytes: number }
  | { readonly kind: 'error'; readonly id: string; readonly error: RuntimeError; readonly refuses: boolean }
