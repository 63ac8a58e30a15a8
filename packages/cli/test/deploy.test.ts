import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { parse, parseAllDocuments } from 'yaml'
import { configurationSchema } from '../src/configuration/configuration-schema.js'

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

/** Names and labels of everything that a server tells Prometheus; a histogram's parts count as its own. */
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

/** The metrics that an expression of PromQL names. */
function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(lingpai|process)_[a-z_]+\b/g) ?? []
}

test('every metric that an alert or the dashboard names is served, and every one that is served is shown', async () => {
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

test('every alert is explained in both languages, and no other', async () => {
  const names = (await rules()).map(({ alert }) => alert)
  for (const page of ['docs/en/server.md', 'docs/zh/server.md']) {
    const told = [...(await read(page)).matchAll(/^\| `(Lingpai\w+)`/gm)].map(([, name]) => name)
    expect(told.sort()).toEqual([...names].sort())
  }
})

test('every metric is explained in both languages, and no other', async () => {
  const known = [...(await served())]
    .map((name) => name.replace(/_bucket$/, ''))
    .filter((name) => name.startsWith('lingpai_'))
  for (const page of ['docs/en/server.md', 'docs/zh/server.md']) {
    const told = [...(await read(page)).matchAll(/^\| `(lingpai_\w+)/gm)].map(([, name]) => name)
    expect(told.sort()).toEqual([...known].sort())
  }
})

test('the example configurations are ones that the command takes', async () => {
  expect(configurationSchema.safeParse(parse(await read('deploy/lingpai.yaml'))).error).toBeUndefined()
  const documents = parseAllDocuments(await read('deploy/kubernetes/lingpai.yaml')).map(
    (document) => document.toJS() as unknown,
  )
  const map = documents.find((document) => (document as { readonly kind: string }).kind === 'ConfigMap') as {
    readonly data: Readonly<Record<string, string>>
  }
  expect(configurationSchema.safeParse(parse(map.data['lingpai.yaml'] ?? '')).error).toBeUndefined()
})

test('the Kubernetes example has two servers with probes that exist, a budget, and secrets by name alone', async () => {
  const text = await read('deploy/kubernetes/lingpai.yaml')
  const documents = parseAllDocuments(text)
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  const kinds = documents.map((document) => (document.toJS() as { readonly kind: string }).kind)
  expect(kinds).toEqual([
    'ConfigMap',
    'Deployment',
    'Service',
    'Service',
    'PodDisruptionBudget',
    'Deployment',
    'Service',
    'NetworkPolicy',
  ])
  expect(documents[1]?.toJS()).toMatchObject({
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
  expect(text).not.toMatch(/kind: Secret\b/)
})

test('no secret volume on Kubernetes is one that everybody can read', async () => {
  const modes = [...(await read('deploy/kubernetes/lingpai.yaml')).matchAll(/secret: \{ secretName: .*\}/g)].map(
    ([text]) => /defaultMode: (0\d+)/.exec(text)?.[1],
  )
  expect(modes).toEqual(['0440', '0440', '0440'])
})

test('the composed services know each other, and every secret they name is declared', async () => {
  const { services, secrets, volumes } = parse(await read('deploy/compose.yaml')) as {
    readonly services: Readonly<Record<string, { readonly secrets: readonly string[] }>>
    readonly secrets: object
    readonly volumes: object
  }
  expect(Object.keys(services)).toEqual(['server', 'redis'])
  expect(new Set(Object.values(services).flatMap((service) => service.secrets))).toEqual(new Set(Object.keys(secrets)))
  expect(Object.keys(volumes)).toEqual(['keys'])
})

test('the image is made of every package that the command needs, and of none besides', async () => {
  const dockerfile = await read('deploy/Dockerfile')
  const packed = [...dockerfile.matchAll(/-w packages\/([\w-]+)/g)].map(([, name = '']) => name)
  const needed = new Set<string>()
  const need = async (name: string): Promise<void> => {
    if (needed.has(name)) return
    needed.add(name)
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = JSON.parse(await read(`packages/${name}/package.json`)) as Readonly<
      Record<string, Readonly<Record<string, unknown>> | undefined>
    >
    const all = [
      ...Object.keys(dependencies),
      ...Object.keys(peerDependencies).filter((peer) => !(peer in peerDependenciesMeta)),
    ]
    for (const dependency of all)
      if (dependency.startsWith('@lingpai/')) await need(dependency.slice('@lingpai/'.length))
  }
  await need('cli')
  await need('cache-redis')
  expect([...packed].sort()).toEqual([...needed].sort())
  expect(dockerfile).toMatch(/^USER node$/m)
})

test('images have exact versions, and Redis runs without root and is for the servers alone', async () => {
  const files = ['deploy/Dockerfile', 'deploy/compose.yaml', 'deploy/kubernetes/lingpai.yaml']
  const texts = await Promise.all(files.map(read))
  const images = texts.flatMap((text) => [...text.matchAll(/^(?:FROM|\s+image:) (\S+)/gm)].map(([, image]) => image))
  expect(images.filter((image) => !/^[a-z]+:\d+\.\d+\.\d+(-\w+)?$/.test(image ?? ''))).toEqual([])
  const { services } = parse(texts[1] ?? '') as { readonly services: { readonly redis: object } }
  expect(services.redis).toMatchObject({ user: '1000:1000', read_only: true, cap_drop: ['ALL'] })
  const documents = parseAllDocuments(texts[2] ?? '').map((document) => document.toJS() as { readonly kind: string })
  expect(documents.filter(({ kind }) => kind === 'NetworkPolicy')).toHaveLength(1)
})
