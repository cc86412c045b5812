import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const packages = resolve(import.meta.dirname, '../node_modules')

/** The script file of a package's command, so that it runs on the Node of this process and not on the one that its first line names. */
export function packageCommand(packageName: string, command: string): string {
  const folder = join(packages, packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: Record<string, string> }
  const file = bin[command]
  if (file === undefined) throw new Error(`The package ${packageName} has no command ${command}.`)
  return join(folder, file)
}
