import { readdirSync, readFileSync } from 'node:fs'

/** Sends a signal to a process and all its descendants, parents first, until no new descendant appears. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  const reached = new Set<number>()
  for (;;) {
    const added = treeOf(pid).filter((each) => !reached.has(each))
    if (added.length === 0) return
    for (const each of added) {
      reached.add(each)
      signalOne(each, signal)
    }
  }
}

/** Whether the process runs. A zombie counts as ended. */
export function isAlive(pid: number): boolean {
  const state = statOf(String(pid))?.[0]
  return state !== undefined && state !== 'Z'
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // The process has ended in the meantime.
  }
}

/** The process and its descendants, parents first, as /proc lists them. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

function parentOf(pid: string): number | undefined {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** The fields of /proc/PID/stat from the state on; undefined when there is no such process. */
function statOf(pid: string): string[] | undefined {
  try {
    // The command name in parentheses may hold spaces; the state and the parent follow its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
