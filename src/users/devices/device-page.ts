import type { Secrets } from '../../base/secrets.ts'
import type { DeviceType } from '../../contract/generated/types.ts'
import { pageOf, readPageToken } from '../../pools/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { listDevicesOf } from './device-repository.ts'
import { writeDevice } from './device-wire.ts'

const longestPage = 60

type Page = { readonly limit: number | undefined; readonly token: string | undefined }

/** A page of a user's devices, as ListDevices and AdminListDevices show it. */
export async function pageOfDevices(
  { db, secrets }: { readonly db: Db; readonly secrets: Secrets },
  user: User,
  { limit, token }: Page,
): Promise<{ Devices: DeviceType[]; PaginationToken: string | undefined }> {
  const list = `devices ${user.poolId}/${user.sub}`
  const after = readPageToken(secrets, list, token) ?? ''
  const size = limit || longestPage
  const found = await listDevicesOf(db, user.poolId, user.sub, after, size + 1)
  const { entries, nextToken } = pageOf(
    found.map((device) => ({ id: device.key, device })),
    size,
    secrets,
    list,
  )
  return { Devices: entries.map(({ device }) => writeDevice(device)), PaginationToken: nextToken }
}
