/**
 * The function `sha256` of our scripts, from bytes to bytes (FIPS 180-4). The browser's own function answers later, and is missing on pages
 * without TLS.
 */
export const sha256Script = `  const primes = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n)
  const fraction = (number) => ((number - Math.floor(number)) * 2 ** 32) | 0
  const roundKeys = primes.map((prime) => fraction(Math.cbrt(prime)))
  const turn = (word, by) => (word >>> by) | (word << (32 - by))

  function sha256(message) {
    const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
    padded.set(message)
    padded[message.length] = 128
    const view = new DataView(padded.buffer)
    view.setUint32(padded.length - 4, message.length * 8)
    const hash = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
    const words = new Int32Array(64)
    for (let start = 0; start < padded.length; start += 64) {
      for (let at = 0; at < 16; at++) words[at] = view.getInt32(start + at * 4)
      for (let at = 16; at < 64; at++) {
        const [early, late] = [words[at - 15], words[at - 2]]
        const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)
        const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10)
        words[at] = words[at - 16] + first + words[at - 7] + second
      }
      let [a, b, c, d, e, f, g, h] = hash
      for (let at = 0; at < 64; at++) {
        const upper = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
        const one = (h + upper + ((e & f) ^ (~e & g)) + roundKeys[at] + words[at]) | 0
        const lower = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
        const two = (lower + ((a & b) ^ (a & c) ^ (b & c))) | 0
        ;[a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g]
      }
      for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) hash[at] = (hash[at] + word) | 0
    }
    const result = new DataView(new ArrayBuffer(32))
    for (const [at, word] of hash.entries()) result.setInt32(at * 4, word)
    return new Uint8Array(result.buffer)
  }

`
