import type { Logger } from '../../base/logger.ts'
import { createWarningThrottle } from '../../base/warning-throttle.ts'
import { SettingsError } from '../../settings.ts'
import { FunctionError } from '../trigger-errors.ts'
import type { Functions, TriggerFunction } from './function.ts'
import { type FunctionEntry, moduleDefaults, readFunctionsFile, wildcard } from './functions-file.ts'
import { readFunctionsFolder } from './functions-folder.ts'
import { createHttpFunction } from './http-function.ts'
import { createLambdaFunction } from './lambda-function.ts'
import { createModuleFunction } from './module-function.ts'

type Options = {
  /** The value of `--functions-file`. */
  readonly file: string | undefined
  /** The value of `--functions`. */
  readonly folder: string | undefined
  /** Whether the next invocation sees modules that changed on the disk, or were added to the folder or removed from it. */
  readonly reload: boolean
  /** The `process.env` of modules, without the variables that Lambda adds. */
  readonly environment: Readonly<Record<string, string>>
  /** The AWS region for modules, when the environment does not set one. */
  readonly region: string
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/** The names that Lambda allows. The API accepts more in an ARN, such as `..`, which would change the path of the operator's URL. */
const lambdaName = /^[\w-]+$/

/**
 * The functions of the file and of the folder.
 * @throws SettingsError when either cannot be read or is wrong.
 */
export function readFunctions(options: Options): Functions {
  const entries = options.file === undefined ? new Map<string, FunctionEntry>() : readFunctionsFile(options.file)
  const folder = openFolder(options)
  const functions = new Map<string, TriggerFunction>()

  function entryOf(name: string): FunctionEntry | undefined {
    const entry = name === wildcard ? undefined : entries.get(name)
    if (entry !== undefined) return entry
    const path = folder().get(name)
    if (path !== undefined) return { kind: 'module', path, ...moduleDefaults }
    return lambdaName.test(name) ? entries.get(wildcard) : undefined
  }

  return {
    find(name, poolId) {
      const entry = entryOf(name)
      if (entry === undefined || entry.pools?.has(poolId) === false) return undefined
      const key = entry.kind === 'module' ? `${name} ${entry.path}` : name
      const triggerFunction = functions.get(key) ?? create(name, entry, options)
      functions.set(key, triggerFunction)
      return triggerFunction
    },

    async close() {
      await Promise.all([...functions.values()].map((each) => each.close()))
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
      // The folder could be read when the server started. Since then, a developer has added a second module of the same name or removed
      // the folder.
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
        warnings: createWarningThrottle(),
      })
    case 'url':
      return createHttpFunction({ url: entry.url.replaceAll('{functionName}', encodeURIComponent(name)), secret: entry.secret })
    case 'lambda':
      return createLambdaFunction(entry)
  }
}

/** The variables by which Lambda's runtime describes a function to itself. */
function lambdaEnvironment(name: string, memoryMegabytes: number): Readonly<Record<string, string>> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  }
}
