import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startServer } from '../../../src/server.ts'
import { readSettings, SettingsError } from '../../../src/settings.ts'
import { chosenEngines } from '../../support/engines.ts'
import { functionArn, functionFolder, givenTriggered } from '../../support/functions.ts'
import { claimsOf, givenTokens } from '../../support/sign-in.ts'
import { startTestServer } from '../../support/test-server.ts'

const url = 'https://functions.example.test/{functionName}'
const whole = { '*': { url } }

const bad: [problem: string, entry: unknown, says: RegExp][] = [
  ['text in place of an object', 'module.mjs', /must be an object with one of module, url and lambda/],
  ['no members', {}, /does not say where the function runs/],
  ['two places to run', { url, lambda: {} }, /has both url and lambda/],
  ['a module that is not there', { module: 'missing.mjs' }, /has a module that is not a file: .*missing\.mjs/],
  ['a module that is a folder', { module: '.' }, /has a module that is not a file/],
  ['a module that is not a path', { module: 7 }, /has a module that is not a path/],
  ['an unknown member', { url, retries: 3 }, /has the unknown member retries; the members are url, secret, pools/],
  ['a member that belongs to another place to run', { url, concurrency: 3 }, /has the unknown member concurrency/],
  ['an unknown member of lambda', { lambda: { account: '1' } }, /has the unknown member lambda\.account; the members are region, endpoint/],
  ['a lambda that is true', { lambda: true }, /has a lambda that is not an object/],
  ['an invalid region', { lambda: { region: 'a b' } }, /has a lambda\.region that is not the name of a region/],
  ['an invalid endpoint', { lambda: { endpoint: 'localhost' } }, /has a lambda\.endpoint that cannot be used: not an http: or https: URL/],
  ['no threads', { module: 'there.mjs', concurrency: 0 }, /has a concurrency that is not a whole number from 1 to 1000/],
  ['half a thread', { module: 'there.mjs', concurrency: 1.5 }, /has a concurrency that is not/],
  [
    'a memory limit that is text',
    { module: 'there.mjs', memoryMegabytes: '128' },
    /has a memoryMegabytes that is not a whole number from 16 to 10240/,
  ],
  ['an invalid URL', { url: 'functions' }, /has a url that cannot be used: not an http: or https: URL/],
  ['a URL with a password', { url: 'https://me:pw@host/' }, /has a url that cannot be used: a URL with a user name or password in it/],
  ['pools that are not a list', { url, pools: 'us-east-1_AbCdEfGhI' }, /has pools that are not a list of pool ids/],
  ['pools that are not ids', { url, pools: ['orders'] }, /has pools that are not a list of pool ids/],
  ['a secret that is not base64', { url, secret: 'whsec_top secret!' }, /has a secret that is not the base64 form of 24 to 64 bytes/],
  ['a secret that is too short', { url, secret: 'whsec_c2hvcnQ=' }, /has a secret that is not/],
]

describe('The settings --functions-file and --functions', () => {
  const folder = functionFolder()
  folder.write('there.mjs', 'export const handler = (event) => event')

  function start(...flags: string[]) {
    const data = folder.write('data/.keep', '').replace('/.keep', '')
    return startServer(readSettings({ argv: ['--port', '0', '--data', data, '--log-level', 'silent', ...flags], env: {}, command: 'dev' }))
  }

  /** Asserts that the start fails with one line that has no secret in it. */
  async function assertRefused(flags: string[], says: RegExp) {
    await assert.rejects(start(...flags), (error: unknown) => {
      assert.ok(error instanceof SettingsError, String(error))
      assert.match(error.message, says)
      assert.equal(error.message.includes('\n'), false)
      assert.equal(/top secret|c2hvcnQ/.test(error.message), false)
      return true
    })
  }

  for (const [problem, entry, says] of bad) {
    it(`stop the start when an entry of the file has ${problem}`, async () => {
      const file = folder.write('functions.json', { ...whole, 'check-sign-up': entry })
      await assertRefused(['--functions-file', file], new RegExp(`^--functions-file: .*functions\\.json: "check-sign-up" .*${says.source}`))
    })
  }

  it('stop the start when the file is not JSON; the error does not quote the file', async () => {
    const file = folder.write('functions.json', '{\n  "a": { "secret": "top secret" }, }')
    await assertRefused(['--functions-file', file], /functions\.json is not valid JSON at line 2 column 36\./)
  })

  it('stop the start when the file is a list or missing', async () => {
    await assertRefused(['--functions-file', folder.write('functions.json', [])], /must hold one JSON object/)
    await assertRefused(['--functions-file', `${folder.path}/absent.json`], /cannot be read \(ENOENT\)/)
  })

  it('stop the start when the folder has two modules of one function, or is missing', async () => {
    folder.write('twins/one.mjs', '')
    folder.write('twins/one.ts', '')
    await assertRefused(['--functions', `${folder.path}/twins`], /two modules of the function one: one\.mjs and one\.ts/)
    await assertRefused(['--functions', `${folder.path}/absent`], /--functions: .*absent cannot be read \(ENOENT\)/)
  })
})

for (const engine of chosenEngines().slice(0, 1)) {
  it('The entry of a function takes precedence over the folder, and the folder over the entry for all functions', async () => {
    const folder = functionFolder()
    const telling = (place: string) =>
      `export default (event, { functionName }) => ({ ...event, response: { claimsOverrideDetails: { claimsToAddOrOverride: { place: "${place} " + functionName } } } })`
    for (const name of ['both', 'alone']) folder.write(`folder/${name}.mjs`, telling('folder'))
    folder.write('from-file.mjs', telling('file'))
    folder.write('any.mjs', telling('any'))
    const file = folder.write('functions.json', { both: { module: 'from-file.mjs' }, '*': { module: './any.mjs' } })
    await using server = await startTestServer(engine, { flags: ['--functions-file', file, '--functions', `${folder.path}/folder`] })
    for (const [name, place] of [
      ['both', 'file both'],
      ['alone', 'folder alone'],
      ['neither', 'any neither'],
      ['neither:live', 'any neither'],
      ['constructor', 'any constructor'],
    ] as const) {
      const { clientId } = await givenTriggered(server, { PreTokenGeneration: functionArn(name) })
      assert.equal(claimsOf((await givenTokens(server, clientId, 'ana')).idToken)['place'], place)
    }
  })
}
