/**
 * Reads a setting of this browser: language or theme. If storage is disabled, nothing is remembered.
 *
 * @param {'language' | 'theme'} name
 * @returns {string | null}
 */
export function recall(name) {
  try {
    return localStorage.getItem(`lingpai.${name}`)
  } catch {
    return null
  }
}

/**
 * @param {'language' | 'theme'} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(`lingpai.${name}`, value)
  } catch {
    // The setting lasts as long as the page is open.
  }
}
