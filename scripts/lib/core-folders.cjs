/** The folders of core in the order of a call: each may import from those after it. */
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
