import { homedir } from 'node:os'

/** A path with `~` at its beginning replaced; `undefined` for the home of another user, such as `~bob/x`. */
export function expandHome(path: string, home: () => string = homedir): string | undefined {
  if (!path.startsWith('~')) return path
  return path === '~' || /^~[/\\]/.test(path) ? `${home()}${path.slice(1)}` : undefined
}
