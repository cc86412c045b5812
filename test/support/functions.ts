import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import type { LambdaConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { createLogger } from '../../src/base/logger.ts'
import { noteOutput } from './evidence.ts'
import { givenUser } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

/** A folder of files that is deleted after the `describe` in which it was created. */
export type FunctionFolder = {
  readonly path: string
  /** Writes a file and returns its path. Text is written as it is, other values as JSON. */
  write(name: string, content: unknown): string
}

export function functionFolder(): FunctionFolder {
  const path = mkdtempSync(join(tmpdir(), 'lifeguard-functions-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    write(name, content) {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
      return file
    },
  }
}

export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`

/** A pool with the triggers of `lambdaConfig` and one user, `ana`. */
export async function givenTriggered(server: TestServer, lambdaConfig: LambdaConfigType) {
  const ids = await server.givenPool({ pool: { LambdaConfig: lambdaConfig } })
  return { ...ids, ...(await givenUser(server, ids.poolId, 'ana')) }
}

/** A logger whose lines can be read. The scan for secrets reads them as well. */
export function recordingLogger(level = 'debug') {
  const lines: string[] = []
  const write = (line: string) => {
    lines.push(line)
    noteOutput(line)
  }
  return { logger: createLogger({ level, format: 'json', write }), lines }
}
