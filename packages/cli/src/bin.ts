#!/usr/bin/env node
import { run } from './run.js'

// The reader of a pipe may exit early (`lingpai status | head -1`): ignore the write error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await run(process.argv.slice(2))
