import { readdirSync, readFileSync } from 'node:fs'

/**
 * Every connection to PostgreSQL is made by one file. An `error` event without a listener ends the process, and so does the first client
 * that somebody makes elsewhere and forgets to listen to.
 */
const only = 'src/storage/dialect/postgres-client.ts'

/** Of the driver, other files may know the types. */
const forbidden = /^import (?!type\b).*\bfrom 'pg(?:-pool)?'|\bimport\('pg(?:-pool)?'\)|\brequire\('pg(?:-pool)?'\)/m

const found = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .filter((file) => file !== only && forbidden.test(readFileSync(file, 'utf8')))

for (const file of found) console.error(`${file}: only ${only} uses pg; elsewhere use import type, and openPool or PostgresClient.`)
process.exitCode = found.length === 0 ? 0 : 1
