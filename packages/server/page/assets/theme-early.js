// Not a module: it has to run before the first paint, or a dark page would flash white.
document.documentElement.dataset['theme'] = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
try {
  const chosen = localStorage.getItem('lingpai.theme')
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen
} catch {
  // Storage is switched off: the system's choice stands.
}
