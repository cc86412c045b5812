import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageCommand } from '../../scripts/package-command.ts'
import { temporaryFolder } from './lifeguard-process.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
/** A project outside of the repository that has installed the package. */
export const project = temporaryFolder()
export const projectPackages = join(project, 'node_modules')
const installed = join(projectPackages, 'lifeguard')
const built = join(installed, 'dist')
/** The program in that project. */
export const program = join(built, 'main.js')

/** The names of the built modules, once the package is installed. */
export const builtModules = () => readdirSync(built).filter((name) => name.endsWith('.js'))

export function compile(args: readonly string[], cwd: string): void {
  execFileSync(process.execPath, [packageCommand('typescript', 'tsc'), ...args], { cwd })
}

/**
 * Builds and packs as `npm pack` does, in a folder of its own, so that a `dist` in use is not touched. Then unpacks the package in a project.
 * The packages that it depends on come from the repository, so that no registry is needed. It takes seconds: call it once in a test file.
 */
export function installPacked(): void {
  const folder = temporaryFolder()
  execFileSync(process.execPath, [join(repository, 'scripts', 'build.ts'), join(folder, 'dist')])
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs']) {
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  }
  mkdirSync(installed, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: folder, encoding: 'utf8' }).trim()
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', installed, '--strip-components=1'])
  symlinkSync(join(repository, 'node_modules'), join(installed, 'node_modules'))
}

/** Makes packages of the repository, or folders of them such as `@types`, packages of the project. */
export function linkPackages(names: readonly string[]): void {
  for (const name of names) symlinkSync(join(repository, 'node_modules', name), join(projectPackages, name))
}

/** Makes the commands of the project that `npm install` would make: `lifeguard`, and those of packages of the repository. */
export function linkCommands(names: readonly string[]): void {
  const commands = join(projectPackages, '.bin')
  mkdirSync(commands)
  chmodSync(program, 0o755)
  symlinkSync(program, join(commands, 'lifeguard'))
  for (const name of names) symlinkSync(join(repository, 'node_modules', '.bin', name), join(commands, name))
}
