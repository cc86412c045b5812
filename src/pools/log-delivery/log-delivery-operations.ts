import { getLogDeliveryConfiguration } from './get-log-delivery-configuration.operation.ts'
import { setLogDeliveryConfiguration } from './set-log-delivery-configuration.operation.ts'

export const logDeliveryOperations = [setLogDeliveryConfiguration, getLogDeliveryConfiguration] as const
