/** The folders of core from the top to the bottom, as a call passes them: each may import from those after it. */
module.exports = [
  'kit',
  'manager',
  'source',
  'replay',
  'refresh',
  'record',
  'state',
  'upstream',
  'failure',
  'cache',
  'provider',
  'http',
  'time',
  'secrecy',
  'files',
]
