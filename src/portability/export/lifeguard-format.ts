import { type Pool, srpNameOf } from '../../pools/pool.ts'
import type { Group } from '../../users/groups/group.ts'
import { type GroupRecord, type UsersFileEnd, type UsersFileHead, usersFileVersion } from '../users-file/user-record.ts'
import type { UsersFormat } from './users-format.ts'

/** Our own format, which carries everything: docs/users-file.md. `now` is in epoch milliseconds. */
export function lifeguardFormat(pool: Pick<Pool, 'id'>, now: number): UsersFormat {
  const head: UsersFileHead = {
    lifeguard: 'users',
    version: usersFileVersion,
    userPoolId: pool.id,
    srpName: srpNameOf(pool.id),
    exportedAt: new Date(now).toISOString(),
  }
  return {
    extension: '.users.jsonl',
    begin: (groups) => [head, ...groups.map(groupRecordOf)].map(line).join(''),
    write: line,
    separator: '',
    end: (counts) => line({ end: true, ...counts } satisfies UsersFileEnd),
  }
}

function groupRecordOf({ name, description, roleArn, precedence, createdAt, updatedAt }: Group): GroupRecord {
  return {
    group: name,
    ...(description !== null && { description }),
    ...(roleArn !== null && { roleArn }),
    ...(precedence !== null && { precedence }),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }
}

const line = (value: object): string => `${JSON.stringify(value)}\n`
