import { readdirSync } from 'node:fs'
import { join, parse, resolve } from 'node:path'
import { SettingsError } from '../../settings.ts'

const extensions = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'])

/**
 * The path of each module that lies directly in the folder, by the name of its function. That name is the name of the file without its
 * extension.
 * @throws SettingsError when the folder cannot be read, or has two modules for one function.
 */
export function readFunctionsFolder(folder: string): ReadonlyMap<string, string> {
  const fileByFunction = new Map<string, string>()
  for (const file of filesOf(folder)) {
    const { name, ext } = parse(file)
    // A declaration file holds no code.
    if (!extensions.has(ext) || name.endsWith('.d')) continue
    const other = fileByFunction.get(name)
    if (other !== undefined) {
      throw new SettingsError(`--functions: ${folder} holds two modules of the function ${name}: ${parse(other).base} and ${file}.`)
    }
    fileByFunction.set(name, resolve(join(folder, file)))
  }
  return fileByFunction
}

function filesOf(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    throw new SettingsError(`--functions: ${resolve(folder)} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}
