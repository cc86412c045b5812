import { parse } from 'node:path'
import type { Group } from '../../users/groups/group.ts'
import { createLeftOut, type LeftOutEntry } from './left-out.ts'
import type { Output } from './output-file.ts'
import type { ExportedUser } from './user-record-of.ts'
import type { UsersFormat } from './users-format.ts'

export type WriteUsersInput = {
  readonly format: UsersFormat
  readonly groups: readonly Group[]
  readonly pages: AsyncIterable<readonly ExportedUser[]>
  /** Opens a file. `number` begins with 1; undefined for a format that writes one file only. */
  open(number: number | undefined): Promise<Output>
  /** Called after each page, with the number of users so far. */
  onPage(users: number): void
}

export type WrittenUsers = {
  /** The users who are in the files. */
  readonly users: number
  readonly files: number
  readonly leftOut: readonly LeftOutEntry[]
}

/** Text is written in pieces of about this many characters. */
const pieceLength = 65_536

/** Writes all users, and gives the files their names when the last one is complete. If anything fails, no file is left. */
export async function writeUsers(input: WriteUsersInput): Promise<WrittenUsers> {
  const outputs: Output[] = []
  try {
    const written = await writeFiles(input, outputs)
    for (const output of outputs) await output.publish()
    return written
  } catch (error) {
    for (const output of outputs) await output.discard()
    throw error
  }
}

async function writeFiles({ format, groups, pages, open, onPage }: WriteUsersInput, outputs: Output[]): Promise<WrittenUsers> {
  const leftOut = createLeftOut()
  let [users, usersInFile, bytes, piece] = [0, 0, 0, '']

  const begin = async () => {
    outputs.push(await open(format.maxFileBytes === undefined ? undefined : outputs.length + 1))
    piece = format.begin(groups)
    bytes = Buffer.byteLength(piece)
    usersInFile = 0
  }
  const flush = async () => {
    await outputs.at(-1)?.write(piece)
    piece = ''
  }
  const end = async () => {
    piece += format.end({ groups: groups.length, users: usersInFile })
    await flush()
    await outputs.at(-1)?.close()
  }

  await begin()
  for await (const page of pages) {
    for (const user of page) {
      const text = format.write(user, leftOut)
      if (text === undefined) continue
      const size = Buffer.byteLength(format.separator) + Buffer.byteLength(text)
      if (usersInFile > 0 && isFull(format, bytes + size)) {
        await end()
        await begin()
      }
      piece += usersInFile === 0 ? text : format.separator + text
      bytes += size
      users++
      usersInFile++
      if (piece.length >= pieceLength) await flush()
    }
    onPage(users)
  }
  await end()
  return { users, files: outputs.length, leftOut: leftOut.entries() }
}

/** The end of the file takes a few bytes. */
const endBytes = 16

const isFull = ({ maxFileBytes }: UsersFormat, bytes: number): boolean => maxFileBytes !== undefined && bytes + endBytes > maxFileBytes

/** The name of one of several files: `users-2.json` for `users.json`, and `users-2.json.age` for `users.json.age`. */
export function numberedName(path: string, number: number | undefined): string {
  if (number === undefined) return path
  const sealed = path.endsWith('.age') ? '.age' : ''
  const { dir, name, ext } = parse(path.slice(0, path.length - sealed.length))
  const file = `${name}-${number}${ext}${sealed}`
  return dir === '' ? file : `${dir.replace(/\/$/, '')}/${file}`
}
