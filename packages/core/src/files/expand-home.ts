import { homedir } from 'node:os'

/** Replaces a leading `~` of a path; `undefined` for another user's home, such as `~bob/x`. */
export function expandHome(path: string, home: () => string = homedir): string | undefined {
  if (!path.startsWith('~')) return path
  return path === '~' || /^~[/\\]/.test(path) ? `${home()}${path.slice(1)}` : undefined
}
