/** What a check of `lingpai doctor` found. */
export interface Finding {
  readonly result: 'ok' | 'warn' | 'fail'
  /** What was looked at: `lingpai`, `cache`, or the name of an account. */
  readonly subject: string
  /** Which check: `secret`, `token`, `clock` … */
  readonly check: string
  readonly message: string
  /** What to do about it. */
  readonly action?: string
  /** The address to put on a white-list, where the platform named it. */
  readonly ip?: string
}

/** Makes findings about one subject. */
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

/** What else a finding can say; `undefined` where there is nothing to say. */
export interface Advice {
  readonly action?: string | undefined
  readonly ip?: string | undefined
}
