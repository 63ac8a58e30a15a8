import { packages } from './scripts/lib/workspace.mjs'

/** The gate of doc comments: every public name and member has one. `npx typedoc --emit docs --out <directory>` gives HTML. */
export default {
  entryPoints: packages().flatMap(({ entries }) => entries.map(({ file }) => file)),
  tsconfig: 'tsconfig.check.json',
  // Types have a gate of their own.
  skipErrorChecking: true,
  disableSources: true,
  excludePrivate: true,
  emit: 'none',
  logLevel: 'Warn',
  // Links of READMEs are checked by scripts/check-docs.mjs.
  readme: 'none',
  validation: { notDocumented: true, notExported: true, invalidLink: true, invalidPath: false },
  // Without this, typedoc asks it of the root's own package only.
  packagesRequiringDocumentation: packages().map(({ name }) => name),
  // A member of an interface may speak for itself; one of `…Options` may not: see scripts/check-docs.mjs.
  requiredToBeDocumented: ['Class', 'Interface', 'Function', 'Variable', 'TypeAlias', 'Method', 'Accessor'],
  treatWarningsAsErrors: true,
}
