import type { Logger } from '@lingpai/core'

/** Wraps a logger so that its exceptions and rejections never reach the caller. */
export function harmlessLogger(logger: Logger): Logger {
  const harmlessly = (level: keyof Logger) => (message: string, fields?: object) => {
    // Some loggers return a promise despite their type.
    const log = (): unknown => logger[level](message, fields)
    try {
      Promise.resolve(log()).catch(() => undefined)
    } catch {
      // Logger errors are ignored.
    }
  }
  return {
    debug: harmlessly('debug'),
    info: harmlessly('info'),
    warn: harmlessly('warn'),
    error: harmlessly('error'),
  }
}
