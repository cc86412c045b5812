import { resolve } from 'node:path'
import { readSettings, type Settings } from '../settings.ts'
import { readFunctionsFolder } from '../triggers/functions/functions-folder.ts'
import { localAuthorityFile } from '../web/tls/local-authority-file.ts'
import { type Command, readOperands } from './command.ts'

export const dev: Command = {
  name: 'dev',
  isServer: true,
  summary: 'Run for development on this machine only: accept any AWS credentials, keep data in a folder, show messages in an inbox.',

  async run(call) {
    readOperands(call, [], 0)
    const settings = readSettings({ ...call, command: 'dev' })
    const { readyAfterMs, startServer } = await import('../server.ts')
    const server = await startServer(settings)
    console.log(
      [
        '',
        `Lifeguard is ready after ${readyAfterMs()} ms, for development on this machine only.`,
        '',
        `  Endpoint  ${server.url}   (region ${settings.region}, any credentials)`,
        `  Inbox     ${server.url}/inbox`,
        `  Data      ${settings.database === undefined ? settings.data : 'in the database of --database'}`,
        ...modulesLine(settings.functionsFolder),
        ...trustLines(settings),
        '',
        '  Try it:',
        `  aws cognito-idp create-user-pool --pool-name first --endpoint-url ${server.url} --region ${settings.region}`,
        '',
      ].join('\n'),
    )
    return server
  },
}

/** Lists the trigger functions that were found, so that a wrong folder is noticed at once. */
function modulesLine(folder: string | undefined): string[] {
  if (folder === undefined) return []
  const names = [...readFunctionsFolder(folder).keys()]
  return [`  Functions ${resolve(folder)}   (${names.length === 0 ? 'no modules in it yet' : names.join(', ')})`]
}

/** Says which certificate makes programs accept those of the server. */
function trustLines({ https, data }: Settings): string[] {
  if (!https) return []
  const file = localAuthorityFile(data)
  return [
    `  Trust     ${file}`,
    `            Node.js: NODE_EXTRA_CA_CERTS=${file}`,
    `            AWS CLI: AWS_CA_BUNDLE=${file}   (browsers: docs/https-in-development.md)`,
  ]
}
