/** A claim of the story that is false. */
export class FalseClaim extends Error {}

/** Prints the story line by line, and remembers the lines. */
export interface Teller {
  /** A numbered heading. */
  chapter(title: string): void
  /** One line: a name, what happened, and the upstream requests that it cost. */
  line(name: string, text: string, requests?: number): void
  say(text: string): void
  /** All lines so far. */
  readonly told: string
}

/** Prints to standard output; in color on a terminal. */
export function teller(): Teller {
  const isColoured = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  const bold = (text: string): string => (isColoured ? `\u001B[1m${text}\u001B[22m` : text)
  const green = (text: string): string => (isColoured ? `\u001B[32m${text}\u001B[39m` : text)
  let told = ''
  let chapters = 0
  const print = (text: string): void => {
    told += `${text}\n`
    process.stdout.write(`${text}\n`)
  }
  return {
    get told() {
      return told
    },
    say: print,
    chapter: (title) => {
      chapters += 1
      print('')
      print(`${chapters}  ${bold(padded(title, 74))}${chapters === 1 ? 'upstream requests' : ''}`.trimEnd())
    },
    line: (name, text, requests) => {
      const count = requests === undefined ? '' : green(String(requests))
      print(`   ${padded(name, 24)}  ${padded(text, 48)}${count}`.trimEnd())
    },
  }
}

/** @throws FalseClaim if a count differs from the claim */
export function check(claim: string, counted: unknown, expected: unknown): void {
  if (Object.is(counted, expected)) return
  throw new FalseClaim(`${claim}: expected ${String(expected)}, counted ${String(counted)}`)
}

/** Chinese characters are two columns wide. */
function padded(text: string, width: number): string {
  const wide = text.match(/[\u3000-\u9FFF\uFF00-\uFF60]/g)?.length ?? 0
  return text + ' '.repeat(Math.max(0, width - text.length - wide))
}
