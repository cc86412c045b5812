import { type SettingSpec, variableOf } from '../setting-spec.ts'
import { settingsTable } from '../settings-table.ts'
import type { Command } from './command.ts'

const width = 100
const indent = 6

/** The command that describes the others and every setting. */
export function helpOn(others: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    summary: 'Print this text.',
    async run() {
      console.log(helpText([...others, help]))
      return undefined
    },
  }
  return help
}

function helpText(commands: readonly Command[]): string {
  return [
    "Lifeguard: an open, self-hosted identity server that speaks Amazon Cognito's API.",
    '',
    'Usage: lifeguard COMMAND [FLAGS]',
    '',
    'Commands',
    ...commands.flatMap(describeCommand),
    '',
    'Settings (precedence: flag, environment variable, configuration file, default)',
    ...Object.values(settingsTable).flatMap(describeSetting),
  ].join('\n')
}

function describeCommand({ name, operands, summary, ownFlags = [] }: Command): string[] {
  const own = ownFlags.flatMap((flag) => [`      ${flagText(flag)}`, ...wrap(flag.help, indent + 4)])
  return [`  ${[name, operands].filter((word) => word !== undefined).join(' ')}`, ...wrap(summary, indent), ...own]
}

function describeSetting(spec: SettingSpec): string[] {
  const required = spec.requiredBy === undefined ? '' : ` Required by ${spec.requiredBy.join(', ')}.`
  return [`  ${flagText(spec)}, ${variableOf(spec)}`, ...wrap(`${spec.help}${required}${defaultText(spec)}`, indent)]
}

/** The flag with its placeholder, such as `--port NUMBER`, as the help and the documentation show it. */
export function flagText({ flag, type, value }: SettingSpec): string {
  const placeholders = {
    integer: 'NUMBER',
    url: 'URL',
    key: 'KEY',
    path: 'PATH',
    choice: 'LEVEL',
    text: 'TEXT',
    pattern: 'TEXT',
    counts: 'JSON',
    flag: '',
  }
  return `--${flag} ${value ?? placeholders[type.kind]}`.trimEnd()
}

function defaultText(spec: SettingSpec): string {
  if (spec.defaultText !== undefined) return ` Default: ${spec.defaultText}.`
  return spec.default === undefined || spec.default === false ? '' : ` Default: ${spec.default}.`
}

function wrap(text: string, spaces: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && spaces + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(spaces) + each)
}
