import { testKilledWriters } from './kill-writers.js'

testKilledWriters(24, 120_000)
