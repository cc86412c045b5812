import { existsSync } from 'node:fs'
import type { OperationName } from '../src/contract/operation.ts'
import { type Service, serviceOperations } from '../src/contract/services.ts'

/** Prints which operations of each service are built and which are not. Fails if a handler contradicts the contract. */
const list = new URL('../src/operations.ts', import.meta.url)
const built = existsSync(list) ? await builtOperations(list) : new Map<OperationName, string>()

const titles: Readonly<Record<Service, string>> = {
  'user-pools': 'User pools',
  'identity-pools': 'Identity pools',
  lifeguard: 'Lifeguard',
}

for (const [service, title] of Object.entries(titles)) {
  const operations = serviceOperations.filter((operation) => operation.service === service)
  const done = operations.filter(({ name }) => built.has(name))
  const missing = operations.filter(({ name }) => !built.has(name))
  console.log(`${title}: ${done.length} of ${operations.length} built`)
  if (done.length > 0) console.log(`  built: ${done.map(({ wireName }) => wireName).join(', ')}`)
  if (missing.length > 0) console.log(`  not yet built: ${missing.map(({ wireName }) => wireName).join(', ')}`)
}

for (const { name, signed } of serviceOperations) {
  const auth = built.get(name)
  if (auth === undefined || signed === (auth === 'iam')) continue
  console.error(`${name} is ${signed ? 'signed' : 'not signed'} by its callers, but its handler has the authentication '${auth}'`)
  process.exitCode = 1
}

async function builtOperations(url: URL): Promise<ReadonlyMap<OperationName, string>> {
  const { operations }: { operations: readonly { name: OperationName; auth: string }[] } = await import(url.href)
  const byName = new Map(operations.map(({ name, auth }) => [name, auth]))
  if (byName.size !== operations.length) throw new Error('src/operations.ts lists an operation twice')
  return byName
}
