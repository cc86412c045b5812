import type { AuditedCaller } from '../../../audit/audited-caller.ts'
import type { Clock } from '../../../base/clock.ts'
import { hourMs } from '../../../base/durations.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { operation } from '../../../contract/operation.ts'
import { requireLockedPool } from '../../../pools/change-pool.ts'
import type { Db } from '../../../storage/db.ts'
import { draftInitialAccessToken } from './initial-access-token.ts'
import { countInitialAccessTokensUpTo, insertInitialAccessToken } from './initial-access-token-repository.ts'
import { writeInitialAccessToken } from './initial-access-token-wire.ts'

type Deps = { db: Db; clock: Clock }

const defaultLifetimeHours = 24
/** The most tokens that a pool can have. */
const mostTokens = 1000

/** Lifeguard's own operation: makes a token with which programs register app clients. Only this answer shows the token. */
export const createInitialAccessToken = operation('CreateInitialAccessToken', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, Description: description = '', Uses: uses = 1, LifetimeHours: hours = defaultLifetimeHours } = request
    const { token, stored } = draftInitialAccessToken({ poolId, description, uses, lifetimeMs: hours * hourMs }, clock.now())
    await db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, poolId)
      await insertInitialAccessToken(tx, stored)
      if ((await countInitialAccessTokensUpTo(tx, poolId, mostTokens + 1)) > mostTokens) {
        throw new ApiError('LimitExceededException', `There can be at most ${mostTokens} initial access tokens in a user pool.`)
      }
      await audit.record(tx, { subject: stored.id, detail: `uses: ${uses}` })
    })
    return { Token: token, InitialAccessToken: writeInitialAccessToken(stored) }
  },
})
