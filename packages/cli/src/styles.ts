/** Marks of a terminal, or none. */
export type Styles = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>

/** Escape codes where a person reads, the bare text elsewhere. */
export function styles(isColoured: boolean): Styles {
  const mark = (on: number, off: number) => (text: string) => (isColoured ? `\u001B[${on}m${text}\u001B[${off}m` : text)
  return { bold: mark(1, 22), dim: mark(2, 22), red: mark(31, 39), green: mark(32, 39), yellow: mark(33, 39) }
}
