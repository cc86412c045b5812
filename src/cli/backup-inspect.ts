import type { SettingSpec } from '../setting-spec.ts'
import { SettingsError } from '../settings.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'
import { withPortabilityErrors } from './with-portability-errors.ts'

const ownFlags: readonly SettingSpec[] = [{ flag: 'json', type: { kind: 'flag' }, help: 'Print the manifest as JSON.' }]

export const backupInspect: Command = {
  name: 'backup inspect',
  operands: 'FILE',
  summary: 'Show what a backup contains, and verify its checksums. Needs neither a passphrase nor a database.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    const [path = ''] = readOperands(call, ownFlags, 1)
    const asJson = readOwnFlag(call, ownFlags, 'json')
    const { open } = await import('node:fs/promises')
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      throw new SettingsError(`${path} cannot be read (${error.code}).`)
    })
    try {
      const [{ inspectContainer }, { describeManifest }] = await Promise.all([
        import('../portability/container/read-container.ts'),
        import('../portability/container/manifest-text.ts'),
      ])
      const manifest = await withPortabilityErrors(() => inspectContainer(file))
      console.log(asJson ? JSON.stringify(manifest, undefined, 2) : describeManifest(manifest))
    } finally {
      await file.close()
    }
    return undefined
  },
}
