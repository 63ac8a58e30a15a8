const coreFolders = require('./scripts/lib/core-folders.cjs')
const testingFolders = require('./scripts/lib/testing-folders.cjs')

/** Who may import whom. `scripts/check-layering.mjs` plants a violation of each rule and expects it to be reported. */
const rules = [
  {
    name: 'no-circular',
    comment: 'A cycle, type-only ones included, means that a shared type wants a file of its own.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'core-depends-on-nothing',
    comment: 'The core knows no other package and no npm package; only what Node brings.',
    from: { path: '^packages/core/src/' },
    to: { path: ['^packages/(?!core/)', 'node_modules/'] },
  },
  ...coreFolders.slice(1).map((folder, index) => ({
    name: 'core-folders-in-order',
    comment: 'A call goes down through the folders of core; none imports from one above it.',
    from: { path: `^packages/core/src/${folder}/` },
    to: { path: `^packages/core/src/(${coreFolders.slice(0, index + 1).join('|')})/` },
  })),
  {
    name: 'core-contracts-know-no-way-of-a-call',
    comment: 'The contracts are what users meet; of the folders they know the data of a provider at most.',
    from: { path: '^packages/core/src/[^/]+[.]ts$', pathNot: '/(index|internal)[.]ts$' },
    to: { path: '^packages/core/src/[^/]+/', pathNot: '^packages/core/src/provider/' },
  },
  {
    name: 'core-folders-are-known',
    comment: 'A new folder of core takes its place in scripts/lib/core-folders.cjs.',
    from: { path: '^packages/core/src/[^/]+/', pathNot: `^packages/core/src/(${coreFolders.join('|')})/` },
    to: {},
  },
  {
    name: 'provider-knows-only-core',
    comment: 'Providers know neither each other nor a cache.',
    from: { path: '^packages/(provider-[^/]+)/src/' },
    to: { path: '^packages/', pathNot: '^packages/(core|$1)/' },
  },
  {
    name: 'cache-knows-only-core',
    comment: 'A cache knows the core; it may build on cache-keyv.',
    from: { path: '^packages/(cache-(?!from-url/)[^/]+)/src/' },
    to: { path: '^packages/', pathNot: '^packages/(core|cache-keyv|$1)/' },
  },
  {
    name: 'cache-from-url-knows-only-caches',
    comment: 'It chooses among caches, and has nothing to do with platforms.',
    from: { path: '^packages/cache-from-url/src/' },
    to: { path: '^packages/', pathNot: '^packages/(core|cache-[^/]+)/' },
  },
  {
    name: 'provider-does-no-io',
    comment:
      'A provider is data: it needs neither Node nor an npm package. Signing and discovery of OAuth 2 are helpers that load theirs when they are used.',
    from: {
      path: '^packages/provider-[^/]+/src/',
      pathNot: '^packages/provider-oauth2/src/(client-assertion|discover)[.]ts$',
    },
    to: {
      dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg'],
      pathNot: '^packages/',
    },
  },
  {
    name: 'src-never-imports-testing',
    comment: 'Only the command carries the simulator along, for `lingpai sandbox`.',
    from: { path: '^packages/(?!testing/|cli/)[^/]+/src/' },
    to: { path: '^packages/testing/' },
  },
  ...testingFolders.map((folder, index) => ({
    name: 'testing-folders-in-order',
    comment:
      'A folder of testing imports from those after it in scripts/lib/testing-folders.cjs, and never from the top.',
    from: { path: `^packages/testing/src/${folder}/` },
    to: {
      path: '^packages/testing/src/',
      pathNot: `^packages/testing/src/(${testingFolders.slice(index).join('|')})/`,
    },
  })),
  {
    name: 'testing-folders-are-known',
    comment: 'A new folder of testing takes its place in scripts/lib/testing-folders.cjs.',
    from: { path: '^packages/testing/src/[^/]+/', pathNot: `^packages/testing/src/(${testingFolders.join('|')})/` },
    to: {},
  },
  {
    name: 'testing-knows-only-core',
    comment: 'The suites are for everybody: they name no cache and no provider.',
    from: { path: '^packages/testing/src/' },
    to: { path: '^packages/', pathNot: '^packages/(core|testing)/' },
  },
  {
    name: 'service-knows-no-store',
    comment: 'Server, client and gateway get their cache handed in.',
    from: { path: '^packages/(server|client|qq-bot-gateway|bridge-[^/]+)/src/' },
    to: { path: '^packages/cache-' },
  },
  {
    name: 'only-the-entry-imports-the-command',
    comment: 'The command puts things together and is the top.',
    from: { path: '^packages/(?!cli/)' },
    to: { path: '^packages/cli/' },
  },
  {
    name: 'no-deep-import',
    comment:
      'Another package is its entries, nothing behind them; what core shares with its siblings and the manifest of a provider are such entries. What process tests share does not belong to any package.',
    from: { path: '^packages/([^/]+)/' },
    to: {
      path: '^packages/(?!$1/)[^/]+/(?!src/index[.]ts$)',
      pathNot:
        '^packages/(testing/test/support/|(testing|qq-bot-gateway)/src/[^/]+/index[.]ts$|core/src/internal[.]ts$|provider-[^/]+/src/manifest[.]ts$)',
    },
  },
  {
    name: 'src-never-imports-tests',
    comment: 'What is published does not need what is not.',
    from: { path: '^packages/[^/]+/src/' },
    to: { path: '^packages/[^/]+/test(-d)?/' },
  },
  {
    name: 'declared-packages-only',
    comment: 'An npm dependency stands in the package.json of the package whose src imports it.',
    from: { path: '^packages/[^/]+/src/' },
    to: { path: 'node_modules/', dependencyTypes: ['npm-no-pkg', 'npm-dev'], dependencyTypesNot: ['npm-peer'] },
  },
  {
    name: 'not-to-unresolvable',
    comment:
      'An import that leads nowhere; the libraries of `benchmarks` and of an example with its own package.json are installed only to run them.',
    from: { pathNot: '^(benchmarks/(contenders|members)|examples/[^/]+-sdks)/' },
    to: { couldNotResolve: true },
  },
]

module.exports = {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    // Not `exclude`: an excluded path is a dependency that is not seen at all.
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@lingpai/source', 'types', 'node', 'import', 'default'],
    },
  },
}
