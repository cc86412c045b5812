import { readFileSync } from 'node:fs'
import { isObject } from '../base/is-object.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { flag, path, text } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import type { FirebaseHash, RecordFormat, RecordOptions } from '../users/import/records/record-format.ts'
import type { CommandCall } from './command.ts'

const formats = ['lifeguard', 'auth0', 'firebase', 'keycloak', 'fusionauth', 'kratos'] as const

/** The flags of `import users`. */
export const importFlags: readonly SettingSpec[] = [
  { flag: 'pool', type: text, value: 'ID', help: 'The user pool that the people come into.' },
  { flag: 'format', type: { kind: 'choice', choices: formats }, help: 'The system that wrote the file.' },
  { flag: 'dry-run', type: flag, help: 'Check everything, names included, and store no user.' },
  { flag: 'report', type: path, value: 'FILE', help: 'Write the result of each record to this file.' },
  { flag: 'job', type: text, value: 'NAME', help: 'The name of the job. By default it is made of the name and the hash of the file.' },
  { flag: 'map', type: path, value: 'FILE', help: 'JSON: the path of a value in a record, and the attribute for it; "" leaves it out.' },
  {
    flag: 'ignore-unknown',
    type: flag,
    help: 'Leave out values without an attribute in the pool, where otherwise their record is refused.',
  },
  { flag: 'id-attribute', type: text, value: 'NAME', help: 'The attribute for ids of the other system that cannot be a `sub`.' },
  { flag: 'roles-as-groups', type: flag, help: 'Make groups of the roles of Keycloak or FusionAuth.' },
  { flag: 'relying-party', type: text, value: 'DOMAIN', help: 'The relying party of the passkeys of Keycloak or Kratos.' },
  { flag: 'firebase-hash', type: path, value: 'FILE', help: "JSON: the hash parameters of the Firebase project, under Firebase's names." },
]

export type ImportFlags = {
  readonly poolId: string
  readonly format: RecordFormat
  readonly isDryRun: boolean
  readonly report: string | undefined
  readonly jobName: string | undefined
  readonly options: RecordOptions
}

/** @throws SettingsError when a flag is missing or wrong */
export function readImportFlags({ argv }: CommandCall): ImportFlags {
  const { values } = parseFlags(argv, [...Object.values(settingsTable), ...importFlags])
  const hasFlag = (name: string) => values.get(name) === 'true'
  const jobName = values.get('job')
  if (jobName !== undefined && !/^[\w +=,.@-]{1,128}$/.test(jobName)) {
    throw new SettingsError('--job: a name has up to 128 letters, digits, spaces and characters of _+=,.@-')
  }
  return {
    poolId: required(values, 'pool'),
    format: readFormat(required(values, 'format')),
    isDryRun: hasFlag('dry-run'),
    report: values.get('report'),
    jobName,
    options: {
      attributes: readMap(values.get('map')),
      ignoreUnknown: hasFlag('ignore-unknown'),
      idAttribute: values.get('id-attribute'),
      rolesAsGroups: hasFlag('roles-as-groups'),
      relyingPartyId: values.get('relying-party'),
      firebaseHash: readFirebaseHash(values.get('firebase-hash')),
    },
  }
}

function required(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name)
  if (value === undefined) throw new SettingsError(`--${name} is required. See: lifeguard help`)
  return value
}

function readFormat(name: string): RecordFormat {
  const known = formats.find((format) => format === name)
  if (known === undefined) throw new SettingsError(`--format: ${JSON.stringify(name)} is not one of ${formats.join(', ')}.`)
  return known.toUpperCase() as RecordFormat
}

function readMap(file: string | undefined): RecordOptions['attributes'] {
  if (file === undefined) return []
  const map = readObject('map', file)
  return Object.entries(map).map(([path, name]) => {
    if (typeof name === 'string' || name === null) return [path, name ?? '']
    throw new SettingsError(`--map: the attribute for ${JSON.stringify(path)} is not a text.`)
  })
}

/** Takes the names of Firebase's console (`base64_signer_key`), also inside `hash_config`. */
function readFirebaseHash(file: string | undefined): FirebaseHash | undefined {
  if (file === undefined) return undefined
  const object = readObject('firebase-hash', file)
  const inner = object['hash_config']
  const config = isObject(inner) ? inner : object
  const [signerKey, saltSeparator, rounds, memoryCost] = ['base64_signer_key', 'base64_salt_separator', 'rounds', 'mem_cost'].map(
    (name) => config[name],
  )
  if (typeof signerKey === 'string' && typeof saltSeparator === 'string' && isCost(rounds) && isCost(memoryCost)) {
    return { signerKey, saltSeparator, rounds, memoryCost }
  }
  throw new SettingsError('--firebase-hash: the file needs base64_signer_key, base64_salt_separator, rounds and mem_cost.')
}

function isCost(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 32
}

function readObject(flagName: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(`--${flagName}: ${file} ${code === undefined ? 'is not valid JSON' : `cannot be read (${code})`}.`)
  }
  if (!isObject(value)) throw new SettingsError(`--${flagName}: ${file} is not a JSON object.`)
  return value
}
