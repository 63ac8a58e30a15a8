// Recipes for reverse proxies: calls that need the token server go to it, all others to the platform. The paths and the errors are
// those of the facades.
import { errorBody } from '../../packages/server/src/facades/error-body.ts'
import { FacadeError } from '../../packages/server/src/facades/facade-error.ts'
import { facades } from '../../packages/server/src/facades/generated-list.ts'
import { caddyRecipe } from './caddy-recipe.mjs'
import { nginxRecipe } from './nginx-recipe.mjs'

/**
 * What facades and providers don't say: further names at which SDKs call the platform, the file if its name differs, and the hosts of
 * a platform with several, in the order of its facades. Each has the paths that it serves; the last one, all others.
 */
const details = {
  'wechat-mp': { file: 'weixin' },
  'qq-bot': { names: ['bots.qq.com', 'api.sgroup.qq.com'] },
  feishu: { names: ['accounts.feishu.cn'] },
  dingtalk: { hosts: [{ host: 'api.dingtalk.com', paths: '^/v[0-9]' }, { host: 'oapi.dingtalk.com' }] },
}

/** Path to text of every recipe. */
export function proxyRecipes(providers) {
  return providers.flatMap(({ name, manifest, accounts, providers: own }) => {
    const served = facadesOf(own)
    if (served.length === 0) return []
    const { apiBaseUrl, baseUrl } = accounts[0].provider.spec
    const hosts = [{ host: new URL(apiBaseUrl ?? baseUrl).host }]
    const recipe = recipeOf({ file: name, title: manifest.title.en, hosts, ...details[name] }, served)
    return [
      [`deploy/nginx/${recipe.file}.conf`, nginxRecipe(recipe)],
      [`deploy/caddy/${recipe.file}.Caddyfile`, caddyRecipe(recipe)],
    ]
  })
}

function facadesOf(providers) {
  const ids = new Set(Object.values(providers).map(({ id }) => id))
  return facades.filter(({ platform }) => ids.has(platform.providerId))
}

/** Groups paths by the error that the proxy sends if it cannot reach the server behind it. */
function recipeOf({ file, title, hosts, names = [] }, own) {
  const errors = []
  const indexOf = (platform) => {
    const error = busyOf(platform)
    const known = errors.findIndex(({ body, status }) => body === error.body && status === error.status)
    return known >= 0 ? known : errors.push(error) - 1
  }
  const tokens = new Map()
  for (const { platform, routes } of own)
    for (const route of routes) {
      const index = indexOf(route.platform ?? platform)
      tokens.set(index, [...(tokens.get(index) ?? []), patternOf(route.path)])
    }
  return {
    file,
    title,
    names: [`${file}.internal`, ...hosts.map(({ host }) => host), ...names],
    tokens: [...tokens].map(([error, paths]) => ({ error, paths: `^(${paths.join('|')})/?$` })),
    hosts: hosts.map((host, index) => ({ ...host, error: indexOf((own[index] ?? own[0]).platform) })),
    errors,
  }
}

function busyOf(platform) {
  const error = new FacadeError(platform.busy, 'the proxy cannot reach the server behind it')
  const { status = 200, statuses = {} } = platform
  return { body: JSON.stringify(errorBody(platform, error)), status: statuses[error.code] ?? status }
}

/** `/v1.0/oauth2/:corpId/token` as a regular expression. */
function patternOf(path) {
  return path.replace(/[.+*?()[\]{}|^$\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
}
