import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * Globals that only the files named below may touch: everything else gets time, network and output handed in. As the
 * default of an injected option (`fetch = globalThis.fetch`) they may be named, never called. `Date.now` may not even be named:
 * a copy of it does not see a `Date` that tests replace later; `systemClock.now` does.
 */
const injected = {
  fetch: 'Take `fetch` from the options.',
  setTimeout: 'Take a `Clock`.',
  setInterval: 'Take a `Clock`; an interval outlives its owner.',
  setImmediate: 'Take a `Clock`.',
  console: 'Libraries are silent: report an event, or log to the given logger.',
}

const everywhere = [
  { selector: 'ExportAllDeclaration', message: 'Name what is public, one by one.' },
  { selector: 'TSEnumDeclaration', message: 'A union of literals says the same and erases.' },
  { selector: 'TSParameterProperty', message: 'Declare the member and assign it.' },
]
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }
const ofLibraries = [
  {
    selector: 'NewExpression[callee.name=/^(Error|TypeError|RangeError|SyntaxError|AggregateError)$/]',
    message: 'Throw one of the typed errors of @lingpai/core.',
  },
  {
    selector: 'BinaryExpression[operator="instanceof"][right.name=/(Error|DOMException)$/]',
    message: 'False between realms and between two copies of the library: ask isLingpaiError, `code` or `name`.',
  },
  {
    selector: 'CallExpression[callee.object.name="process"][callee.property.name="exit"]',
    message: 'Set `process.exitCode`: pending output would be cut.',
  },
]
const noGlobalCall = {
  selector: 'CallExpression[callee.object.name="globalThis"][callee.property.name=/^(fetch|set[A-Z])/]',
  message: 'Take it from the options.',
}
const noClock = [
  'MemberExpression[object.name=/^(Date|performance)$/][property.name="now"]',
  'NewExpression[callee.name="Date"][arguments.length=0]',
  'ImportDeclaration[source.value=/^(node:)?timers/]',
].map((selector) => ({ selector, message: 'Take a `Clock`.' }))
const noRandom = {
  selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
  message: 'Take `random` from the options.',
}

const allow = (...names) => [
  'error',
  ...Object.entries(injected)
    .filter(([name]) => !names.includes(name))
    .map(([name, message]) => ({ name, message })),
]

/** Names that say nothing about what a file defines. */
const houseRules = {
  rules: {
    'file-name': {
      meta: { type: 'problem', schema: [] },
      create: (context) => ({
        Program(node) {
          const name = context.filename.split(/[/\\]/).at(-1).split('.')[0]
          if (/^(utils?|helpers?|common|types|misc|shared)$/.test(name)) {
            context.report({ node, message: `A file is named after the one thing it defines, not '${name}'.` })
          } else if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
            context.report({ node, message: `'${name}' is not in kebab-case.` })
          }
        },
      }),
    },
  },
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', 'fixtures/', '**/.lingpai/'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    plugins: { house: houseRules },
    rules: {
      'house/file-name': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExport],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
      'object-shorthand': 'error',
      'no-else-return': ['error', { allowElseIf: true }],
      'no-implicit-coercion': ['error', { boolean: true, number: false, string: true }],
      'no-promise-executor-return': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.check.json', './packages/server/page/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true, checkThenables: true }],
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      // A method that answers with a promise may have nothing to await: it must still reject rather than throw.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // `void promise.catch(report)` says that the promise is not awaited; `void 0` in an arrow says that nothing is returned.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['HiddenValueRecord', 'string'] }],
      // Takes a key of a type parameter for an enum.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
      'no-restricted-syntax': [
        'error',
        ...everywhere,
        noDefaultExport,
        ...ofLibraries,
        ...noClock,
        noRandom,
        noGlobalCall,
      ],
      'no-restricted-globals': allow(),
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:crypto',
              allowTypeImports: true,
              message: 'Use nodeCrypto(), which loads it at its first use.',
            },
          ],
        },
      ],
    },
  },
  // The default `fetch`; read at each call, so that a replaced one is used.
  {
    files: [
      'packages/core/src/manager/token-manager.ts',
      'packages/core/src/kit/http-kit.ts',
      'packages/client/src/token-server-client.ts',
    ],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExport, ...ofLibraries, ...noClock, noRandom],
    },
  },
  // The one place that reads the machine's clock.
  {
    files: ['packages/core/src/clock.ts'],
    rules: {
      'no-restricted-globals': allow('setTimeout'),
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExport, ...ofLibraries, noRandom, noGlobalCall],
    },
  },
  // A public test tool drives real servers and real time; it still prints nothing.
  {
    files: ['packages/testing/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'console', message: injected.console }],
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExport, ...ofLibraries],
    },
  },
  {
    files: ['packages/*/test/**/*.ts', 'packages/*/test-d/**/*.ts', 'benchmarks/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-shadow': 'off',
      // Errors come from the realm of the test or of Node: only the message is compared.
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    files: ['packages/*/test/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['test', 'it', 'describe'].flatMap((object) =>
          ['only', 'skip', 'todo'].map((property) => ({
            object,
            property,
            message: 'A test runs, or says at run time why it cannot.',
          })),
        ),
        { object: 'jest', property: 'retryTimes', message: 'A flaky test is a wrong test.' },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        Buffer: 'readonly',
        URL: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        structuredClone: 'readonly',
      },
    },
    rules: { 'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }] },
  },
  // The browser's names are known to the type check of the page.
  { files: ['packages/server/page/**/*.js'], rules: { 'no-undef': 'off' } },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
  {
    files: ['*.config.js', '*.config.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere], 'house/file-name': 'off' },
  },
  { files: ['.dependency-cruiser.cjs'], rules: { 'house/file-name': 'off' } },
)
