import { facadeUrl } from '../../src/facades/facade-url.js'

test.each([
  ['//cgi-bin/token?a=//b/', '/cgi-bin/token?a=//b/'],
  ['/cgi-bin//token', '/cgi-bin/token'],
  ['/cgi-bin/token/', '/cgi-bin/token'],
  ['/cgi-bin/token/?a=1', '/cgi-bin/token?a=1'],
  ['//app///getAppAccessToken//', '/app/getAppAccessToken'],
  ['/sns/jscode2session/?x', '/sns/jscode2session?x'],
])('facadeUrl(%j) is %j', (url, plain) => {
  expect(facadeUrl(url)).toBe(plain)
})

test.each([
  '/cgi-bin/token?redirect=https://x/',
  '/v1//accounts/shop',
  '/v1/accounts/',
  '//',
  '/',
  '',
  '*',
  '/assets//main.js',
])('facadeUrl(%j) is unchanged', (url) => {
  expect(facadeUrl(url)).toBe(url)
})
