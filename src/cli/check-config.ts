import { flag, type SettingSpec } from '../setting-spec.ts'
import { examineSettings, parseFlags, type Settings, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { error, type Finding, ok, tryToFind, warning } from './check-config/finding.ts'
import { type Command, type CommandCall, readOwnFlag } from './command.ts'

const ownFlags: readonly SettingSpec[] = [{ flag: 'json', type: flag, help: 'Print each result as a line of JSON: level, check, message.' }]

export const checkConfig: Command = {
  name: 'check-config',
  operands: '[serve | dev]',
  summary:
    'Check the settings of serve (or dev) and what they name: key files, certificates, functions, the database, gateways, the port. Starts and changes nothing. The exit code is 1 if there are errors.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    const mode = readMode(call)
    const asJson = readOwnFlag(call, ownFlags, 'json')
    let errors = 0
    const report = ({ level, message }: Finding, check: string) => {
      if (level === 'error') errors++
      const text = message.replace(/\s+/g, ' ')
      console.log(asJson ? JSON.stringify({ level, check, message: text }) : `${level.padEnd(7)}  ${text}`)
    }
    const { settings, wrongFlags, findings } = examine(call, mode)
    for (const finding of findings) report(finding, 'settings')
    if (settings !== undefined) {
      for (const { name, found } of await runChecks(settings, wrongFlags)) for (const finding of await found) report(finding, name)
    }
    if (errors > 0) throw new SettingsError(`${errors} ${errors === 1 ? 'error' : 'errors'}. Correct them before the next start.`)
    return undefined
  },
}

/** The command whose settings are checked. */
function readMode({ argv }: CommandCall): 'serve' | 'dev' {
  const { operands } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const [mode = 'serve', surplus] = operands
  if ((mode === 'serve' || mode === 'dev') && surplus === undefined) return mode
  throw new SettingsError(`${JSON.stringify(surplus ?? mode)} is not expected here. Write: lifeguard check-config [serve | dev] [FLAGS]`)
}

/** Reads the settings, and reports what is wrong with them. The result has no `settings` when reading them threw a SettingsError. */
function examine(
  call: CommandCall,
  command: 'serve' | 'dev',
): { readonly settings?: Settings; readonly wrongFlags: readonly string[]; readonly findings: readonly Finding[] } {
  try {
    const { settings, problems, wrongFlags } = examineSettings({ ...call, command, ownFlags })
    if (problems.length > 0) return { settings, wrongFlags, findings: problems.map(error) }
    const findings = [ok('The settings are complete and do not contradict each other.'), ...publicUrlFindings(settings)]
    return { settings, wrongFlags, findings }
  } catch (thrown) {
    if (thrown instanceof SettingsError) return { wrongFlags: [], findings: [error(thrown.message)] }
    throw thrown
  }
}

function publicUrlFindings({ publicUrl, mode }: Settings): readonly Finding[] {
  if (publicUrl === undefined || mode === 'dev') return []
  if (publicUrl.startsWith('https:')) return [ok(`--public-url: ${publicUrl} is the beginning of the issuer in tokens.`)]
  return [warning(`--public-url: ${publicUrl} is not encrypted. Other machines between it and its clients can read passwords and tokens.`)]
}

/** How long a check may take. This is longer than all time limits inside one check together. */
const checkMs = 60_000
/**
 * The check to which `checkMs` does not apply. It parses a module for each trigger function, and has a time limit that grows with their
 * number.
 */
const limitsItself = 'functions'

/** For a check, the settings that it needs. If one of them is wrong, the check is skipped: it would look at the default instead. */
const skippedFor: Readonly<Record<string, readonly string[]>> = { database: ['--database', '--data'], port: ['--port', '--host'] }

/** Runs all checks at once. The result is in the order in which they are reported. */
async function runChecks(
  settings: Settings,
  wrongFlags: readonly string[],
): Promise<readonly { name: string; found: Promise<readonly Finding[]> }[]> {
  const [
    { checkKeys },
    { checkTls },
    { checkFunctions },
    { checkDatabase },
    { checkGateways },
    { checkPlaces },
    { checkPort },
    { checkSts },
    { checkLogDelivery },
    { checkBreachedPasswords },
    { quotasWith },
  ] = await Promise.all([
    import('./check-config/check-keys.ts'),
    import('./check-config/check-tls.ts'),
    import('./check-config/check-functions.ts'),
    import('./check-config/check-database.ts'),
    import('./check-config/check-gateways.ts'),
    import('./check-config/check-places.ts'),
    import('./check-config/check-port.ts'),
    import('./check-config/check-sts.ts'),
    import('./check-config/check-log-delivery.ts'),
    import('./check-config/check-breached-passwords.ts'),
    import('../pools/quotas.ts'),
  ])
  const checkQuotas = async ({ quotas }: Settings) => {
    const findings: Finding[] = []
    await tryToFind(findings, () => quotasWith(quotas))
    return findings
  }
  const checks = {
    quotas: checkQuotas,
    keys: checkKeys,
    tls: checkTls,
    functions: checkFunctions,
    database: checkDatabase,
    gateways: checkGateways,
    sts: checkSts,
    'stolen passwords': checkBreachedPasswords,
    places: checkPlaces,
    'log delivery': checkLogDelivery,
    port: checkPort,
  }
  const useful = Object.entries(checks).filter(([name]) => !skippedFor[name]?.some((flag) => wrongFlags.includes(flag)))
  return useful.map(([name, check]) => ({ name, found: guarded(name, () => check(settings)) }))
}

/** A check that fails for a reason of its own, or does not end, must not hide the results of the others. */
async function guarded(name: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const { promise: timeout, resolve } = Promise.withResolvers<readonly Finding[]>()
  const late = warning(`The check of ${name} did not end within ${checkMs / 1000} seconds. Try again when the machine is less busy.`)
  const timer = name === limitsItself ? undefined : setTimeout(() => resolve([late]), checkMs)
  try {
    return await Promise.race([check(), timeout])
  } catch (thrown) {
    const { code, name: kind } = thrown as NodeJS.ErrnoException
    return [error(`The check of ${name} failed (${code ?? kind}).`)]
  } finally {
    clearTimeout(timer)
  }
}
