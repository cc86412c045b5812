import { DeliveryError, type Gateway } from './gateway.ts'

/** Stands where no gateway is set up. Messages wait in the outbox, and the log says what is missing, until it is set up or they expire. */
export function createUnconfiguredGateway(missingSettings: string): Gateway {
  return {
    deliver: async () => {
      throw new DeliveryError(`no gateway: set ${missingSettings}`)
    },
  }
}
