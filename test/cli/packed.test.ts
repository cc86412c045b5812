import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ExplicitAuthFlowsType,
  GetUserCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'
import { sdkClient } from '../support/test-server.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'
import { builtModules, installPacked, program, repository } from './packed-project.ts'

const folder = temporaryFolder()

const { engines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { engines: { node: string } }
const requiredMajor = Number.parseInt(engines.node.replace('>=', ''), 10)

/** The path of a Node on this machine that is older than the program needs; undefined when there is none. */
function findOlderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((each) => each !== '' && !each.includes('node_modules'))
  return folders.map((each) => join(each, 'node')).find((file) => existsSync(file) && majorOf(file) < requiredMajor)
}

function majorOf(node: string): number {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  return Number.parseInt(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 'NaN', 10)
}

const olderNode = findOlderNode()
const noOlderNode = olderNode === undefined ? 'no older Node is on the PATH' : false

describe('The packed program', () => {
  before(installPacked)

  it('consists of modules that can be loaded', async () => {
    const names = builtModules().filter((name) => name !== 'main.js')
    const isWorker = (name: string) => name.endsWith('-worker.js')
    assert.deepEqual([names.length > 20, names.filter(isWorker).length], [true, 4])
    // The modules of threads wait for messages, so each is loaded in a thread that ends afterwards. A test below runs a trigger function.
    const threads = names.filter((name) => isWorker(name) && name !== 'module-worker.js')
    const inThread = (name: string) => `import('./${name}').then(() => process.exit(7))`
    const loading = `
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      for (const name of ${JSON.stringify(names.filter((name) => !isWorker(name)))}) await import('./' + name)
      for (const code of ${JSON.stringify(threads.map(inThread))}) {
        const [exitCode] = await once(new Worker(code, { eval: true }), 'exit')
        if (exitCode !== 7) console.error(code, exitCode)
      }`
    const { stderr, status } = spawnSync(process.execPath, ['--input-type=module'], {
      input: loading,
      cwd: dirname(program),
      encoding: 'utf8',
    })
    assert.deepEqual([stderr, status], ['', 0])
  })

  it('prints its version', async () => {
    await using process = new LifeguardProcess(['version'], {}, folder, program)
    const { stdout } = await process.ended
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
    assert.equal(stdout, `${version}\n`)
  })

  it('fails with one sentence that names the required Node when an older Node runs it', async () => {
    const olderNode = join(folder, 'older-node.mjs')
    // With this module Node reports version 20 and fails to load every file except the first, as an older Node does on unknown syntax.
    writeFileSync(
      olderNode,
      `import { registerHooks } from 'node:module'
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } })
      registerHooks({
        load(url, context, next) {
          if (url.endsWith('/dist/main.js')) return next(url, context)
          throw new SyntaxError('The requested module does not provide an export')
        },
      })`,
    )
    await using older = new LifeguardProcess(['version'], { NODE_OPTIONS: `--import=${olderNode}` }, folder, program)
    const { code, stdout, stderr } = await older.ended
    assert.equal(stderr, `lifeguard: Node ${requiredMajor} or newer is required, but this is Node 20.11.1 (${process.execPath}).\n`)
    assert.deepEqual([code, stdout], [1, ''])
  })

  it('fails with one sentence that names the required Node when a real older Node of this machine runs it', {
    skip: noOlderNode,
  }, async () => {
    const { status, stdout, stderr } = spawnSync(olderNode ?? '', [program, 'version'], { encoding: 'utf8', env: {} })
    assert.match(
      stderr,
      new RegExp(`^lifeguard: Node ${requiredMajor} or newer is required, but this is Node \\d+\\.\\d+\\.\\d+ \\(.+\\)\\.\n$`),
    )
    assert.deepEqual([status, stdout], [1, ''])
  })

  it('signs a user in by password and by SRP, with worker threads', async () => {
    await using process = new LifeguardProcess(['dev', '--port', '0', '--data', join(folder, 'data')], {}, folder, program)
    using client = sdkOf(await process.url())
    const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'packed' }))
    const poolId = UserPool?.Id ?? ''
    const flows = [ExplicitAuthFlowsType.ALLOW_USER_PASSWORD_AUTH, ExplicitAuthFlowsType.ALLOW_USER_SRP_AUTH]
    const request = { UserPoolId: poolId, ClientName: 'app', ExplicitAuthFlows: flows }
    const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand(request))
    const clientId = UserPoolClient?.ClientId ?? ''
    await givenUser(client, poolId, 'ana')

    const { accessToken } = await givenTokens(client, clientId, 'ana')
    assert.equal((await client.send(new GetUserCommand({ AccessToken: accessToken }))).Username, 'ana')
    const { AuthenticationResult } = await signInBySrp(client, { poolId, clientId }, 'ana')
    assert.ok(AuthenticationResult?.AccessToken)
    assert.equal((await process.stop()).code, 0)
  })

  it('runs a trigger function in a thread', async () => {
    const functions = join(folder, 'functions')
    mkdirSync(functions)
    const code = 'export const handler = (event) => ({ ...event, response: { ...event.response, autoConfirmUser: true } })\n'
    writeFileSync(join(functions, 'confirm.mjs'), code)
    const flags = ['--port', '0', '--data', join(folder, 'triggers'), '--functions', functions]
    await using process = new LifeguardProcess(['dev', ...flags], {}, folder, program)
    using client = sdkOf(await process.url())
    const PreSignUp = 'arn:aws:lambda:us-east-1:000000000000:function:confirm'
    const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'packed', LambdaConfig: { PreSignUp } }))
    const request = { UserPoolId: UserPool?.Id ?? '', ClientName: 'app' }
    const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand(request))
    const signUp = { ClientId: UserPoolClient?.ClientId ?? '', Username: 'ana', Password: 'Correct-horse-7' }
    assert.equal((await client.send(new SignUpCommand(signUp))).UserConfirmed, true)
  })

  it('shows the inbox', async () => {
    await using process = new LifeguardProcess(['dev', '--port', '0', '--data', join(folder, 'other')], {}, folder, program)
    const url = await process.url()
    assert.match(await (await fetch(`${url}/inbox`)).text(), /<title>/)
  })
})

function sdkOf(url: string) {
  const client = sdkClient(url, 'us-east-1')
  return { send: client.send.bind(client), [Symbol.dispose]: () => client.destroy() }
}
