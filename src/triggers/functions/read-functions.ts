import type { Logger } from '../../base/logger.ts'
import { SettingsError } from '../../settings.ts'
import { FunctionError } from '../trigger-errors.ts'
import type { Functions, TriggerFunction } from './function.ts'
import { anyName, type FunctionEntry, moduleDefaults, readFunctionsFile } from './functions-file.ts'
import { readFunctionsFolder } from './functions-folder.ts'
import { createHttpFunction } from './http-function.ts'
import { createLambdaFunction } from './lambda-function.ts'
import { createModuleFunction } from './module-function.ts'

type Options = {
  /** What `--functions-file` and `--functions` name. */
  readonly file: string | undefined
  readonly folder: string | undefined
  /** Whether modules that change on the disk, or come and go in the folder, count from the next invocation on. */
  readonly reload: boolean
  /** What modules find in `process.env`, beside what Lambda puts there. */
  readonly environment: Readonly<Record<string, string>>
  /** For modules, when the environment names none. */
  readonly region: string
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/** As Lambda allows them. The API takes more in an ARN: `..`, which in a URL would be another address than the operator gave. */
const lambdaName = /^[\w-]+$/

/** The functions of the file and of the folder. Throws SettingsError. */
export function readFunctions(options: Options): Functions {
  const entries = options.file === undefined ? new Map<string, FunctionEntry>() : readFunctionsFile(options.file)
  const folder = openFolder(options)
  const made = new Map<string, TriggerFunction>()

  function entryOf(name: string): FunctionEntry | undefined {
    const named = name === anyName ? undefined : entries.get(name)
    if (named !== undefined) return named
    const path = folder().get(name)
    if (path !== undefined) return { kind: 'module', path, ...moduleDefaults }
    return lambdaName.test(name) ? entries.get(anyName) : undefined
  }

  return {
    find(name, poolId) {
      const entry = entryOf(name)
      if (entry === undefined || entry.pools?.has(poolId) === false) return undefined
      const key = entry.kind === 'module' ? `${name} ${entry.path}` : name
      const found = made.get(key) ?? create(name, entry, options)
      made.set(key, found)
      return found
    },

    async close() {
      await Promise.all([...made.values()].map((each) => each.close()))
    },
  }
}

function openFolder({ folder, reload }: Options): () => ReadonlyMap<string, string> {
  const atStart = folder === undefined ? new Map<string, string>() : readFunctionsFolder(folder)
  if (folder === undefined || !reload) return () => atStart
  return () => {
    try {
      return readFunctionsFolder(folder)
    } catch (error) {
      // The caller is the developer, who has made the second module since the start.
      if (error instanceof SettingsError) throw new FunctionError(error.message, { refuses: false, mayQuote: false })
      throw error
    }
  }
}

function create(name: string, entry: FunctionEntry, { reload, environment, region, logger }: Options): TriggerFunction {
  switch (entry.kind) {
    case 'module':
      return createModuleFunction({
        ...entry,
        functionName: name,
        environment: { AWS_REGION: region, AWS_DEFAULT_REGION: region, ...environment, ...lambdaEnvironment(name, entry.memoryMegabytes) },
        reload,
        logger,
      })
    case 'url':
      return createHttpFunction({ url: entry.url.replaceAll('{functionName}', encodeURIComponent(name)), secret: entry.secret })
    case 'lambda':
      return createLambdaFunction(entry)
  }
}

/** What Lambda's runtime tells a function of itself. */
function lambdaEnvironment(name: string, memoryMegabytes: number): Readonly<Record<string, string>> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  }
}
