import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LifeguardProcess, masterKey, temporaryFolder } from './lifeguard-process.ts'

/** Starts `serve` with `script` as the program systemd-notify. If `script` is undefined, there is no such program. */
function serve(script?: string) {
  const folder = temporaryFolder()
  if (script !== undefined) writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\ncd ${folder}\n${script}\n`, { mode: 0o755 })
  const env = {
    PATH: folder,
    NOTIFY_SOCKET: '/run/notify',
    LIFEGUARD_DATABASE: `sqlite:${join(folder, 'data.db')}`,
    LIFEGUARD_MASTER_KEY: masterKey,
    LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  }
  return { server: new LifeguardProcess(['serve', '--port', '0', '--create-database'], env, folder), folder }
}

describe('lifeguard serve under systemd', () => {
  it('reports that it is ready by systemd-notify, without its own settings', async () => {
    const { server, folder } = serve('echo "$1 $NOTIFY_SOCKET $LIFEGUARD_MASTER_KEY" > called; exit 3')
    await using process = server
    // The script exits with a failure, which `serve` logs. So the log shows when the script has ended.
    await process.says(/systemd-notify: it failed \(3\)\. systemd does not know that the server is ready\. Trying again/)
    assert.equal(readFileSync(join(folder, 'called'), 'utf8'), '--ready /run/notify \n')
    assert.match(process.stdout, /"Ready".*systemd-notify/s)
    assert.equal((await process.stop()).code, 0)
  })

  it('runs systemd-notify again after a failure', async () => {
    const { server, folder } = serve('if [ -e called ]; then echo > again; exit 0; fi; echo > called; exit 3')
    await using process = server
    await process.says(/systemd-notify: attempt 2 succeeded/)
    assert.ok(existsSync(join(folder, 'again')))
  })

  it('goes on when systemd-notify is missing, and says how to do without it', async () => {
    await using process = serve().server
    await process.says(/systemd-notify: it is not installed\..* write Type=exec into the unit\./)
    assert.equal((await fetch(`${await process.url()}/readyz`)).status, 200)
  })

  it('goes on when systemd-notify never ends', async () => {
    const { server, folder } = serve('echo > called; while :; do :; done')
    await using process = server
    await process.says(/systemd-notify: it took longer than 5 seconds/)
    assert.ok(existsSync(join(folder, 'called')))
    assert.equal((await fetch(`${await process.url()}/readyz`)).status, 200)
    assert.equal((await process.stop()).code, 0)
  })
})
