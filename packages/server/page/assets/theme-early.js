// Not a module, because it must run before the first paint; otherwise a dark page would flash white.
document.documentElement.dataset['theme'] = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
try {
  const chosen = localStorage.getItem('lingpai.theme')
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen
} catch {
  // Storage is disabled, so the page follows the system.
}
