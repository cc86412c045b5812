import { allClients } from '../../pools/app-client.ts'
import { isSettings, textOf } from './json.ts'
import { type Kind, settingsOf, unless } from './kind.ts'

const omitted = ['UserPoolId', 'ClientId']

/** The look of the classic hosted pages, of the pool or of a client. It needs a domain. */
export const uiCustomization: Kind = {
  section: 'UICustomization',
  isSingle: true,
  request: 'SetUICustomization',
  omitted,
  async list(call, within) {
    // A pool without a domain refuses to show its look.
    const shown = await unless('InvalidParameterException', call('GetUICustomization', within))
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
