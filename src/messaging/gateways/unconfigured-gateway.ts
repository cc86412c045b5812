import { DeliveryError, type Gateway } from './gateway.ts'

/** Used while no gateway is set. Every delivery fails with the missing settings as its reason, so messages wait in the outbox or expire. */
export function createUnconfiguredGateway(missingSettings: string): Gateway {
  return {
    kind: 'none',
    deliver: async () => {
      throw new DeliveryError(`no gateway: set ${missingSettings}`)
    },
  }
}
