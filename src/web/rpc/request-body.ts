import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../contract/api-error.ts'

/** Reads bodies under limits of size, time and memory. */
export type BodyReader = {
  /**
   * Returns the bytes of a body, whatever its content type: signatures cover the exact bytes. Their memory counts against the budget until
   * `release` is called. After an error, the caller deals with the unread rest.
   *
   * @throws ApiError RequestEntityTooLargeException over `limitBytes`; SerializationException when the body ends early or comes too slowly
   * @throws BudgetError when the budget is used up
   */
  read(request: IncomingMessage, limitBytes: number): Promise<ReceivedBody>
}

export type ReceivedBody = { readonly bytes: Buffer; release(): void }

/** The bodies in memory have used up their common budget. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
}

type Limits = {
  /** The most memory that all bodies may take together. */
  readonly budgetBytes: number
  /** How many milliseconds a body may arrive at any rate. After that, `bytesPerSecond` applies. */
  readonly graceMs?: number
  /** The lowest average rate that is accepted after `graceMs`. */
  readonly bytesPerSecond?: number
  readonly checkEveryMs?: number
}

/** These limits spare honest clients: a phone on a bad line sends a usual body in a second. */
const defaults = { graceMs: 5_000, bytesPerSecond: 16 * 1024, checkEveryMs: 1_000 }

/** The size of a usual request with a token. */
const smallBytes = 16 * 1024

/** The share of the budget that only small bodies may use, so that large bodies that are held for long do not block every caller. */
const smallBodyShare = 0.25

/**
 * The budget (`budgetBytes`) is the memory that all bodies of the reader may take together, each from its first byte to its `release`. When
 * the budget is used up, the oldest incomplete bodies are rejected in favour of the newest. Honest bodies arrive at once, so a client that
 * sends many large bodies slowly loses them first.
 */
export function createBodyReader(limits: Limits): BodyReader {
  return new BoundedBodyReader({ ...defaults, ...limits })
}

class BoundedBodyReader implements BodyReader {
  readonly #limits: Required<Limits>
  /** The bodies that have not arrived completely, oldest first. */
  readonly #arriving = new Set<ArrivingBody>()
  #held = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Required<Limits>) {
    this.#limits = limits
  }

  read(request: IncomingMessage, limitBytes: number): Promise<ReceivedBody> {
    return new Promise((resolve, reject) => {
      if (request.destroyed) return reject(endedEarly())
      const announced = request.headers['content-length']
      const body = new ArrivingBody(reject, announced === undefined ? limitBytes : Number(announced))
      this.#arriving.add(body)
      this.#timer ??= setInterval(() => this.#rejectSlow(), this.#limits.checkEveryMs).unref()
      request.on('error', (cause) => this.#reject(body, endedEarly(cause)))
      // The rest of a rejected body is discarded.
      request.on('data', (chunk: Buffer) => this.#arriving.has(body) && this.#add(body, chunk, limitBytes))
      request.on('end', () => {
        if (!this.#arriving.delete(body)) return
        const release = () => {
          this.#held -= body.memory
        }
        resolve({ bytes: body.bytes, release })
      })
    })
  }

  #add(body: ArrivingBody, chunk: Buffer, limitBytes: number): void {
    if (body.length + chunk.length > limitBytes) {
      this.#reject(body, tooLarge(limitBytes))
      return
    }
    const before = body.memory
    body.add(chunk)
    this.#held += body.memory - before
    const { budgetBytes } = this.#limits
    this.#freeBudget(body, body.memory > smallBytes ? budgetBytes * (1 - smallBodyShare) : budgetBytes)
  }

  #freeBudget(newest: ArrivingBody, most: number): void {
    if (this.#held <= most) return
    for (const body of this.#arriving) {
      if (body !== newest && body.length > 0) this.#reject(body, new BudgetError())
      if (this.#held <= most) return
    }
    this.#reject(newest, new BudgetError())
  }

  #reject(body: ArrivingBody, error: Error): void {
    if (!this.#arriving.delete(body)) return
    this.#held -= body.memory
    body.drop()
    body.reject(error)
  }

  #rejectSlow(): void {
    const now = performance.now()
    for (const body of this.#arriving) {
      const lateMs = now - body.startedAt - this.#limits.graceMs
      if (lateMs > 0 && body.length < (lateMs / 1000) * this.#limits.bytesPerSecond) {
        this.#reject(body, new ApiError('SerializationException', 'The request body arrived too slowly.'))
      }
    }
    if (this.#arriving.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * The bytes that have arrived, in one buffer. With a list of chunks, a body in chunks of one byte would take a hundred times the memory
 * that is counted for that body.
 */
class ArrivingBody {
  readonly startedAt = performance.now()
  readonly reject: (error: Error) => void
  readonly #mostBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  #length = 0

  constructor(reject: (error: Error) => void, mostBytes: number) {
    this.reject = reject
    this.#mostBytes = mostBytes
  }

  get length(): number {
    return this.#length
  }

  /** The bytes of memory that the body takes: at most twice its length. */
  get memory(): number {
    return this.#buffer.length
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    // Most bodies arrive in one chunk, which needs no copy.
    if (this.#length === 0) this.#buffer = chunk
    else {
      if (length > this.#buffer.length) this.#grow(length)
      chunk.copy(this.#buffer, this.#length)
    }
    this.#length = length
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(2 * this.#buffer.length, this.#mostBytes)))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }

  drop(): void {
    this.#buffer = Buffer.alloc(0)
    this.#length = 0
  }
}

function endedEarly(cause?: Error): ApiError {
  return new ApiError('SerializationException', 'The request body ended early.', { cause })
}

export function tooLarge(limitBytes: number): ApiError {
  return new ApiError('RequestEntityTooLargeException', `The request body must not be larger than ${limitBytes} bytes.`)
}
