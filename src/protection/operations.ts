import { clearSlowedNetwork } from './stuffing/clear-slowed-network.operation.ts'
import { listSlowedNetworks } from './stuffing/list-slowed-networks.operation.ts'

export const protectionOperations = [listSlowedNetworks, clearSlowedNetwork] as const
