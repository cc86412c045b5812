import { argon2Sync, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createFixedBase } from '../src/base/srp/fixed-base.ts'
import { generalPower } from '../src/base/srp/general-power.ts'
import { modulus, toFixedBytes } from '../src/base/srp/group.ts'
import { argon2Cost, argon2KeyBytes, argon2SaltBytes } from '../src/users/passwords/argon2-hash.ts'

/** Processor time (user and system), in milliseconds, of the operations that every sign-in needs. */
export type Floor = {
  /** One RSA-2048 signature on the thread pool, including the switch to the pool and back. */
  readonly signatureMilliseconds: number
  /** One modular exponentiation g^e mod N with an exponent of 256 bits, by the precomputed table of powers of g. */
  readonly fixedPowerMilliseconds: number
  /** One modular exponentiation base^e mod N with an exponent of 256 bits and any base, in OpenSSL. */
  readonly generalPowerMilliseconds: number
  /** One Argon2id hash with 19 MiB, two passes and one lane. */
  readonly argon2Milliseconds: number
}

/**
 * The least processor time of a password sign-in, in milliseconds: the signatures of the ID and the access token, and one exponentiation
 * of g for the verifier of the password.
 */
export function passwordFloor(floor: Floor): number {
  return 2 * floor.signatureMilliseconds + floor.fixedPowerMilliseconds
}

/**
 * The least processor time of an SRP sign-in, in milliseconds: the signatures of the ID and the access token, one exponentiation of g for
 * B, and two exponentiations of other bases for S.
 */
export function srpFloor(floor: Floor): number {
  return 2 * floor.signatureMilliseconds + floor.fixedPowerMilliseconds + 2 * floor.generalPowerMilliseconds
}

/**
 * The least processor time of a password sign-in where passwords are stored as Argon2id hashes, in milliseconds: the signatures of the ID
 * and the access token, and one hash.
 */
export function argon2Floor(floor: Floor): number {
  return 2 * floor.signatureMilliseconds + floor.argon2Milliseconds
}

/**
 * Measures the floor as processor time of this process. Other programs on the machine then matter only through the caches that they share
 * and the speed that they leave to the processors. On a shared machine that speed changes by half and more from one second to the next. So
 * a load that is compared with the floor must alternate with the rounds of the meter.
 */
export type FloorMeter = {
  /** Runs each kind of work for a fifth of a second. */
  round(): Promise<void>
  /** The means over the rounds so far. They are compared with the processor time of a load, which is a mean over its sign-ins. */
  floor(): Floor
}

export async function createFloorMeter(): Promise<FloorMeter> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const claims = randomBytes(700)
  const fixedBase = createFixedBase()
  while (fixedBase.prepareRow());
  const base = toFixedBytes(modulus >> 1n)
  const samples = { signature: [] as number[], fixedPower: [] as number[], generalPower: [] as number[], argon2: [] as number[] }

  async function round(): Promise<void> {
    samples.signature.push(await cpuMilliseconds(200, () => inParallel(200, 32, () => signOnThreadPool(claims, privateKey))))
    samples.fixedPower.push(await cpuMilliseconds(400, () => repeat(400, () => fixedBase.power(randomBytes(32)))))
    samples.generalPower.push(await cpuMilliseconds(100, () => repeat(100, () => generalPower(base, randomBytes(32)))))
    samples.argon2.push(await cpuMilliseconds(5, () => repeat(5, hashOnce)))
  }

  // The first round only warms up.
  await round()
  for (const list of Object.values(samples)) list.length = 0

  return {
    round,
    floor: () => ({
      signatureMilliseconds: mean(samples.signature),
      fixedPowerMilliseconds: mean(samples.fixedPower),
      generalPowerMilliseconds: mean(samples.generalPower),
      argon2Milliseconds: mean(samples.argon2),
    }),
  }
}

async function cpuMilliseconds(count: number, work: () => void | Promise<void>): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000 / count
}

function repeat(count: number, work: () => void): void {
  for (let i = 0; i < count; i++) work()
}

async function inParallel(count: number, concurrency: number, work: () => Promise<void>): Promise<void> {
  let started = 0
  const lane = async () => {
    while (started++ < count) await work()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}

function signOnThreadPool(text: Buffer, key: KeyObject): Promise<void> {
  return new Promise((resolve, reject) => sign('RSA-SHA256', text, key, (error) => (error ? reject(error) : resolve())))
}

function hashOnce(): void {
  argon2Sync('argon2id', { message: randomBytes(16), nonce: randomBytes(argon2SaltBytes), ...argon2Cost, tagLength: argon2KeyBytes })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

if (import.meta.main) {
  const meter = await createFloorMeter()
  for (let round = 0; round < 9; round++) await meter.round()
  const floor = meter.floor()
  const lines: [string, number][] = [
    ['RSA-2048 signature', floor.signatureMilliseconds],
    ['power of the fixed base', floor.fixedPowerMilliseconds],
    ['general power', floor.generalPowerMilliseconds],
    ['floor of a password sign-in', passwordFloor(floor)],
    ['floor of an SRP sign-in', srpFloor(floor)],
    ['floor of an Argon2id sign-in', argon2Floor(floor)],
  ]
  for (const [name, milliseconds] of lines) console.log(`${name.padEnd(30)} ${milliseconds.toFixed(3)} ms of CPU`)
}
