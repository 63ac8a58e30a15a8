/** Functions that add terminal styles, or none. */
export type Styles = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>

/** Adds escape codes for a terminal and nothing elsewhere. */
export function styles(isColored: boolean): Styles {
  const mark = (on: number, off: number) => (text: string) => (isColored ? `\u001B[${on}m${text}\u001B[${off}m` : text)
  return { bold: mark(1, 22), dim: mark(2, 22), red: mark(31, 39), green: mark(32, 39), yellow: mark(33, 39) }
}
