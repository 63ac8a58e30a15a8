import type { Logger } from '@lingpai/core'

/** A logger whose throws and rejections stay its own. */
export function harmlessLogger(logger: Logger): Logger {
  const harmlessly = (level: keyof Logger) => (message: string, fields?: object) => {
    // Some loggers are async, whatever their type says.
    const log = (): unknown => logger[level](message, fields)
    try {
      Promise.resolve(log()).catch(() => undefined)
    } catch {
      // Whoever logs has to look after himself.
    }
  }
  return {
    debug: harmlessly('debug'),
    info: harmlessly('info'),
    warn: harmlessly('warn'),
    error: harmlessly('error'),
  }
}
