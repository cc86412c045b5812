import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminGetUserCommand, CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { readMetrics } from '../support/metrics.ts'
import { skipWithoutPostgres } from '../support/postgres-stage.ts'
import { until } from '../support/until.ts'
import { clientOf, restart, startNode, useOwnCluster, withDatabase } from './own-database.ts'
import { TcpProxy } from './tcp-proxy.ts'

type Node = ReturnType<typeof clientOf>

/** Creates a pool with one user. Returns calls that read the user, change the user or invite another one. */
async function givenUser({ sdk, call }: Node) {
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'test' }))
  const user = { UserPoolId: UserPool?.Id ?? '', Username: 'ana' }
  await sdk.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
  return {
    ...user,
    read: () => call('AdminGetUser', user),
    write: (name: string) => call('AdminUpdateUserAttributes', { ...user, UserAttributes: [{ Name: 'name', Value: name }] }),
    invite: (name: string) =>
      call('AdminCreateUser', {
        ...user,
        Username: name,
        UserAttributes: [{ Name: 'email', Value: `${name}@example.test` }],
        DesiredDeliveryMediums: ['EMAIL'],
      }),
    async name() {
      const { UserAttributes } = await sdk.send(new AdminGetUserCommand(user))
      return UserAttributes?.find(({ Name }) => Name === 'name')?.Value
    },
  }
}

const works = ({ status }: { status: number }) => status === 200

function assertUnavailable(answer: { status: number; type: string | undefined; retryAfter: string | null }): void {
  assert.deepEqual([answer.status, answer.type, answer.retryAfter], [503, 'ServiceUnavailable', '1'])
}

/** Sends a signal to the PostgreSQL server and to its child processes, which do the work. */
function signalAll(pid: number, signal: 'STOP' | 'CONT'): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .map(Number)
    .filter((child) => child > 0)
  for (const each of [pid, ...children]) process.kill(each, `SIG${signal}`)
}

describe('A server that loses its PostgreSQL', { skip: skipWithoutPostgres }, () => {
  const cluster = useOwnCluster()

  it('survives the end of a connection during a transaction, and stores no part of the transaction', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    assert.ok(works(await user.write('before')))
    await withDatabase(cluster().url, async (other) => {
      await other.query('begin; select 1 from "user" for update')
      const writing = user.write('after')
      await until(
        'the transaction waits and its connection is ended',
        async () =>
          await withDatabase(cluster().url, (third) =>
            third.query(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`),
          ),
        ({ rowCount }) => rowCount !== 0,
      )
      assertUnavailable(await writing)
      await other.query('rollback')
    })
    assert.equal(await user.name(), 'before')
    assert.ok(works(await user.write('after')))
    assert.equal(node.child.exitCode, null)
  })

  it('survives a kill -9 of PostgreSQL, logs it, and works again as soon as PostgreSQL is back', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    // Opens many connections of the connection pool. The calls below use some of them when PostgreSQL is killed.
    await Promise.all(Array.from({ length: 20 }, (_, i) => user.write(`name ${i}`)))

    const { pid } = cluster()
    const inFlight = Array.from({ length: 20 }, (_, i) => user.write(`late ${i}`))
    process.kill(pid(), 'SIGKILL')
    for (const answer of await Promise.all(inFlight)) if (!works(answer)) assertUnavailable(answer)
    assert.equal(await until('/readyz is 503', client.ready, (status) => status === 503), 503)
    assertUnavailable(await user.read())
    assertUnavailable(await user.write('refused'))
    const metrics = await readMetrics(await node.url())
    assert.deepEqual(metrics.valuesOf('lifeguard_database_up'), { '': 0 })
    assert.deepEqual(metrics.valuesOf('lifeguard_messages_waiting'), {})
    // In `dev` the log is on standard output.
    await node.says(/The database cannot be reached/)

    await restart(cluster())
    await until('/readyz is 200', client.ready, (status) => status === 200)
    assert.ok(works(await user.read()))
    assert.ok(works(await user.write('back')))
    assert.equal(await user.name(), 'back')
    await node.says(/The database can be reached again seconds=\d/)
    assert.equal(node.stdout.match(/The database (cannot|can) be (reached|read)/g)?.length, 2, 'one line for the loss, one for its end')
    assert.equal(node.child.exitCode, null)
    const { code } = await node.stop()
    assert.equal(code, 0)
  })

  it('stops at a signal while PostgreSQL is down', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    process.kill(cluster().pid(), 'SIGKILL')
    await until('/readyz is 503', client.ready, (status) => status === 503)
    assert.equal((await node.stop()).code, 0)
    await restart(cluster())
  })

  it('waits for PostgreSQL at its start, and logs that it waits', async () => {
    process.kill(cluster().pid(), 'SIGKILL')
    await using node = startNode(cluster().url)
    await node.says(/Cannot reach PostgreSQL .*; trying again/)
    await restart(cluster())
    assert.equal(await clientOf(await node.url()).ready(), 200)
  })

  it('stops waiting at its start after a time limit, or at a signal', async () => {
    process.kill(cluster().pid(), 'SIGKILL')
    const hasty = await startNode(cluster().url, { LIFEGUARD_DATABASE_WAIT_SECONDS: '0' }).ended
    assert.equal(hasty.code, 1)
    assert.match(hasty.stderr, /^lifeguard: --database: Cannot reach PostgreSQL at 127\.0\.0\.1:\d+: nothing listens there\.\n$/)

    await using patient = startNode(cluster().url)
    await patient.says(/trying again/)
    assert.equal((await patient.stop()).code, 0)
    await restart(cluster())
  })

  it('replaces connections on which the network is silent', async () => {
    await using proxy = await TcpProxy.start(cluster().url)
    await using node = startNode(proxy.url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    await Promise.all(Array.from({ length: 20 }, (_, i) => user.write(`name ${i}`)))

    proxy.silence()
    // A read is retried on a connection that works.
    assert.ok(works(await user.read()))
    // A write may have happened, so only the client may retry it.
    await until('a write works', () => user.write('again'), works)
    assert.equal(await user.name(), 'again')
    assert.equal(await client.ready(), 200)
  })

  it('answers 503 while the network is silent on new connections too, and works again afterwards', async () => {
    await using proxy = await TcpProxy.start(cluster().url)
    await using node = startNode(proxy.url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    const letThrough = proxy.holdNew()
    proxy.silence()
    for (const answer of await Promise.all([user.read(), user.write('lost'), user.read()])) assertUnavailable(answer)
    assert.equal(await client.ready(), 503)
    await node.says(/The database cannot be reached/)
    const calls = Array.from({ length: 50 }, () => user.read())
    for (const answer of await Promise.all(calls)) assertUnavailable(answer)

    letThrough()
    await until('/readyz is 200', client.ready, (status) => status === 200)
    assert.ok(works(await user.write('back')))
    assert.equal(await user.name(), 'back')
    assert.equal(node.stdout.match(/The database cannot be reached/g)?.length, 1)
  })

  it('delivers new messages after PostgreSQL was killed and restarted', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    const pid = cluster().pid()
    process.kill(pid, 'SIGKILL')
    await until('/readyz is 503', client.ready, (status) => status === 503)
    await restart(cluster())
    await until('a user is invited', () => user.invite('bo'), works)
    await until(
      'the invitation arrives',
      () => client.inbox('bo@example.test'),
      (messages) => messages.length === 1,
    )
  })

  it('survives connections that are reset during transactions', async () => {
    await using proxy = await TcpProxy.start(cluster().url)
    await using node = startNode(proxy.url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    assert.ok(works(await user.write('before')))
    await withDatabase(cluster().url, async (other) => {
      await other.query('begin; select 1 from "user" for update')
      const writing = Array.from({ length: 5 }, (_, i) => user.write(`late ${i}`))
      await withDatabase(cluster().url, (third) =>
        until(
          'the transactions wait',
          () => third.query(`select pid from pg_stat_activity where wait_event_type = 'Lock'`),
          ({ rowCount }) => rowCount === writing.length,
        ),
      )
      proxy.cut()
      for (const answer of await Promise.all(writing)) assertUnavailable(answer)
      await other.query('rollback')
    })
    assert.equal(await user.name(), 'before')
    assert.ok(works(await user.write('after')))
    assert.equal(node.child.exitCode, null)
  })

  it('answers 503 while PostgreSQL is frozen, and works again when PostgreSQL continues', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    const pid = cluster().pid()
    signalAll(pid, 'STOP')
    try {
      assert.deepEqual((await readMetrics(await node.url())).valuesOf('lifeguard_database_up'), { '': 0 })
      assertUnavailable(await user.read())
      assertUnavailable(await user.write('frozen'))
      assert.equal(await client.ready(), 503)
    } finally {
      signalAll(pid, 'CONT')
    }
    await until('/readyz is 200', client.ready, (status) => status === 200)
    assert.ok(works(await user.read()))
    assert.ok(works(await user.write('back')))
  })

  it('stops at a signal while PostgreSQL is frozen, and closes every part', async () => {
    await using node = startNode(cluster().url, { LIFEGUARD_DATABASE_STATEMENT_SECONDS: '5' })
    await node.url()
    const pid = cluster().pid()
    signalAll(pid, 'STOP')
    try {
      const { code, stdout } = await node.stop()
      assert.match(stdout, /Shutdown finished/)
      assert.doesNotMatch(stdout, /did not close/)
      assert.equal(code, 0)
    } finally {
      signalAll(pid, 'CONT')
    }
  })

  it('ends a statement that waits too long for a lock, and keeps the connection', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    await withDatabase(cluster().url, async (other) => {
      await other.query('begin; select 1 from "user" for update')
      assertUnavailable(await user.write('late'))
      await other.query('rollback')
    })
    assert.ok(works(await user.write('in time')))
    assert.doesNotMatch(node.stdout, /The database cannot be reached/)
    await node.says(/The database could not execute a statement statement="update \\"user\\" set .* where \\"pool_id\\" = \$2/)
  })

  it('is not ready when the database is read-only', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const user = await givenUser(client)
    const setReadOnly = (value: 'on' | 'off') =>
      withDatabase(cluster().url, async (other) => {
        await other.query('set default_transaction_read_only = off')
        await other.query(`alter database postgres set default_transaction_read_only = ${value}`)
        await other.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        )
      })
    await setReadOnly('on')
    try {
      await until('/readyz is 503', client.ready, (status) => status === 503)
      assert.ok(works(await user.read()))
      assertUnavailable(await user.write('refused'))
    } finally {
      await setReadOnly('off')
    }
    await until('/readyz is 200', client.ready, (status) => status === 200)
    assert.ok(works(await user.write('stored')))
  })
})
