/** The time since the process began, which includes the start of Node. */
export function readyAfterMs(): number {
  return Math.round(process.uptime() * 1000)
}
