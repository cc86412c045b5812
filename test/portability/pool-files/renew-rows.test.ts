import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RowPart } from '../../../src/portability/pool-file/described-rows.ts'
import { canRenew } from '../../../src/portability/pool-file/renew-rows.ts'

const rowsOf = (...parts: readonly RowPart[]) => ({ parts, users: [], madeAt: 0 })

describe('canRenew', () => {
  it('accepts rows that are about no user, and rows that have the sub in plain text', () => {
    const client: RowPart = { table: 'app_client', rows: [{ id: 'shop', pool_id: 'us-east-1_Shop' }] }
    const alias: RowPart = { table: 'user_alias', rows: [{ pool_id: 'us-east-1_Shop', kind: 'username', value_key: 'ana', sub: 'a-sub' }] }
    assert.equal(canRenew(rowsOf(client, alias)), true)
  })

  it('refuses values that may be sealed for a sub, and users whom no file describes', () => {
    const token: RowPart = { table: 'software_token', rows: [{ pool_id: 'us-east-1_Shop', sub: 'a-sub', secret: 'sealed' }] }
    const user: RowPart = { table: 'user', rows: [{ pool_id: 'us-east-1_Shop', sub: 'a-sub', username: 'ana' }] }
    assert.equal(canRenew(rowsOf(token)), false)
    assert.equal(canRenew(rowsOf(user)), false)
  })
})
