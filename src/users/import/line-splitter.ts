/** Splits a stream of bytes into lines. It holds at most one unfinished line in memory. */
export type LineSplitter = {
  /** The lines that end in `bytes`, without their line feeds. They share memory with `bytes`. */
  push(bytes: Buffer): Buffer[]
  /** The bytes after the last line feed; undefined when the stream was empty or ended with a line feed. */
  end(): Buffer | undefined
}

/** Of a line that is longer than `maximumBytes`, one byte more than `maximumBytes` is kept: enough to see that the line is too long. */
export function createLineSplitter(maximumBytes: number): LineSplitter {
  let held: Buffer[] = []
  let heldLength = 0

  function hold(piece: Buffer): void {
    const kept = piece.subarray(0, maximumBytes + 1 - heldLength)
    if (kept.length === 0) return
    held.push(kept)
    heldLength += kept.length
  }

  function take(): Buffer {
    const [only] = held
    const line = held.length === 1 && only !== undefined ? only : Buffer.concat(held, heldLength)
    held = []
    heldLength = 0
    return line
  }

  return {
    push(bytes) {
      const lines: Buffer[] = []
      let start = 0
      for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
        hold(bytes.subarray(start, end))
        lines.push(take())
        start = end + 1
      }
      hold(bytes.subarray(start))
      return lines
    },
    end: () => (heldLength === 0 ? undefined : take()),
  }
}
