// The platforms of the token server and of the simulator: one file each, known by the end of its name.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/workspace.mjs'
import { camelCase } from '../new/words.mjs'

const facades = 'packages/server/src/facades'
const simulator = 'packages/testing/src/simulator'

/** Path to text of the list of `*-facade.ts`, which the server registers. */
export function facadeList() {
  const names = namesIn(facades, 'facade')
  return [
    [
      `${facades}/generated-list.ts`,
      `${originOf(facades, 'facade')}
import type { Facade } from './facade.js'
${importsOf(names, 'facade')}

/** The platforms whose SDKs the server serves. */
export const facades: readonly Facade[] = [${names.map((name) => camelCase(`${name}-facade`)).join(', ')}]
`,
    ],
  ]
}

/** Path to text of the lists of `*-platform.ts`. The names are a file of their own, which the platforms import. */
export function platformLists() {
  const names = namesIn(simulator, 'platform')
  return [
    [
      `${simulator}/platform-name.ts`,
      `${originOf(simulator, 'platform')}

/** The platforms that are simulated, by the first part of their paths. */
export const platformNames = [${names.map((name) => `'${name}'`).join(', ')}] as const

/** The first part of a platform's paths: ${names.map((name) => `\`/${name}\``).join(', ')}. */
export type PlatformName = (typeof platformNames)[number]
`,
    ],
    [
      `${simulator}/platform-kinds.ts`,
      `${originOf(simulator, 'platform')}
import type { PlatformKind } from './platform.js'
import type { PlatformName } from './platform-name.js'
${importsOf(names, 'platform')}

/** Every platform that is simulated. */
export const platformKinds = {
${names.map((name) => `  '${name}': ${camelCase(`${name}-platform`)},`).join('\n')}
} satisfies Readonly<Record<PlatformName, PlatformKind>>
`,
    ],
  ]
}

/** The names before `-facade.ts` or `-platform.ts`, in their order. */
function namesIn(folder, kind) {
  const end = `-${kind}.ts`
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(end) && file !== `${kind}${end}`)
    .map((file) => file.slice(0, -end.length))
    .filter((name) => name !== kind)
    .sort()
}

function importsOf(names, kind) {
  return names.map((name) => `import { ${camelCase(`${name}-${kind}`)} } from './${name}-${kind}.js'`).join('\n')
}

function originOf(folder, kind) {
  return `// Generated from ${folder}/*-${kind}.ts: npm run providers`
}
