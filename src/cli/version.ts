import { readVersion } from '../base/version.ts'
import type { Command } from './command.ts'

export const version: Command = {
  name: 'version',
  summary: 'Print the version.',

  async run() {
    console.log(readVersion())
    return undefined
  },
}
