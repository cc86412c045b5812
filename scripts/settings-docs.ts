import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { flagText } from '../src/cli/help.ts'
import { type SettingSpec, variableOf } from '../src/setting-spec.ts'
import { settingsTable } from '../src/settings-table.ts'

/** Writes docs/settings.md from the table of settings. With `--check` it only checks that the page is current. */
const page = new URL('../docs/settings.md', import.meta.url)

function defaultOf(spec: SettingSpec): string {
  if (spec.defaultText !== undefined) return spec.defaultText
  if (spec.default === undefined) return ''
  return spec.default === false ? 'off' : `\`${spec.default}\``
}

function entry(spec: SettingSpec): string {
  const facts = [
    `Variable \`${variableOf(spec)}\`, in the configuration file \`"${spec.flag}"\`.`,
    defaultOf(spec) && `Default: ${defaultOf(spec)}.`,
    spec.type.kind === 'choice' && `One of ${spec.type.choices.map((choice) => `\`${choice}\``).join(', ')}.`,
    spec.requiredBy && `Required by ${spec.requiredBy.map((command) => `\`lifeguard ${command}\``).join(', ')}.`,
    spec.secret && 'Secret: never printed or logged.',
  ].filter((fact) => typeof fact === 'string' && fact !== '')
  return [`## \`${flagText(spec)}\``, '', spec.help, '', facts.join(' '), ''].join('\n')
}

const text = `# Settings

Generated from \`src/settings-table.ts\` by \`npm run generate\`.

The precedence is: flag, environment variable, configuration file (\`--config FILE\`, one JSON object), default. An empty variable
counts as unset. If a setting is wrong or missing, the program prints one line that says so and exits with code 1.

${Object.values(settingsTable).map(entry).join('\n')}`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/settings.md is not current: run npm run generate')
  process.exitCode = 1
}
