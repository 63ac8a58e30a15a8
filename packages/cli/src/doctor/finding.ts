/** The result of a check of `lingpai doctor`. */
export interface Finding {
  readonly result: 'ok' | 'warn' | 'fail'
  /** The subject: `lingpai`, `cache`, or the name of an account. */
  readonly subject: string
  /** The check: `secret`, `token`, `clock` … */
  readonly check: string
  readonly message: string
  /** How to fix the problem. */
  readonly action?: string
  /** The address to add to an allowlist, if the platform named it. */
  readonly ip?: string
}

/** Creates findings about one subject. */
export function findingsOf(
  subject: string,
): Record<Finding['result'], (check: string, message: string, rest?: Advice) => Finding> {
  const make =
    (result: Finding['result']) =>
    (check: string, message: string, { action, ip }: Advice = {}): Finding => ({
      result,
      subject,
      check,
      message,
      ...(action !== undefined && { action }),
      ...(ip !== undefined && { ip }),
    })
  return { ok: make('ok'), warn: make('warn'), fail: make('fail') }
}

/** Optional members of a finding. */
export interface Advice {
  readonly action?: string | undefined
  readonly ip?: string | undefined
}
