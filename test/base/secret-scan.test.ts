import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { scanForSecrets } from '../support/secret-scan.ts'

/** Scans evidence with these secrets and lines. */
function scan(secrets: readonly string[], lines: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-scan-'))
  try {
    writeFileSync(join(folder, 'secrets-1'), secrets.map((secret) => `${JSON.stringify(secret)}\n`).join(''))
    writeFileSync(join(folder, 'lines-1'), lines.map((line) => `${line}\n`).join(''))
    return scanForSecrets(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const jwt = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`

describe('The scan for secrets in logs and audit records', () => {
  for (const [what, secret, line] of [
    ['a code in a sentence', '314159', '{"msg":"the code is 314159."}'],
    ['a code in a URL', '314159', '{"msg":"GET /confirmUser?user_name=ana&code=314159"}'],
    ['a password with a space', 'Sunny day 7', '{"msg":"set to Sunny day 7"}'],
    ['a padded secret', 'q83vASNFZ4k=', '{"hash":"q83vASNFZ4k="}'],
    ['a secret beside a line separator', '27182818', '{"msg":"\u2028 27182818"}'],
    ['any JWT', 'unused-1', `{"msg":"${jwt}"}`],
    ['any private key', 'unused-1', '{"msg":"-----BEGIN PRIVATE KEY-----"}'],
  ] as const) {
    it(`finds ${what}`, () => {
      assert.equal(scan([secret], ['{"msg":"request"}', line]).findings.length, 1)
    })
  }

  it('finds nothing in lines that only resemble secrets, and counts what it has read', () => {
    const lines = ['{"reqId":"93141590-0000-4000-8000-000000000000","ms":3.14159}', '{"id":"x","request_id":null}']
    assert.deepEqual(scan(['314159', 'wrong'], lines), { findings: [], lines: 2, records: 1, secrets: 1 })
  })
})
