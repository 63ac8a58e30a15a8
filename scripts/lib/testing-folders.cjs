/** The folders of testing from the top to the bottom: each may import from those after it. */
module.exports = ['fleet', 'simulator', 'conformance', 'clock']
