/**
 * What this browser remembers: language and theme, nothing else. Storage may be switched off, and then nothing is remembered.
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
    // The choice holds for as long as the page is open.
  }
}
