/** Registers tests that need something the machine may not have; where `missing` names it, they say so and do nothing. */
export function testsNeeding(
  missing: string | undefined,
): (name: string, body: () => Promise<void>, timeoutMs?: number) => void {
  return (name, body, timeoutMs) => {
    if (missing === undefined) test(name, body, timeoutMs)
    else
      test(`NOT RUN, for want of ${missing}: ${name}`, () => console.warn(`not run, for want of ${missing}: ${name}`))
  }
}

/** Tests that need links, pipes, modes and users. */
export const onPosix = testsNeeding(process.platform === 'win32' ? 'POSIX files' : undefined)
