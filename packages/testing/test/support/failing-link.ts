/** What `link(2)` says on file systems without hard links. */
export const noLinkCodes = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'] as const

/** Options of Node with which every hard link of a process fails with a code; everything else is as it was. */
export function withFailingLink(code: string): readonly string[] {
  const text = `
    import { syncBuiltinESMExports } from 'node:module'
    import promises from 'node:fs/promises'
    promises.link = async () => { throw Object.assign(new TypeError('${code}: no hard links'), { code: '${code}', syscall: 'link' }) }
    syncBuiltinESMExports()`
  return ['--import', `data:text/javascript,${encodeURIComponent(text)}`]
}
