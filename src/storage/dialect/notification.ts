/** On this channel a process says that anything may have changed. Then `onGap` of every subscriber to any channel is called. */
export const everythingChanged = 'everything_changed'

/** NOTIFY rejects payloads of 8000 bytes and more. */
const maxBytes = 7999

/**
 * Checks the name of a channel. Both engines reject a name that one of them could not carry.
 * @throws RangeError when the name has characters other than letters, digits, "_" and "-"
 */
export function requireChannel(channel: string): void {
  if (!/^[\w-]+$/.test(channel)) throw new RangeError('The name of a channel must consist of letters, digits, "_" and "-".')
}

/**
 * Joins channel and payload into one text, which `readNotification` splits.
 * @throws RangeError when the text is too long for NOTIFY
 */
export function writeNotification(channel: string, payload: string): string {
  requireChannel(channel)
  const message = `${channel} ${payload}`
  if (Buffer.byteLength(message) > maxBytes)
    throw new RangeError(`Channel and payload of a notification must not exceed ${maxBytes - 1} bytes together.`)
  return message
}

export function readNotification(message: string): { channel: string; payload: string } {
  const split = message.indexOf(' ')
  return { channel: message.slice(0, split), payload: message.slice(split + 1) }
}
