import type { VirtualWorld } from './virtual-world.js'

/** Every token and secret of a run contains one of these. */
const marks = /simtok-|simsec-/

/** G7: no output contains a token or a secret. */
export function checkLeak(world: VirtualWorld, where: string, shown: unknown): void {
  const text = textOf(shown, 0)
  if (marks.test(text)) world.broken('G7', `${where} shows a token or a secret`)
}

function textOf(shown: unknown, depth: number): string {
  if (typeof shown !== 'object' || shown === null) return String(shown)
  if (depth > 5) return ''
  const { message, stack, cause } = shown as Readonly<Record<string, unknown>>
  const ofError =
    message === undefined ? '' : `${textOf(message, depth + 1)} ${textOf(stack, depth + 1)} ${textOf(cause, depth + 1)}`
  const fields = Object.values(shown).map((value) => textOf(value, depth + 1))
  return `${ofError} ${fields.join(' ')}`
}
