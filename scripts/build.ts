import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundle, inlinedPackages } from './bundle.ts'

/*
 * Builds the package: the program and `lifeguard/testing` in few files, and the types of `lifeguard/testing`.
 *
 *   node scripts/build.ts [FOLDER]    (dist without FOLDER)
 */

const root = resolve(import.meta.dirname, '..')
const folder = resolve(process.argv[2] ?? join(root, 'dist'))

rmSync(folder, { recursive: true, force: true })
await bundle({ modules: { main: 'main.ts', testing: 'testing/index.ts' }, folder, home: join(root, 'dist') })
for (const name of inlinedPackages) copyFileSync(join(root, 'node_modules', name, 'LICENSE'), join(folder, `LICENSE.${name}`))
writeTypes()

function writeTypes(): void {
  const declarations = mkdtempSync(join(tmpdir(), 'lifeguard-types-'))
  try {
    execFileSync(process.execPath, [compiler(), '-p', 'tsconfig.build.json', '--outDir', declarations], { cwd: root, stdio: 'inherit' })
    cpSync(join(declarations, 'testing'), join(folder, 'testing'), { recursive: true })
  } finally {
    rmSync(declarations, { recursive: true })
  }
}

function compiler(): string {
  const package_ = join(root, 'node_modules/typescript')
  const { bin } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8')) as { bin: { tsc: string } }
  return join(package_, bin.tsc)
}
