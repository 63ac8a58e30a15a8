/** What the packages of this repository share. Not public: it may change in any release. */
export { expandHome } from './expand-home.js'
export { exposureOf, type Exposure } from './private-file.js'
export { assertReady } from './assert-ready.js'
export { holdingProcess } from './hold-process.js'
export { recordKeyOf } from './record-key.js'
export { polledFeed } from './polled-feed.js'
export { patientTimer } from './patient-timer.js'
export { faultHint, passes } from './fault-hint.js'
