import { appendFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { kebabCase, type ModelShape, readServiceModel, type ServiceModel, serviceEndpoints } from './docs-service-model.ts'
import { checkValue, parseValue, readJson, UsageError } from './docs-shorthand.ts'

/**
 * Stands in for the AWS CLI when the documents are checked, since a machine with git and npm does not have it. It knows the services of
 * `serviceEndpoints`, whose operations and members it reads from the service models, and the options that the guides use. It refuses all
 * else.
 */

/** One command line, as `readCommand` reads it. */
type Command = {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  readonly endpoint: string
  readonly query: string | undefined
  readonly output: string
}

const globalOptions = ['region', 'endpoint-url', 'query', 'output', 'cli-input-json'] as const

function readCommand(model: ServiceModel, service: string, [name = '', ...rest]: readonly string[]): Command {
  const operation = Object.keys(model.operations).find((candidate) => kebabCase(candidate) === name)
  if (operation === undefined) throw new UsageError(`unknown operation ${name}`)
  const facts = model.operations[operation]
  const shape = model.shapes[facts?.input ?? '']
  if (facts === undefined || shape === undefined) throw new UsageError(`the model does not describe ${operation}`)
  const options = readOptions(rest)
  const globals = takeGlobals(options)
  const json = globals['cli-input-json']
  const given = json === undefined ? {} : (readJson(withFile(json), '--cli-input-json') as Record<string, unknown>)
  const input = { ...given, ...readMembers(model, shape, options) }
  checkValue(model, facts.input, input, operation)
  requireEnvironment(facts.authKind, globals.region)
  const endpoint = globals['endpoint-url'] ?? process.env[serviceEndpoints[service] ?? ''] ?? process.env['AWS_ENDPOINT_URL']
  if (endpoint === undefined) throw new UsageError('no endpoint: the request would go to AWS')
  return { operation, input, endpoint, query: globals.query, output: globals.output ?? 'json' }
}

/** `--name value value --flag` → the values of each option. */
function readOptions(argv: readonly string[]): Map<string, string[]> {
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true })
  const options = new Map<string, string[]>()
  let values: string[] | undefined
  for (const token of tokens) {
    if (token.kind === 'option') {
      if (options.has(token.name)) throw new UsageError(`${token.rawName} is given twice`)
      values = token.value === undefined ? [] : [token.value]
      options.set(token.name, values)
    } else if (token.kind === 'positional') {
      if (values === undefined) throw new UsageError(`unexpected argument ${token.value}`)
      values.push(token.value)
    }
  }
  return options
}

function takeGlobals(options: Map<string, string[]>): Partial<Record<(typeof globalOptions)[number], string>> {
  const globals: Partial<Record<(typeof globalOptions)[number], string>> = {}
  for (const name of globalOptions) {
    const values = options.get(name)
    options.delete(name)
    if (values === undefined) continue
    if (values.length !== 1) throw new UsageError(`--${name} takes one value`)
    globals[name] = values[0]
  }
  return globals
}

function readMembers(model: ServiceModel, shape: ModelShape, options: ReadonlyMap<string, readonly string[]>) {
  const names = new Map(Object.keys(shape.members ?? {}).map((name) => [kebabCase(name), name]))
  const input: Record<string, unknown> = {}
  for (const [option, values] of options) {
    const negated = option.startsWith('no-') && !names.has(option)
    const name = names.get(negated ? option.slice(3) : option)
    const shapeName = shape.members?.[name ?? '']?.shape
    if (name === undefined || shapeName === undefined) throw new UsageError(`unknown option --${option}`)
    input[name] = readMember(model, shapeName, values, negated ? { flag: false } : {}, `--${option}`)
  }
  return input
}

function readMember(model: ServiceModel, shapeName: string, values: readonly string[], { flag = true }, option: string): unknown {
  const shape = model.shapes[shapeName]
  if (shape?.type === 'boolean') {
    if (values.length > 0) throw new UsageError(`${option} takes no value`)
    return flag
  }
  const texts = values.map(withFile)
  if (shape?.type === 'list' && !texts[0]?.trimStart().startsWith('[')) {
    return texts.map((text) => parseValue(model, shape.member?.shape ?? '', text, option))
  }
  if (texts.length !== 1) throw new UsageError(`${option} takes one value, found ${texts.length}`)
  return parseValue(model, shapeName, texts[0] ?? '', option)
}

function withFile(text: string): string {
  return text.startsWith('file://') ? readFileSync(text.slice('file://'.length), 'utf8') : text
}

function requireEnvironment(authKind: string, region: string | undefined): void {
  const { env } = process
  if (!(region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'])) throw new UsageError('no region: set AWS_DEFAULT_REGION')
  const signed = authKind === 'SigV4'
  if (signed && !(env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY'])) throw new UsageError('no credentials: set AWS_ACCESS_KEY_ID')
}

/** Selects by a JMESPath. It supports the paths that guides use: names, `[0]`, `[*]`. */
function select(value: unknown, query: string): unknown {
  const steps = [...query.matchAll(/\.?([A-Za-z_]\w*)|\[(\d+|\*)\]/g)]
  if (steps.map(([step]) => step).join('') !== query) throw new UsageError(`--query ${query}: not a path of names, [0] and [*]`)
  let selected: unknown[] = [value]
  let many = false
  for (const [, name, index] of steps) {
    many ||= index === '*'
    selected = selected.flatMap((each) => (index === '*' ? (Array.isArray(each) ? each : []) : [member(each, name ?? index ?? '')]))
  }
  return many ? selected : (selected[0] ?? null)
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function asText(value: unknown): string {
  if (value === null) return 'None'
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : String(value)
  return value.map(asText).join('\t')
}

async function send(model: ServiceModel, { operation, input, endpoint, query, output }: Command): Promise<string> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${model.metadata.targetPrefix}.${operation}` }
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input) })
  const body = await response.text()
  if (!response.ok) throw new Error(`An error occurred when calling the ${operation} operation: HTTP ${response.status} ${body}`)
  const answer: unknown = body === '' ? {} : JSON.parse(body)
  const selected = query === undefined ? answer : select(answer, query)
  if (output !== 'json' && output !== 'text') throw new UsageError(`--output ${output}: only json and text are known here`)
  if (output === 'text') return asText(selected)
  return Object.keys(selected ?? {}).length === 0 && query === undefined ? '' : JSON.stringify(selected, null, 4)
}

try {
  const [service = '', ...argv] = process.argv.slice(2)
  if (!Object.hasOwn(serviceEndpoints, service)) throw new UsageError(`unknown service ${service}`)
  const model = readServiceModel(service)
  const text = await send(model, readCommand(model, service, argv))
  if (text !== '') console.log(text)
} catch (error) {
  const line = `aws ${process.argv.slice(2, 4).join(' ')}: ${(error as Error).message}`
  console.error(line)
  // A failure in the middle of a pipe does not stop the shell. So the failure is also written to a file, which the check of the documents
  // reads.
  const failures = process.env['LIFEGUARD_DOCS_FAILURES']
  if (failures !== undefined) appendFileSync(failures, `${line}\n`)
  process.exitCode = error instanceof UsageError ? 252 : 254
}
