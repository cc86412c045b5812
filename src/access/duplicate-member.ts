/**
 * The first member name that occurs twice in one object of a valid JSON text. `JSON.parse` keeps the last of them and says nothing,
 * so that half of what someone wrote would be lost.
 */
export function findDuplicateMember(json: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, text, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined && text !== undefined) {
      const name: string = JSON.parse(text)
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
