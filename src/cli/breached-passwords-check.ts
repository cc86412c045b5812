import { SettingsError } from '../settings.ts'
import { type Command, readOperands } from './command.ts'

/** How many lines of a file are looked at. A server looks at some hundred when it starts. */
const samples = 20_000

/** How long the service may take for each lookup. */
const serviceMs = 5000

export const breachedPasswordsCheck: Command = {
  name: 'breached-passwords check',
  operands: 'FILE | URL',
  summary: 'Check whether a file or a range service can be a source of --breached-passwords. Of a file it looks at 20,000 lines.',
  endsAtOnce: true,

  async run(call) {
    const [operand = ''] = readOperands(call, [], 1)
    const { readSource } = await import('../protection/breached-passwords/source-settings.ts')
    const { BreachSourceError } = await import('../protection/breached-passwords/breach-source.ts')
    const named = readSource(operand)
    if (named.kind === 'embedded') throw new SettingsError('The embedded list needs no check. Give a file or the URL of a range service.')
    try {
      console.log(named.kind === 'file' ? await checkFile(named.path) : await checkService(named.url))
    } catch (error) {
      if (!(error instanceof BreachSourceError)) throw error
      throw new SettingsError(`${operand} cannot be used: ${error.message}.`)
    }
    return undefined
  },
}

async function checkFile(path: string): Promise<string> {
  const { openFileSource } = await import('../protection/breached-passwords/file-source.ts')
  const { source, report } = await openFileSource(path, samples)
  await source.close()
  return `${path} can be used: about ${report.estimatedLines} hashes in ${report.bytes} bytes. ${report.samples} lines were looked at; they are sorted.`
}

/** Every list of stolen passwords has this one. */
const wellKnown = 'password'

async function checkService(url: string): Promise<string> {
  const { lookedUp, BreachSourceError } = await import('../protection/breached-passwords/breach-source.ts')
  const { createRangeSource } = await import('../protection/breached-passwords/range-source.ts')
  const { systemClock } = await import('../base/clock.ts')
  const source = createRangeSource(url, systemClock, serviceMs)
  const isFound = await source.has(lookedUp(wellKnown), new AbortController().signal)
  if (!isFound) throw new BreachSourceError('it answers, but does not know the most common password, so its list seems to be empty')
  return `${url} can be used: it answers as a range service.`
}
