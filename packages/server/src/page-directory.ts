import { fileURLToPath } from 'node:url'

/** The status page and its files. This module stays at the top of `src`: there, the path is the same in the source and in `dist`. */
export const pageDirectory = fileURLToPath(new URL('../page/', import.meta.url))
