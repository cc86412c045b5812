/** NOTIFY refuses payloads of 8000 bytes and more. */
const maxBytes = 7999

/** Both engines refuse what one of them could not carry. Throws a `RangeError`. */
export function requireChannel(channel: string): void {
  if (!/^[\w-]+$/.test(channel)) throw new RangeError('The name of a channel consists of letters, digits, "_" and "-".')
}

/** One line for both: `readNotification` takes it apart. Throws a `RangeError` when it is too long. */
export function writeNotification(channel: string, payload: string): string {
  requireChannel(channel)
  const message = `${channel} ${payload}`
  if (Buffer.byteLength(message) > maxBytes)
    throw new RangeError(`Channel and payload of a notification are ${maxBytes - 1} bytes at most.`)
  return message
}

export function readNotification(message: string): { channel: string; payload: string } {
  const split = message.indexOf(' ')
  return { channel: message.slice(0, split), payload: message.slice(split + 1) }
}
