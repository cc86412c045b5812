import { readFileSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { dayMs } from '../../base/durations.ts'
import { countOf } from '../../open-database.ts'
import { placeFilesOf, readNetworkList, unreadable } from '../../protection/places/open-places.ts'
import { readPlaceDatabase } from '../../protection/places/place-database.ts'
import type { Settings } from '../../settings.ts'
import { type Finding, ok, tryToFind, warning } from './finding.ts'

/** Addresses move from network to network. After this time, databases of places are often wrong. */
const oldAfterDays = 180

/** Reads the files that say where IP addresses are. */
export async function checkPlaces(settings: Settings): Promise<readonly Finding[]> {
  const { databases, lists } = placeFilesOf(settings)
  const findings: Finding[] = []
  for (const path of databases) {
    const database = await tryToFind(findings, () => readAs('--geo-database', path, readPlaceDatabase))
    if (database === undefined) continue
    const { kind, builtAt } = database
    const told = `--geo-database: ${path} is the database ${kind} of ${builtAt.toISOString().slice(0, 10)}.`
    const isOld = systemClock.now() - builtAt.getTime() > oldAfterDays * dayMs
    findings.push(isOld ? warning(`${told} It is old. Get a new one.`) : ok(told))
  }
  for (const path of lists) {
    const list = await tryToFind(findings, () => readAs('--anonymous-networks', path, readNetworkList))
    if (list !== undefined) findings.push(ok(`--anonymous-networks: ${path} has ${countOf(list.size, 'network')}.`))
  }
  return findings
}

/** @throws SettingsError when the file cannot be read */
function readAs<T>(setting: string, path: string, read: (bytes: Buffer) => T): T {
  try {
    return read(readFileSync(path))
  } catch (error) {
    throw unreadable(setting, path, error)
  }
}
