import type { Delivery } from './destination.ts'

/** `CodeDeliveryDetails` as every operation that sends a code answers it. */
export function writeDelivery({ attribute, medium, destination }: Delivery): {
  AttributeName: 'email' | 'phone_number'
  DeliveryMedium: 'EMAIL' | 'SMS'
  Destination: string
} {
  return { AttributeName: attribute, DeliveryMedium: medium, Destination: destination }
}
