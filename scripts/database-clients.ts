import { readdirSync, readFileSync } from 'node:fs'

/**
 * Only one file may open connections to PostgreSQL. An `error` event without a listener ends the process. So a client that another file
 * creates without a listener could end the server.
 */
const only = 'src/storage/dialect/postgres-client.ts'

/** Finds an import that other files may not have: they may import only the types of the driver. */
const forbidden = /^import (?!type\b).*\bfrom 'pg(?:-pool)?'|\bimport\('pg(?:-pool)?'\)|\brequire\('pg(?:-pool)?'\)/m

const found = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .filter((file) => file !== only && forbidden.test(readFileSync(file, 'utf8')))

for (const file of found) console.error(`${file}: only ${only} may use pg. Elsewhere use import type, and openPool or PostgresClient.`)
process.exitCode = found.length === 0 ? 0 : 1
