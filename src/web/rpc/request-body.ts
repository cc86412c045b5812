import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../contract/api-error.ts'

/** Bodies that arrive, under limits of size, time and memory. */
export type BodyReader = {
  /**
   * The bytes of a body, whatever its content type says: signatures cover the exact bytes. Their memory counts against the budget until
   * `release` is called. What is not read is left to the caller.
   * @throws ApiError RequestEntityTooLargeException over `limitBytes`; SerializationException when it ends early or comes too slowly
   * @throws BudgetError when the budget is used up
   */
  read(request: IncomingMessage, limitBytes: number): Promise<ReceivedBody>
}

export type ReceivedBody = { readonly bytes: Buffer; release(): void }

/** The bodies that the process holds have used up the memory that they may take together. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
}

type Limits = {
  /** How much all bodies may take together. */
  readonly budgetBytes: number
  /** How long a body may take, however slow. */
  readonly graceMs?: number
  /** How much of it must arrive each second after that, on average. */
  readonly bytesPerSecond?: number
  readonly lookEveryMs?: number
}

/** A telephone's worst line sends a usual body in a second. */
const defaults = { graceMs: 5_000, bytesPerSecond: 16 * 1024, lookEveryMs: 1_000 }

/** A usual request, with a token in it. */
const smallBytes = 16 * 1024

/** How much of the budget is for small bodies alone, so that large ones that are held for long do not keep every caller out. */
const shareOfSmall = 0.25

/**
 * When the budget is used up, the body that has been arriving for the longest is given up for the newest: honest bodies arrive at once,
 * so whoever sends many large ones slowly loses them first.
 */
export function createBodyReader(limits: Limits): BodyReader {
  return new BoundedBodyReader({ ...defaults, ...limits })
}

class BoundedBodyReader implements BodyReader {
  readonly #limits: Required<Limits>
  /** Oldest first. */
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
      this.#timer ??= setInterval(() => this.#look(), this.#limits.lookEveryMs).unref()
      request.on('error', (cause) => this.#giveUp(body, endedEarly(cause)))
      // The rest of a body that was given up is thrown away.
      request.on('data', (chunk: Buffer) => this.#arriving.has(body) && this.#take(body, chunk, limitBytes))
      request.on('end', () => {
        if (!this.#arriving.delete(body)) return
        const release = () => {
          this.#held -= body.memory
        }
        resolve({ bytes: body.bytes, release })
      })
    })
  }

  #take(body: ArrivingBody, chunk: Buffer, limitBytes: number): void {
    if (body.length + chunk.length > limitBytes) {
      this.#giveUp(body, tooLarge(limitBytes))
      return
    }
    const before = body.memory
    body.add(chunk)
    this.#held += body.memory - before
    const { budgetBytes } = this.#limits
    this.#makeRoom(body, body.memory > smallBytes ? budgetBytes * (1 - shareOfSmall) : budgetBytes)
  }

  #makeRoom(newest: ArrivingBody, most: number): void {
    if (this.#held <= most) return
    for (const body of this.#arriving) {
      if (body !== newest && body.length > 0) this.#giveUp(body, new BudgetError())
      if (this.#held <= most) return
    }
    this.#giveUp(newest, new BudgetError())
  }

  #giveUp(body: ArrivingBody, error: Error): void {
    if (!this.#arriving.delete(body)) return
    this.#held -= body.memory
    body.drop()
    body.reject(error)
  }

  #look(): void {
    const now = performance.now()
    for (const body of this.#arriving) {
      const lateMs = now - body.startedAt - this.#limits.graceMs
      if (lateMs > 0 && body.length < (lateMs / 1000) * this.#limits.bytesPerSecond) {
        this.#giveUp(body, new ApiError('SerializationException', 'The request body came too slowly.'))
      }
    }
    if (this.#arriving.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * The bytes that have arrived, in one buffer. Were the pieces kept as they come, a body in chunks of one byte would take a hundred times
 * the memory that it counts for.
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

  /** How many bytes of memory it takes: at most twice its length. */
  get memory(): number {
    return this.#buffer.length
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    // Most bodies come in one piece, which needs no copy.
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
