/** What the packages of this repository share. Not public: it may change in any release. */
export { holdingProcess } from './hold-process.js'
