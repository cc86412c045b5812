import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The commit that the previous release was built from. A release changes the file: see docs/upgrading.md. */
const { commit } = JSON.parse(readFileSync(new URL('./previous-release.json', import.meta.url), 'utf8')) as { commit: string }

/**
 * Writes the source of the previous release, from the history of this repository, into an empty folder. Returns the file that starts it.
 * @throws Error when the history does not have the commit
 */
export function checkOutPreviousRelease(folder: string): string {
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, '.index') }
  const git = (args: readonly string[]) => execFileSync('git', args, { cwd: repository, env, encoding: 'utf8', stdio: 'pipe' })
  try {
    git(['read-tree', commit])
  } catch (cause) {
    throw new Error(
      `The test of upgrades needs commit ${commit} (test/upgrade/previous-release.json), and git cannot read it here. ` +
        'Is this a shallow clone or no clone? Fetch the history: git fetch --unshallow (in CI: fetch-depth 0).',
      { cause },
    )
  }
  git(['checkout-index', '--all', `--prefix=${folder}/`])
  linkPackages(folder)
  return join(folder, 'src', 'main.ts')
}

/** Lets the previous release use the installed packages. If it needs packages or versions that these are not, they are installed for it. */
function linkPackages(folder: string): void {
  const { dependencies, devDependencies } = packagesOf(repository)
  const installed = { ...devDependencies, ...dependencies }
  if (Object.entries(packagesOf(folder).dependencies).every(([name, version]) => installed[name] === version)) {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  } else execFileSync('npm', ['ci'], { cwd: folder, stdio: 'pipe' })
}

type Packages = Readonly<Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>>

function packagesOf(folder: string): Packages {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Why the previous release cannot be had here: a shallow clone, or a copy without a history. Undefined when the whole history is there. */
export function missingHistory(): string | undefined {
  try {
    const options = { cwd: repository, encoding: 'utf8', stdio: 'pipe' } as const
    const isShallow = execFileSync('git', ['rev-parse', '--is-shallow-repository'], options).trim() !== 'false'
    return isShallow ? 'This clone is shallow. Fetch the history: git fetch --unshallow (in CI: fetch-depth 0)' : undefined
  } catch {
    return 'This is no clone of the repository, so the source of the previous release is not here'
  }
}
