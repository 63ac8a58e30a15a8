import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type DockerIgnore from '@balena/dockerignore'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { DockerfileParser } from 'dockerfile-ast'
import { parse, parseAllDocuments } from 'yaml'
import { configurationSchema } from '../src/configuration/configuration-schema.js'

// Its types declare a default export, but the module is the function itself.
const dockerIgnore = createRequire(import.meta.url)('@balena/dockerignore') as typeof DockerIgnore.default

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string }
}

async function rules(): Promise<readonly Rule[]> {
  const { groups } = parse(await read('deploy/prometheus/alerts.yaml')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[]
  }
  return groups.flatMap((group) => group.rules)
}

interface Labels {
  readonly matchLabels: Readonly<Record<string, string>>
}

interface Container {
  readonly image: string
}

interface KubernetesObject {
  readonly kind: string
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly podSelector?: Labels
    readonly policyTypes?: readonly string[]
    readonly ingress?: readonly object[]
    readonly egress?: readonly object[]
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: { readonly containers: readonly Container[] }
    }
  }
}

interface Compose {
  readonly services: Readonly<Record<string, Container & { readonly secrets: readonly string[] }>>
  readonly secrets: object
  readonly volumes: object
}

async function kubernetes(): Promise<readonly KubernetesObject[]> {
  const documents = parseAllDocuments(await read('deploy/kubernetes/lingpai.yaml'))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  return documents.map((document) => document.toJS() as KubernetesObject)
}

/** Names and labels of all metrics that a server exports; the parts of a histogram count separately. */
async function served(): Promise<ReadonlySet<string>> {
  const cache = memoryCache()
  await using manager = new TokenManager({ cache })
  const { text, key } = createClientKey({ name: 'prometheus', role: 'reader', accounts: '*' }, 0)
  const source = manager.source(qqBot, { appId: '1', clientSecret: 'not-real' })
  const accounts = [{ name: 'bot', provider: qqBot, source }]
  const server = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]), isKeeping: false })
  const scrape = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${text}` } })
  const types = [...(await scrape.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  await server.close()
  return new Set(types.flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`] : [name])))
}

/** Returns the metrics in a PromQL expression. */
function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(lingpai|process)_[a-z_]+\b/g) ?? []
}

test('alerts and dashboard use only exported metrics, and the dashboard shows all of them', async () => {
  const known = await served()
  const { panels } = JSON.parse(await read('deploy/grafana/lingpai.json')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
  }
  const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)))
  const watched = (await rules()).flatMap(({ expr }) => metricsIn(expr))
  expect([...shown, ...watched].filter((name) => !known.has(name))).toEqual([])
  expect([...known].filter((name) => !shown.includes(name))).toEqual([])
  expect(watched.length).toBeGreaterThan(8)
})

test('the docs explain exactly the existing alerts, in both languages', async () => {
  const names = (await rules()).map(({ alert }) => alert)
  for (const page of ['docs/en/server.md', 'docs/zh/server.md']) {
    const documented = [...(await read(page)).matchAll(/^\| `(Lingpai\w+)`/gm)].map(([, name]) => name)
    expect(documented.sort()).toEqual([...names].sort())
  }
})

test('the docs explain exactly the existing metrics, in both languages', async () => {
  const known = [...(await served())]
    .map((name) => name.replace(/_bucket$/, ''))
    .filter((name) => name.startsWith('lingpai_'))
  for (const page of ['docs/en/server.md', 'docs/zh/server.md']) {
    const documented = [...(await read(page)).matchAll(/^\| `(lingpai_\w+)/gm)].map(([, name]) => name)
    expect(documented.sort()).toEqual([...known].sort())
  }
})

test('the example configurations are valid', async () => {
  expect(configurationSchema.safeParse(parse(await read('deploy/lingpai.yaml'))).error).toBeUndefined()
  const map = (await kubernetes()).find(({ kind }) => kind === 'ConfigMap')
  expect(configurationSchema.safeParse(parse(map?.data?.['lingpai.yaml'] ?? '')).error).toBeUndefined()
})

test('the Kubernetes example has two servers with existing probes, a disruption budget, and secrets by name only', async () => {
  const objects = await kubernetes()
  const kinds = objects.map(({ kind }) => kind)
  expect(kinds).toEqual([
    'ConfigMap',
    'Deployment',
    'Service',
    'Service',
    'PodDisruptionBudget',
    'Deployment',
    'Service',
    'NetworkPolicy',
    'NetworkPolicy',
  ])
  expect(objects[1]).toMatchObject({
    spec: {
      replicas: 2,
      template: {
        spec: {
          securityContext: { runAsNonRoot: true },
          containers: [
            {
              livenessProbe: { httpGet: { path: '/healthz' } },
              readinessProbe: { httpGet: { path: '/readyz' } },
              securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
            },
          ],
        },
      },
    },
  })
})

test('secret volumes of the Kubernetes example are not world-readable', async () => {
  const modes = [...(await read('deploy/kubernetes/lingpai.yaml')).matchAll(/secret: \{ secretName: .*\}/g)].map(
    ([text]) => /defaultMode: (0\d+)/.exec(text)?.[1],
  )
  expect(modes).toEqual(['0440', '0440', '0440'])
})

test('the services of the compose file refer to each other, and all their secrets are declared', async () => {
  const { services, secrets, volumes } = parse(await read('deploy/compose.yaml')) as Compose
  expect(Object.keys(services)).toEqual(['server', 'redis'])
  expect(new Set(Object.values(services).flatMap((service) => service.secrets))).toEqual(new Set(Object.keys(secrets)))
  expect(Object.keys(volumes)).toEqual(['keys'])
})

/** Returns the instructions of the Dockerfile. */
async function dockerfile(): Promise<ReturnType<typeof DockerfileParser.parse>> {
  return DockerfileParser.parse(await read('deploy/Dockerfile'))
}

test('the image installs the versions of package-lock.json, and its command runs without root', async () => {
  const instructions = (await dockerfile()).getInstructions()
  const runs = instructions
    .filter((instruction) => instruction.getKeyword() === 'RUN')
    .map((instruction) => instruction.getArgumentsContent() ?? '')
  expect(runs.filter((run) => /\bnpm\b/.test(run))).toEqual([expect.stringMatching(/^npm ci /)])
  expect(runs).toContain('node scripts/image.mjs /app')
  const last = (keyword: string): string | null | undefined =>
    instructions
      .filter((instruction) => instruction.getKeyword() === keyword)
      .at(-1)
      ?.getArgumentsContent()
  expect(last('USER')).toBe('node')
  const { bin } = JSON.parse(await read('packages/cli/package.json')) as { readonly bin: { readonly lingpai: string } }
  expect(JSON.parse(last('ENTRYPOINT') ?? '')).toEqual(['node', posix.join('/app/packages/cli', bin.lingpai)])
})

test('the build context of the image contains the sources and none of the secrets beside them', async () => {
  const ignore = dockerIgnore().add(await read('deploy/Dockerfile.dockerignore'))
  const needed = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'scripts/image.mjs', 'LICENSE']
  const sources = ['packages/cli/package.json', 'packages/cli/tsconfig.json', 'packages/cli/src/read-secret.ts']
  expect([...needed, ...sources].filter((path) => ignore.ignores(path))).toEqual([])
  const names = ['.env', '.env.production', '.npmrc', 'lingpai-keys.json', 'server.pem', 'server.key', 'shop.secret']
  const folders = ['', 'deploy/', 'packages/', 'packages/cli/', 'packages/cli/src/', 'scripts/']
  const secrets = folders.flatMap((folder) => [
    ...names.map((name) => folder + name),
    `${folder}secrets/shop`,
    `${folder}.lingpai/tokens/shop.json`,
  ])
  const others = ['shop', 'lingpai.yaml', '.git/config', 'node_modules/zod/package.json', 'packages/cli/dist/bin.js']
  expect([...secrets, ...others].filter((path) => !ignore.ignores(path))).toEqual([])
})

test('images have exact versions, and the Redis of the compose file runs without root', async () => {
  const compose = parse(await read('deploy/compose.yaml')) as Compose
  const containers = (await kubernetes()).flatMap(({ spec }) => spec?.template?.spec.containers ?? [])
  const images = [
    ...(await dockerfile()).getFROMs().map((from) => from.getImage()),
    ...[...Object.values(compose.services), ...containers].map(({ image }) => image),
  ]
  expect(images).toHaveLength(6)
  expect(images.filter((image) => !/^[a-z]+:\d+\.\d+\.\d+(-\w+)?$/.test(image ?? ''))).toEqual([])
  expect(compose.services['redis']).toMatchObject({ user: '1000:1000', read_only: true, cap_drop: ['ALL'] })
})

test('the network policies cover every pod, and only the servers can reach Redis', async () => {
  const objects = await kubernetes()
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec)
  const pods = objects.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec?.template?.metadata.labels)
  expect(policies.map((policy) => policy?.podSelector?.matchLabels)).toEqual(pods)
  for (const policy of policies) expect(policy?.policyTypes).toEqual(['Ingress', 'Egress'])
  const [server, redis] = policies
  const servers = { podSelector: { matchLabels: pods[0] } }
  expect(redis?.ingress).toEqual([{ from: [servers], ports: [{ port: 6379 }] }])
  expect(redis?.egress).toBeUndefined()
  expect(server?.ingress).toEqual([{ ports: [{ port: 4180 }] }])
  expect(server?.egress).toContainEqual({
    to: [{ podSelector: { matchLabels: pods[1] } }],
    ports: [{ port: 6379 }],
  })
})
