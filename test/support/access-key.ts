import { lifeguard } from '../cli/lifeguard-process.ts'
import { noteSecrets } from './evidence.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

type Env = Readonly<Record<string, string>>

/** Runs `lifeguard keys create` with these flags. It runs from this source unless `program` is another file. */
export async function createAccessKey(flags: readonly string[], env: Env, program?: string): Promise<Credentials> {
  const key = readKey(await printedBy(['keys', 'create', ...flags], env, program))
  noteSecrets(key)
  return key
}

/** The standard output of a command that must succeed. */
export async function printedBy(args: readonly string[], env: Env, program?: string): Promise<string> {
  const { code, stdout, stderr } = await lifeguard(args, env, program)
  if (code !== 0) throw new Error(`lifeguard ${args.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}

/** Reads the variables that the command prints for a shell. */
function readKey(printed: string): Credentials {
  const variables = new Map([...printed.matchAll(/^(AWS_\w+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]))
  const [id, secret, token] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map((name) => variables.get(name))
  if (id === undefined || secret === undefined) throw new Error(`No key in: ${printed}`)
  return { accessKeyId: id, secretAccessKey: secret, ...(token !== undefined && { sessionToken: token }) }
}
