import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundle, inlinedPackages } from './bundle.ts'
import { packageCommand } from './package-command.ts'

/*
 * Builds the package: the program and `lifeguard/testing` in few files, and the types of `lifeguard/testing`.
 *
 *   node scripts/build.ts            into dist/, in place of the last build
 *   node scripts/build.ts FOLDER     into a new folder
 */

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const folder = process.argv[2] === undefined ? dist : resolve(process.argv[2])
if (folder !== dist && existsSync(folder)) throw new Error(`${folder} exists. Name a new folder.`)

// Beside its place, so that a build that fails leaves the last one alone.
const draft = mkdtempSync(`${folder}-`)
// Others than its owner run the program, such as the user of a container.
chmodSync(draft, 0o755)
try {
  await bundle({ modules: { main: 'main.ts', testing: 'testing/index.ts' }, folder: draft, home: dist })
  for (const name of inlinedPackages) copyFileSync(join(root, 'node_modules', name, 'LICENSE'), join(draft, `LICENSE.${name}`))
  writeTypes(draft)
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
} finally {
  rmSync(draft, { recursive: true, force: true })
}
// The compile cache of the last build: its files had other names.
rmSync(join(root, 'node_modules/.cache/lifeguard'), { recursive: true, force: true })

/** The compiler writes the declarations of all modules that it reads. Only those of `lifeguard/testing` are for others. */
function writeTypes(into: string): void {
  const declarations = join(into, 'types')
  execFileSync(process.execPath, [packageCommand('typescript', 'tsc'), '-p', 'tsconfig.build.json', '--outDir', declarations], {
    cwd: root,
    stdio: 'inherit',
  })
  cpSync(join(declarations, 'testing'), join(into, 'testing'), { recursive: true })
  rmSync(declarations, { recursive: true })
}
