import { displayCacheUrl } from '@lingpai/cache-from-url'

const place = { cwd: '/srv/bot', home: '/home/me' }

test.each([
  ['memory:?maxEntries=5', 'memory:'],
  ['file:.lingpai', 'file:/srv/bot/.lingpai'],
  ['file:~/x', 'file:/home/me/x'],
  ['file:///var/a%20b', 'file:/var/a b'],
  ['sqlite:tokens.db', 'sqlite:/srv/bot/tokens.db'],
  ['redis://host:6379/0', 'redis://host:6379/0'],
  ['rediss://me:pass@host', 'rediss://host'],
  ['redis://me:p%2Fss@[::1]:6379', 'redis://[::1]:6379'],
  ['redis+sentinel://:pass@a:1,b:2/main/0', 'redis+sentinel://a:1,b:2/main/0'],
  ['redis+cluster://a:1,b:2', 'redis+cluster://a:1,b:2'],
])('%s is shown as %s', (url, shown) => {
  expect(displayCacheUrl(url, place)).toBe(shown)
})

test.each([
  'redis://me:pass/word@host',
  'redis://me:pass#word@host',
  'redis://me:pass?word@host',
  'redis://me:pass@word@host',
  'redis://:password',
  'redis:password',
  'redis://host?password=pass',
])('%s, which may hold a piece of a password, is shown as its scheme', (url) => {
  expect(displayCacheUrl(url, place)).toBe('redis:')
})
