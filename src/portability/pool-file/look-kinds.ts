import { allClients } from '../../pools/app-client.ts'
import { isSettings, type Settings, textOf } from './json.ts'
import { type Kind, settingsOf } from './kind.ts'

const omitted = ['UserPoolId', 'ClientId']

/** The look of the classic hosted pages, of the pool or of a client. It needs a domain. */
export const uiCustomization: Kind = {
  section: 'UICustomization',
  isSingle: true,
  request: 'SetUICustomization',
  omitted,
  async list(call, within) {
    const shown = await withoutDomain(call('GetUICustomization', within))
    const style = shown?.['UICustomization']
    // A client without a look of its own is shown with that of the pool.
    if (!isSettings(style) || textOf(style['ClientId']) !== (within['ClientId'] ?? allClients)) return []
    return [{ ids: within, settings: settingsOf('SetUICustomization', style, omitted) }]
  },
  async create(call, within, settings) {
    await call('SetUICustomization', { ...settings, ...within })
    return within
  },
  async update(call, { ids }, settings) {
    await call('SetUICustomization', { ...settings, ...ids })
  },
}

/** A pool without a domain refuses to show its look. */
async function withoutDomain(response: Promise<Settings>): Promise<Settings | undefined> {
  try {
    return await response
  } catch (error) {
    if ((error as { code?: string }).code === 'InvalidParameterException') return undefined
    throw error
  }
}
