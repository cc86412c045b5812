import type { FastifyInstance } from 'fastify'
import { browserDataScript, browserDataScriptPath, pageDataScriptPath } from '../pages/browser-data-script.ts'
import { formPostScript, formPostScriptPath } from '../pages/form-post-page.ts'
import { passkeyScript, passkeyScriptPath } from '../pages/passkey-script.ts'
import { signedOutScript, signedOutScriptPath } from '../pages/signed-out-page.ts'
import { pageStyles, pageStylesPath } from '../pages/styles.ts'
import { workScript, workScriptPath } from '../pages/work-script.ts'

/** What the pages load. The addresses change with the content, so browsers may keep it for ever (RFC 8246). */
export function pageAssetRoutes(app: FastifyInstance): void {
  addAsset(app, pageStylesPath, 'text/css', pageStyles)
  addAsset(app, formPostScriptPath, 'text/javascript', formPostScript)
  addAsset(app, signedOutScriptPath, 'text/javascript', signedOutScript)
  addAsset(app, passkeyScriptPath, 'text/javascript', passkeyScript)
  addAsset(app, workScriptPath, 'text/javascript', workScript)
  addAsset(app, pageDataScriptPath, 'text/javascript', browserDataScript)
  app.get(browserDataScriptPath, async (_request, reply) => reply.headers(forApps).send(browserDataScript))
}

/** Pages of any origin load the script. They may also ask for it by CORS, to check its hash (Subresource Integrity). */
const forApps = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

function addAsset(app: FastifyInstance, path: string, type: string, content: string): void {
  const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'public, max-age=31536000, immutable' }
  app.get(path, async (_request, reply) => reply.headers(headers).send(content))
}
