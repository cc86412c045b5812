import { SettingsError } from '../settings.ts'
import { applyCommand } from './apply.ts'
import { backup } from './backup.ts'
import { backupInspect } from './backup-inspect.ts'
import { backupKeygen } from './backup-keygen.ts'
import { breachedPasswordsCheck } from './breached-passwords-check.ts'
import { checkConfig } from './check-config.ts'
import type { Command } from './command.ts'
import { copyFromCognitoCommand } from './copy-from-cognito.ts'
import { dbMigrate } from './db-migrate.ts'
import { dev } from './dev.ts'
import { exportPoolCommand } from './export-pool.ts'
import { exportCognitoCsv, exportUsersCommand } from './export-users.ts'
import { helpOn } from './help.ts'
import { importUsers } from './import-users.ts'
import { keysCreate } from './keys-create.ts'
import { keysDelete } from './keys-delete.ts'
import { keysList } from './keys-list.ts'
import { keysRotateMaster } from './keys-rotate-master.ts'
import { restore } from './restore.ts'
import { schemaCommands } from './schema.ts'
import { serve } from './serve.ts'
import { version } from './version.ts'

const otherCommands = [
  dev,
  serve,
  keysCreate,
  keysList,
  keysDelete,
  keysRotateMaster,
  checkConfig,
  backupInspect,
  backupKeygen,
  backup,
  importUsers,
  breachedPasswordsCheck,
  exportUsersCommand,
  exportCognitoCsv,
  copyFromCognitoCommand,
  applyCommand,
  exportPoolCommand,
  ...schemaCommands,
  dbMigrate,
  restore,
  version,
]
const help = helpOn(otherCommands)
const commands = [...otherCommands, help]

/**
 * The command that the arguments name, and the arguments after its name.
 * @throws SettingsError when there is no such command
 */
export function chooseCommand(argv: readonly string[]): { readonly command: Command; readonly argv: readonly string[] } {
  const [first] = argv
  if (first === undefined || argv.includes('--help') || argv.includes('-h')) return { command: help, argv: [] }
  if (first === '--version' || first === '-v') return { command: version, argv: [] }
  const command = commands.find(({ name }) => name.split(' ').every((word, i) => argv[i] === word))
  if (command === undefined) throw new SettingsError(unknownCommandText(argv))
  return { command, argv: argv.slice(command.name.split(' ').length) }
}

function unknownCommandText(argv: readonly string[]): string {
  const names = commands.map(({ name }) => name).join(', ')
  return `${JSON.stringify(commandWords(argv))} is not a command. Commands: ${names}. The command comes before its flags.`
}

/** The part of the command line that looks like the name of a command. */
function commandWords(argv: readonly string[]): string {
  const [first = '', second] = argv
  const grouped = commands.some(({ name }) => name.startsWith(`${first} `))
  return grouped && second !== undefined && !second.startsWith('-') ? `${first} ${second}` : first
}
