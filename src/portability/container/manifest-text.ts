import type { Manifest } from './manifest.ts'

/** What a command prints of a manifest, as JSON. */
export function summarize({ format, program, migration, engine, at, scope, sealedBy, sections }: Manifest) {
  return {
    format,
    program,
    migration,
    engine,
    at: new Date(at).toISOString(),
    scope: scope.kind === 'pool' ? scope.poolId : 'everything',
    sealedBy,
    rows: sections.reduce((sum, { rows = 0 }) => sum + rows, 0),
    bytes: sections.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** The manifest as a text for people: what the backup is, and a line for each section. */
export function describeManifest(manifest: Manifest): string {
  const { program, migration, engine, at, scope, rows, bytes } = summarize(manifest)
  const head = [
    `A backup of ${scope === 'everything' ? 'everything' : `the user pool ${scope}`}, as it was at ${at}`,
    `Written by Lifeguard ${program} from ${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, schema ${migration}`,
    `Sealed by a ${manifest.sealedBy}; format ${manifest.format}; ${rows} rows in ${bytes} bytes`,
    'All checksums are right.',
    '',
  ]
  const lines = manifest.sections.map(({ name, rows: count, bytes: size, sha256 }) =>
    [name.padEnd(24), String(count ?? '').padStart(12), String(size).padStart(16), sha256].join('  '),
  )
  return [...head, ['section'.padEnd(24), 'rows'.padStart(12), 'bytes'.padStart(16), 'SHA-256'].join('  '), ...lines].join('\n')
}
