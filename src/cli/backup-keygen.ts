import { writeFileSync } from 'node:fs'
import { SettingsError } from '../settings.ts'
import { type Command, readOperands } from './command.ts'

export const backupKeygen: Command = {
  name: 'backup keygen',
  operands: 'FILE',
  summary:
    'Make an identity that opens backups, write it to FILE, and print its recipient. Servers need only the recipient, which can seal backups but not open them.',

  async run(call) {
    const [path = ''] = readOperands(call, [], 1)
    const { newIdentity } = await import('../portability/container/sealing.ts')
    const { identity, recipient } = await newIdentity()
    try {
      writeFileSync(path, `# recipient: ${recipient}\n${identity}\n`, { mode: 0o600, flag: 'wx', flush: true })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new SettingsError(code === 'EEXIST' ? `${path} exists. Choose another name.` : `${path} cannot be written (${code}).`)
    }
    console.log(recipient)
    console.error(`The identity is in ${path}. Without it, backups for this recipient cannot be opened: keep copies of it in safe places.`)
    return undefined
  },
}
