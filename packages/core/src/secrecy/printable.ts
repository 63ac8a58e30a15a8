/**
 * Control characters, line and paragraph separators, and characters that change the direction of text. The space is not
 * one of them.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** Makes foreign text safe for a line of a log or a terminal: characters that would act there are replaced. */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD')
}
