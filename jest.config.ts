/** @jest-config-loader-options {"transpileOnly": true, "compilerOptions": {"target": "es2023"}} */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Config } from 'jest'

/** The driver of SQLite is native, and an optional dependency: where it is not there, its tests are left out, but not in CI. */
function isSqliteThere(): boolean {
  try {
    const fromHere = createRequire(join(process.cwd(), 'package.json'))
    createRequire(fromHere.resolve('@keyv/sqlite'))('sqlite3')
    return true
  } catch {
    const told =
      'NO SQLITE: npm install @keyv/sqlite && npm rebuild sqlite3 (a C++ compiler and Python without a prebuilt driver)'
    if (process.env['CI'] === 'true') throw new RangeError(told)
    process.env['LINGPAI_TEST_SQLITE'] = 'missing'
    process.stderr.write(`\n${told}: the tests of cache-sqlite are left out\n`)
    return false
  }
}

/** Tests of Redis run on a server of their own: where there is none, they are left out, but not in CI. */
function isRedisThere(): boolean {
  const install = 'apt-get update && apt-get install -y redis-server'
  const isOnPath = (): boolean => spawnSync('redis-server', ['--version']).status === 0
  const isInstalled = (): boolean =>
    process.getuid?.() === 0 && spawnSync('sh', ['-c', install], { stdio: 'ignore' }).status === 0
  if (isOnPath() || process.env['REDIS_URL'] !== undefined || (isInstalled() && isOnPath())) return true
  const told = `NO REDIS: redis-server on the PATH, or REDIS_URL (on Debian: ${install})`
  if (process.env['CI'] === 'true') throw new RangeError(told)
  process.env['LINGPAI_TEST_REDIS'] = 'missing'
  process.stderr.write(`\n${told}: the tests that need a Redis are left out\n`)
  return false
}

const leftOut = [
  '/node_modules/',
  // Bound to real time by a server of its own: `npm run test:live`.
  ...(process.env['LINGPAI_LIVE'] === '1' ? [] : ['\\.live\\.test\\.ts$']),
  ...(isSqliteThere() ? [] : ['/packages/cache-sqlite/']),
  ...(isRedisThere() ? [] : ['/packages/cache-redis/test/(?!options)']),
]

/** What every test runs in. */
const common = {
  testEnvironment: 'node',
  testPathIgnorePatterns: leftOut,
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: {
    customExportConditions: ['@lingpai/source', 'node', 'node-addons'],
    // Inspecting deep objects touches globals of suites before, which Jest would complain of.
    globalsCleanup: 'off',
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.jest.json' }],
  },
} satisfies Config

const config: Config = {
  projects: [
    { ...common, displayName: 'core', testMatch: ['<rootDir>/packages/core/test/**/*.test.ts'] },
    {
      ...common,
      displayName: 'packages',
      testMatch: ['<rootDir>/packages/!(core)/test/**/*.test.ts', '<rootDir>/benchmarks/test/*.test.ts'],
      // The core's own tests measure its coverage; elsewhere it runs as it is, which is several times faster.
      coveragePathIgnorePatterns: ['/packages/core/src/'],
    },
  ],
  // No test sleeps; this is for machines that are busy with something else. Jest reads it here alone, not from a project.
  testTimeout: 30_000,
  maxWorkers: '100%',
  workerIdleMemoryLimit: '512MB',
  collectCoverageFrom: ['packages/core/src/**/*.ts'],
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'json-summary'],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
}
export default config
