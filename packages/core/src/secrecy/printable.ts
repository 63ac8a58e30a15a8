/** Control characters, line and paragraph separators, and what turns the direction of a text; all but the space. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** Foreign words as they can stand in a line of a log or a terminal: what would act there is replaced. */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD')
}
