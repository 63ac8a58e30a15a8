const nothing = (): void => undefined

/** The SDK takes its level `fatal` for none given, and prints everything. */
export const silentLogger = { error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing }
