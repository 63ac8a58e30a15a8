import { testKilledWriters } from './kill-writers.js'

// Minutes of starting and killing processes: by `npm run test:live` only. `LINGPAI_KILLS` may make them fewer.
testKilledWriters(Number(process.env['LINGPAI_KILLS'] ?? 500), 1_200_000)
