import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { OperationName } from '../src/contract/operation.ts'
import { type Service, serviceOperations } from '../src/contract/services.ts'
import { operations } from '../src/operations.ts'

/**
 * Updates the table of operations in docs/compatibility.md. With `--check` it only checks that the table is current. The operations, and
 * whether they are built, come from the code. The column of differences is written by hand in the table itself, and is kept. The link to a
 * test is kept as long as that test mentions the operation.
 */
const page = new URL('../docs/compatibility.md', import.meta.url)
const begin = '<!-- operations: npm run generate keeps this table; the third column is written by hand -->'
const end = '<!-- end of operations -->'

const tests = new Map(
  readdirSync(new URL('../test/', import.meta.url), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    // These tests send any operation of the model; they do not test the behaviour of a particular one.
    .filter((path) => path.endsWith('.test.ts') && !/^(api\/generator|contract|access)\//.test(path))
    .sort()
    .map((path) => [path, readFileSync(new URL(`../test/${path}`, import.meta.url), 'utf8')]),
)

const importTest = 'api/users/import/import-users.test.ts'
const schemaChangesTest = 'api/pools/schema-changes/rename.test.ts'
const developerUsersTest = 'api/identity-pools/developer-users.test.ts'

/** Operations that tests call through a shared function, so that the test itself does not mention their names. */
const testsByHelper: Partial<Record<OperationName, string>> = {
  AdminChangeUsername: 'api/users/usernames/change-username.test.ts',
  AdminSetUserMFAPreference: 'api/users/mfa-preferences.test.ts',
  ChangeUsername: 'api/users/usernames/change-username.test.ts',
  CompleteWebAuthnRegistration: 'api/users/passkeys/registration.test.ts',
  CorrectSignUpContact: 'api/users/contact-correction.test.ts',
  CreateGroup: 'api/users/groups/groups.test.ts',
  CreateInitialAccessToken: 'api/oauth/initial-access-tokens.test.ts',
  CreateUserImportJob: importTest,
  CreateUserRecordsImportJob: 'api/users/import/records/other-systems.test.ts',
  DescribeAuthEventRisk: 'api/threat-protection/describe-auth-event-risk.test.ts',
  DescribeUserImportJob: importTest,
  GetId: 'api/identity-pools/user-pool-logins.test.ts',
  GetOpenIdToken: 'api/identity-pools/guests.test.ts',
  GetOpenIdTokenForDeveloperIdentity: developerUsersTest,
  ListBackups: 'portability/backup-jobs.test.ts',
  ListUserImportLog: importTest,
  LookupDeveloperIdentity: developerUsersTest,
  MergeDeveloperIdentities: developerUsersTest,
  DescribeSchemaChange: schemaChangesTest,
  FinishSchemaChange: schemaChangesTest,
  PlanSchemaChange: schemaChangesTest,
  RestoreUser: 'api/users/deleted-users.test.ts',
  StartBackup: 'portability/backup-jobs.test.ts',
  StartSchemaChange: schemaChangesTest,
  StartUserImportJob: importTest,
  StartWebAuthnRegistration: 'api/users/passkeys/registration.test.ts',
  UndoSchemaChange: schemaChangesTest,
  UnlinkDeveloperIdentity: developerUsersTest,
  UnlinkIdentity: 'api/identity-pools/openid-logins.test.ts',
}

type Row = { readonly differs: string; readonly test: string | undefined }

function mentions(text: string, operation: string): number {
  return text.match(new RegExp(`\\b${operation}Command\\b|['.]${operation}'`, 'g'))?.length ?? 0
}

/** The name by which tests call the operation. Of two services that have an operation of the same name, one has a prefix in `name`. */
const calledName = (name: OperationName, wireName: string): string => (name.includes(':') ? name : wireName)

/** The test that mentions the operation most often. A test that is named after the operation is preferred. */
function testOf(name: OperationName, wireName: string): string | undefined {
  const called = calledName(name, wireName)
  const named = wireName.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
  const score = ([path, text]: readonly [string, string]) =>
    mentions(text, called) && mentions(text, called) + (path.includes(named) ? 100 : 0)
  const best = [...tests].toSorted((a, b) => score(b) - score(a))[0]
  return best !== undefined && score(best) > 0 ? best[0] : testsByHelper[name]
}

function linkTo(path: string): string {
  return `[${path.split('/').at(-1)?.replace('.test.ts', '')}](../test/${path})`
}

function rowsIn(table: string): ReadonlyMap<string, Row> {
  const rows = [...table.matchAll(/^\| ([\w:]+) \| (.*?) \| (.*?) \| (?:\[.*?\]\(\.\.\/test\/(.*?)\))? ?\|$/gm)]
  return new Map(rows.map(([, name = '', , differs = '', test]) => [name, { differs, test }]))
}

const titles: Readonly<Record<Service, string>> = {
  'user-pools': 'User pools',
  'identity-pools': 'Identity pools',
  lifeguard: 'Lifeguard’s own',
}

function writeTable(known: ReadonlyMap<string, Row>): string {
  const built = new Set<OperationName>(operations.map(({ name }) => name))
  const lines = Object.entries(titles).flatMap(([service, title]) => [
    `### ${title}`,
    '',
    '| operation | | differs | test |',
    '|---|---|---|---|',
    ...serviceOperations
      .filter((operation) => operation.service === service)
      .map(({ name, wireName }) => {
        if (!built.has(name)) return `| ${name} | not built | | |`
        const { differs = '', test } = known.get(name) ?? {}
        const kept = test !== undefined && (testsByHelper[name] === test || mentions(tests.get(test) ?? '', calledName(name, wireName)) > 0)
        const path = kept ? test : testOf(name, wireName)
        return `| ${name} | built | ${differs} | ${path === undefined ? '' : linkTo(path)} |`
      }),
    '',
  ])
  return lines.join('\n')
}

const text = readFileSync(page, 'utf8')
const [start, stop] = [text.indexOf(begin), text.indexOf(end)]
if (start < 0 || stop < start)
  throw new Error('docs/compatibility.md lacks the comments that mark the begin and end of its table of operations')
const table = text.slice(start + begin.length, stop)
const current = `${text.slice(0, start + begin.length)}\n\n${writeTable(rowsIn(table))}\n${text.slice(stop)}`

const untested = [...current.matchAll(/^\| ([\w:]+) \| built \| .* \| {2}\|$/gm)].map(([, name = '']) => name)
const broken = [...text.matchAll(/\]\((\.\.?\/[^)#]+)/g)].map(([, path = '']) => path).filter((path) => !existsSync(new URL(path, page)))
if (process.argv.includes('--check')) {
  if (current !== text) console.error('docs/compatibility.md is not current: run npm run generate')
  for (const name of untested) console.error(`No test mentions ${name}: add one, or name it in scripts/compatibility-table.ts`)
  for (const path of broken) console.error(`docs/compatibility.md links to ${path}, which does not exist`)
  process.exitCode = current === text && untested.length + broken.length === 0 ? 0 : 1
} else writeFileSync(page, current)
