import type { Logger } from '@lingpai/core'
import { harmlessly } from '@lingpai/core/internal'

/** Wraps a logger so that its exceptions and rejections never reach the caller. */
export function harmlessLogger(logger: Logger): Logger {
  const at = (level: keyof Logger) => (message: string, fields?: object) => {
    // Some loggers return a promise despite their type.
    harmlessly((): unknown => logger[level](message, fields))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
}
