import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { srpX } from '../src/base/srp/exchange.ts'
import { createFixedBase } from '../src/base/srp/fixed-base.ts'
import { signJwt } from '../src/tokens/jwt.ts'
import { newKeyPair } from '../src/tokens/key-pairs.ts'
import { newSigningKey } from '../src/tokens/signing-key.ts'

// The minimum cost of a password sign-in on Node with this cryptography: one look-up, the modular exponentiation, two signatures, and one
// row that is durable before the answer is sent. This server validates, hides, seals and logs nothing, so it is a baseline only and no
// usable server.

const [, , path = ''] = process.argv
const db = new DatabaseSync(path)
db.exec('pragma journal_mode = wal; pragma synchronous = full')
db.exec(
  'create table user (name text primary key, salt blob) without rowid; create table session (id text primary key, name text) without rowid',
)
const find = db.prepare('select salt from user where name = ?')
const insert = db.prepare('insert into session values (?, ?)')
const key = newSigningKey({ poolId: 'us-east-1_AbCdEf123', use: 'access', alg: 'RS256' }, await newKeyPair(), Date.now())
const fixedBase = createFixedBase()
while (fixedBase.prepareRow());

type Waiting = { readonly name: string; resolve(): void }
let waiting: Waiting[] = []

/** Stores a row. All rows that are stored in one turn of the event loop share one commit. */
function store(name: string): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push({ name, resolve }) === 1) setImmediate(commit)
  })
}

function commit(): void {
  const batch = waiting
  waiting = []
  db.exec('begin immediate')
  for (const { name } of batch) insert.run(randomUUID(), name)
  db.exec('commit')
  for (const { resolve } of batch) resolve()
}

async function signIn(body: string): Promise<string> {
  const { AuthParameters } = JSON.parse(body) as { AuthParameters: { USERNAME: string; PASSWORD: string } }
  const row = find.get(AuthParameters.USERNAME) as { salt: Uint8Array } | undefined
  fixedBase.power(srpX('pool', AuthParameters.USERNAME, AuthParameters.PASSWORD, Buffer.from(row?.salt ?? randomUUID())))
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    sub: randomUUID(),
    iss: 'http://localhost:9911/us-east-1_AbCdEf123',
    auth_time: now,
    exp: now + 3600,
    iat: now,
    jti: randomUUID(),
  }
  const [AccessToken, IdToken] = await Promise.all([
    signJwt(key, { ...claims, token_use: 'access', username: AuthParameters.USERNAME }),
    signJwt(key, { ...claims, token_use: 'id', email: 'ana@example.test' }),
    store(AuthParameters.USERNAME),
  ])
  return JSON.stringify({
    AuthenticationResult: { AccessToken, IdToken, RefreshToken: randomUUID(), ExpiresIn: 3600, TokenType: 'Bearer' },
  })
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const { user, system } = process.cpuUsage()
    response.end(`process_cpu_seconds_total ${(user + system) / 1e6}\nprocess_resident_memory_bytes ${process.memoryUsage.rss()}\n`)
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => void signIn(Buffer.concat(chunks).toString()).then((answer) => response.end(answer)))
})
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ms: 0 }))
})
process.on('SIGTERM', () => process.exit(0))
