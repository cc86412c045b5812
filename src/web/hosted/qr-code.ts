import qrcode from 'qrcode-generator'

/** The address that authenticator apps read from a QR code (Key URI Format of Google Authenticator). */
export function otpAuthUri({
  issuer,
  account,
  secret,
}: {
  readonly issuer: string
  readonly account: string
  readonly secret: string
}): string {
  const label = [issuer, account].map(encodeURIComponent).join(':')
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}

/** A QR code as an SVG image. Its one path draws the dark modules; a code needs a light border of four modules (ISO/IEC 18004). */
export function qrCode(text: string): string {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  const size = code.getModuleCount()
  const all = Array.from({ length: size * size }, (_, index) => ({ row: Math.floor(index / size), column: index % size }))
  const dark = all.filter(({ row, column }) => code.isDark(row, column))
  const path = dark.map(({ row, column }) => `M${column + 4} ${row + 4}h1v1h-1z`).join('')
  return `<svg viewBox="0 0 ${size + 8} ${size + 8}" role="img" aria-hidden="true"><path d="${path}"/></svg>`
}
