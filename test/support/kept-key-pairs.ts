import crypto, { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

/*
 * Loaded before each test file, and before the modules that make key pairs. Making a pair of RSA-2048 takes a processor 60 to 400 ms, and
 * nearly every test makes a pool, which has two. So the test files of a run share their pairs: the first process that needs its n-th pair
 * makes it and keeps it in a file, and the n-th pair of every other process is read from there. Within a process, all pairs differ.
 */

type Pair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject }

/** Set by global-setup.ts. */
const folder = process.env['LIFEGUARD_TEST_KEY_PAIRS']
const { generateKeyPair } = crypto
const promised = promisify(generateKeyPair) as (kind: string, options: object) => Promise<Pair>
const madeSync = crypto.generateKeyPairSync as (kind: string, options: object) => Pair
const isShared = (kind: string, options: object): boolean => kind === 'rsa' && JSON.stringify(options) === '{"modulusLength":2048}'

let count = 0

/** Gives the file of the next pair of this process, and the pair if another process has made it. */
function nextPair(): { file: string; pair: Pair | undefined } {
  const file = join(folder ?? '', `${count++}.pem`)
  try {
    const privateKey = createPrivateKey(readFileSync(file))
    return { file, pair: { privateKey, publicKey: createPublicKey(privateKey) } }
  } catch {
    return { file, pair: undefined }
  }
}

/** The file appears at once, so that no process reads half a pair. */
function keep(file: string, { privateKey }: Pair): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  renameSync(draft, file)
}

async function sharedPair(): Promise<Pair> {
  const { file, pair } = nextPair()
  if (pair !== undefined) return pair
  const made = await promised('rsa', { modulusLength: 2048 })
  keep(file, made)
  return made
}

function sharedPairSync(): Pair {
  const { file, pair } = nextPair()
  if (pair !== undefined) return pair
  const made = madeSync('rsa', { modulusLength: 2048 })
  keep(file, made)
  return made
}

if (folder !== undefined) {
  Object.defineProperty(generateKeyPair, promisify.custom, {
    value: (kind: string, options: object) => (isShared(kind, options) ? sharedPair() : promised(kind, options)),
  })
  Object.assign(crypto, {
    generateKeyPairSync: (kind: string, options: object) => (isShared(kind, options) ? sharedPairSync() : madeSync(kind, options)),
  })
  syncBuiltinESMExports()
}
