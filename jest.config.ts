import type { Config } from 'jest'

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages'],
  testMatch: ['**/test/**/*.test.ts'],
  // Bound to real time by a server of its own: `npm run test:live`, on a machine with nothing else to do.
  testPathIgnorePatterns:
    process.env['LINGPAI_LIVE'] === '1' ? ['/node_modules/'] : ['/node_modules/', '\\.live\\.test\\.ts$'],
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
  // No test sleeps; this is for machines that are busy with something else.
  testTimeout: 30_000,
  maxWorkers: '100%',
  workerIdleMemoryLimit: '512MB',
  // The core alone has a threshold, and only what is measured is instrumented.
  collectCoverageFrom: ['packages/core/src/**/*.ts'],
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'json-summary'],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
}
export default config
