#!/usr/bin/env node
import { run } from './run.js'

// The reader of a pipe may leave early (`lingpai status | head -1`): nobody is left to be told.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await run(process.argv.slice(2))
