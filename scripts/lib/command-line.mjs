import { basename } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Reads the command line of a script. Prints the usage and ends the process for `--help`; for an unknown or malformed option it prints
 * one line and ends the process with code 2.
 *
 * @param usage how the script is called, one line or several
 * @param what what the script does, in a sentence
 * @param options by name, as for `parseArgs`, with `what` (the effect; absent for an internal option) and `value` (its name in the usage).
 *   The type `number` is a positive number
 * @param takesNames whether the script takes arguments beside options
 */
export function commandLine({ usage, what, options = {}, takesNames = false }) {
  const known = { ...options, help: { type: 'boolean', what: 'print this help' } }
  const { values, positionals: names } = parsed(known, takesNames)
  if (values.help) {
    console.log(helpText([usage].flat(), what, known))
    process.exit(0)
  }
  for (const [name, { type }] of Object.entries(known)) {
    if (type !== 'number' || values[name] === undefined) continue
    values[name] = Number(values[name])
    if (!(values[name] > 0 && values[name] < Infinity)) wrongUsage(`--${name} must be a positive number`)
  }
  return { values, names }
}

/** Ends the script because it was called wrongly. */
export function wrongUsage(problem) {
  console.error(`${basename(process.argv[1], '.mjs')}: ${problem}; --help prints the usage`)
  process.exit(2)
}

function parsed(known, takesNames) {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { type, multiple, default: preset }]) => [
      name,
      {
        type: type === 'number' ? 'string' : type,
        ...(multiple && { multiple }),
        ...(preset !== undefined && { default: type === 'number' ? String(preset) : preset }),
      },
    ]),
  )
  try {
    return parseArgs({ options, allowPositionals: takesNames })
  } catch (error) {
    // The sentences after the first one say how to write an argument that begins with a hyphen.
    return wrongUsage(error.message.split(/\.\s|\n/)[0].replace(/^[A-Z]/, (letter) => letter.toLowerCase()))
  }
}

function helpText(usage, what, known) {
  const rows = Object.entries(known)
    .filter(([, option]) => option.what !== undefined)
    .map(([name, { value, what: effect, default: preset }]) => [
      `--${name}${value === undefined ? '' : ` ${value}`}`,
      preset === undefined ? effect : `${effect} (default ${preset})`,
    ])
  const width = Math.max(...rows.map(([flag]) => flag.length))
  const lines = rows.map(([flag, effect]) => `  ${flag.padEnd(width)}  ${effect}`)
  return [...usage.map((line) => `usage: ${line}`), '', what, '', ...lines].join('\n')
}
