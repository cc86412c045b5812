/** Since the process began, the start of Node included. */
export function readyAfterMs(): number {
  return Math.round(process.uptime() * 1000)
}
