import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CompiledQuery, createQueryId, type KyselyPlugin, type RootOperationNode, sql } from 'kysely'
import { definitionOf, getShape } from '../../src/contract/model.ts'
import { operations } from '../../src/operations.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage, type TestStorage } from '../support/test-storage.ts'
import { type AskForPage, pagedLists, unpagedLists } from './paged-lists.ts'
import { depth, fillLists } from './paged-rows.ts'

const limit = 20
/** The number of the entry after which a page deep in a list begins. The tests compare its cost with that of the first page. */
const deep = depth - 500

type Plan = { readonly [key: string]: unknown; readonly Plans?: readonly Plan[] }

/** The statement that reads the page after entry `after`. Fails if `ask` executes more than this one statement. */
async function statementOf(storage: TestStorage, ask: AskForPage, after: number | undefined) {
  const nodes = new Map<string, RootOperationNode>()
  const executed: (RootOperationNode | undefined)[] = []
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      nodes.set(queryId.queryId, node)
      return node
    },
    transformResult: async ({ result, queryId }) => {
      assert.ok(result.rows.length >= limit, 'the page is full')
      executed.push(nodes.get(queryId.queryId))
      return result
    },
  }
  await ask(storage.db.withPlugin(plugin), after, limit)
  assert.equal(executed.length, 1, 'a page is one statement')
  const [node] = executed
  assert.ok(node)
  return storage.db.getExecutor().compileQuery(node, createQueryId())
}

/** The cost of the statement on PostgreSQL: the rows that its scans read, and the pages of storage that they touch. */
async function costOnPostgres(storage: TestStorage, ask: AskForPage, after: number | undefined) {
  const { sql: text, parameters } = await statementOf(storage, ask, after)
  const explain = CompiledQuery.raw(`explain (analyze, buffers, format json) ${text}`, [...parameters])
  const [row] = (await storage.db.executeQuery<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(explain)).rows
  assert.ok(row)
  const plan = row['QUERY PLAN'][0].Plan
  const scans = scansOf(plan)
  const rows = scans.map(rowsOf).reduce((sum, count) => sum + count, 0)
  const pages = Number(plan['Shared Hit Blocks']) + Number(plan['Shared Read Blocks'])
  return { rows, pages, tables: scans.length, text: JSON.stringify(plan) }
}

const scansOf = (plan: Plan): readonly Plan[] => [
  ...(plan['Relation Name'] === undefined ? [] : [plan]),
  ...(plan.Plans ?? []).flatMap(scansOf),
]

function rowsOf(scan: Plan): number {
  const looked = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck'].map((name) => Number(scan[name] ?? 0))
  return looked.reduce((sum, count) => sum + count, 0) * Number(scan['Actual Loops'])
}

async function requireShortOnPostgres(storage: TestStorage, ask: AskForPage): Promise<void> {
  const [first, later] = [await costOnPostgres(storage, ask, undefined), await costOnPostgres(storage, ask, deep)]
  // A page needs `limit` + 1 rows of each table. Twice as many are allowed, because a scan reads ahead.
  const most = (limit + 1) * later.tables * 2
  assert.ok(later.rows <= most, `${later.rows} rows were read for ${limit}: ${later.text}`)
  assert.ok(later.pages <= first.pages * 2 + 10, `${later.pages} pages, ${first.pages} for the first page of the list: ${later.text}`)
}

/** SQLite reports no figures. So each table must be searched by an index, with the start of the page as a bound of the search. */
async function requireShortOnSqlite(storage: TestStorage, ask: AskForPage): Promise<void> {
  const { sql: text, parameters } = await statementOf(storage, ask, deep)
  const explain = CompiledQuery.raw(`explain query plan ${text}`, [...parameters])
  // Runs in a transaction, because outside one the driver takes a raw statement for a write unless the statement begins with `select`
  // or `pragma`.
  const steps = (await storage.db.transaction().execute((tx) => tx.executeQuery<{ detail: string }>(explain))).rows.map(
    ({ detail }) => detail,
  )
  const plan = steps.join('\n')
  // The names of subqueries that limit a page before a join. They have only the rows of the page, so a scan of them is short.
  const pages = steps.flatMap((step) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/.exec(step)?.[1] ?? [])
  const isShort = (step: string) =>
    step.startsWith('SEARCH ') ||
    // A look-up by key: once, or if it is correlated, for each row of the page.
    /^(?:CORRELATED )?SCALAR SUBQUERY/.test(step) ||
    pages.some((page) => step.endsWith(` ${page}`)) ||
    (pages.length > 0 && step.startsWith('USE TEMP B-TREE'))
  assert.ok(steps.every(isShort), plan)
  const [, column = ''] = /order by [^()]*"(\w+)"(?: desc)? limit/.exec(text) ?? assert.fail(text)
  assert.match(plan, new RegExp(`\\b${column}[<>]\\?|\\b${column}\\)[<>]\\(`), `${text}\n${plan}`)
}

describe('The list of paged operations', () => {
  it('contains exactly the operations that take a page token', () => {
    const withToken = operations.filter(({ name }) => {
      const members = Object.keys(getShape(definitionOf(name).input).members ?? {})
      return members.some((member) => /^(next|pagination)token$/i.test(member))
    })
    const known = [...Object.keys(pagedLists), ...Object.keys(unpagedLists)]
    assert.deepEqual(known.sort(), withToken.map(({ name }) => name as string).sort())
  })
})

for (const engine of engines) {
  describe(`A page deep in a list on ${engine.name}`, () => {
    let storage: TestStorage
    before(async () => {
      storage = await openTestStorage(engine)
      await fillLists(storage.db)
      // In production, autovacuum does this.
      if (engine.name === 'postgres') await sql`vacuum analyze`.execute(storage.db)
    })
    after(() => storage[Symbol.asyncDispose]())

    for (const [name, variants] of Object.entries(pagedLists)) {
      for (const [variant, ask] of Object.entries(variants)) {
        it(`is read without reading the rows before it: ${name}, ${variant}`, () =>
          engine.name === 'postgres' ? requireShortOnPostgres(storage, ask) : requireShortOnSqlite(storage, ask))
      }
    }
  })
}
