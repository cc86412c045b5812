import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import { InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { parse } from 'yaml'
import { unpackBrowser } from '../support/browser.ts'
import { findProgram, freePort } from '../support/proxy-process.ts'
import { goodPassword } from '../support/sign-in.ts'
import { sdkClient } from '../support/test-server.ts'
import { temporaryFolder } from './lifeguard-process.ts'
import { compile, installPacked, linkCommands, linkPackages, project, projectPackages, repository } from './packed-project.ts'

const examples = join(repository, 'examples')

/** The environment of a newcomer's shell. npm must find everything in the project. */
const environment = {
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  HOME: process.env['HOME'],
  TMPDIR: temporaryFolder(),
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
}

/** Copies an example into a folder of the project. */
function copyExample(name: string, copy = name): string {
  const folder = join(project, copy)
  cpSync(join(examples, name), folder, { recursive: true })
  symlinkSync(projectPackages, join(folder, 'node_modules'))
  return folder
}

function run(folder: string, [command = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, encoding: 'utf8', env: { ...environment, ...env }, timeout: 500_000 } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  return { status, output: `${error ?? ''}${stdout}${stderr}` }
}

/** @throws AssertionError when the command fails, or when its output has no such text */
function runWell(folder: string, command: readonly string[], expected: RegExp, env: Readonly<Record<string, string>> = {}): void {
  const { status, output } = run(folder, command, env)
  assert.equal(status, 0, output)
  assert.match(output, expected)
}

function typeCheck(folder: string, ...files: readonly string[]): void {
  compile(['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--skipLibCheck', ...files], folder)
}

type Job = { readonly env?: Readonly<Record<string, string>>; readonly steps: readonly { readonly run?: string }[] }

/** The only job of a workflow, and the commands that it runs. */
function readWorkflow(name: string) {
  const { jobs } = parse(readFileSync(join(examples, 'github-actions', name), 'utf8')) as { jobs: { tests: Job } }
  return { env: jobs.tests.env ?? {}, commands: jobs.tests.steps.flatMap(({ run }) => (run === undefined ? [] : [run])) }
}

/** Ends what a shell has left in the background. */
function killGroup(shellId: number | undefined): void {
  try {
    if (shellId !== undefined) process.kill(-shellId, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const python = findProgram('python3')
const noPython =
  (python === undefined || spawnSync(python, ['-c', 'import boto3, pytest']).status !== 0) &&
  'this machine has no python3 with boto3 and pytest'
const maven = findProgram('mvn')

describe('An example of tests in a project that has installed the packed program', () => {
  before(() => {
    installPacked()
    linkPackages(['@aws-sdk', '@playwright', '@types', 'vitest'])
    linkCommands(['playwright', 'vitest'])
  })

  it('passes with node:test, and type-checks', () => {
    const folder = copyExample('node-test')
    runWell(folder, [process.execPath, '--test'], /pass 2\n/)
    compile(['-p', '.'], folder)
  })

  it('passes with Vitest by the commands of its workflow, and type-checks', () => {
    const folder = copyExample('vitest')
    const [install, ...commands] = readWorkflow('tests.yml').commands
    assert.equal(install, 'npm ci')
    assert.equal(commands.length, 1)
    for (const command of commands) runWell(folder, ['bash', '-e', '-c', command], /Tests +3 passed/, { NO_COLOR: '1' })
    typeCheck(folder, 'shop.test.ts', 'vitest.config.ts')
  })

  it('passes with Playwright, and type-checks', async () => {
    const folder = copyExample('playwright')
    runWell(folder, ['npm', 'test'], /2 passed/, { CHROMIUM_PATH: await unpackBrowser() })
    typeCheck(folder, 'sign-in.test.ts', 'playwright.config.ts')
  })

  it('passes with pytest', { skip: noPython }, () => {
    runWell(copyExample('pytest'), [python ?? '', '-m', 'pytest'], /3 passed/)
  })

  it('passes with JUnit', { skip: maven === undefined && 'this machine has no Maven' }, (test) => {
    const { status, output } = run(copyExample('junit'), [maven ?? '', '--batch-mode', '--offline', 'test'])
    if (/in offline mode/.test(output)) return test.skip('Maven has not yet downloaded the packages of the example to this machine')
    assert.equal(status, 0, output)
    assert.match(output, /Tests run: 3, Failures: 0, Errors: 0, Skipped: 0/)
  })

  it('has a server beside it by the commands of the workflow for other languages', async () => {
    const folder = copyExample('pytest', 'beside')
    const { env, commands } = readWorkflow('tests-beside-lifeguard.yml')
    const [install, start = ''] = commands
    assert.equal(install, 'npm ci')
    const port = String(await freePort())
    const moved = (text: string) => text.replaceAll('9911', port)
    const shell = spawn('bash', ['-e', '-c', moved(start)], { cwd: folder, env: { ...environment }, stdio: 'ignore', detached: true })
    try {
      const [code] = await once(shell, 'exit')
      assert.equal(code, 0, readFileSync(join(folder, 'lifeguard.log'), 'utf8'))
      const client = sdkClient(moved(env['AWS_ENDPOINT_URL'] ?? ''), env['AWS_REGION'] ?? '')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const signIn = new InitiateAuthCommand({ ClientId: 'shopclient', AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      assert.ok((await client.send(signIn)).AuthenticationResult?.AccessToken)
      client.destroy()
    } finally {
      killGroup(shell.pid)
    }
  })
})
