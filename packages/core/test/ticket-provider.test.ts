import { defineProvider } from '@lingpai/core'
import { ticketProvider } from '@lingpai/core/internal'
import { toy } from './scripted-platform.js'

const { pattern: _, ...described } = toy.spec
const source = { url: 'https://example.com/ticket', readOn: '2026-11-28' }
const request = { method: 'POST', url: '/ticket' } as const

const app = defineProvider({
  ...described,
  response: { ...described.response, token: 'accessToken', expiresIn: 'expireIn' },
  errors: {
    token: { 'credential-invalid': ['badSecret'], transient: [-1] },
    api: { 'token-invalid': ['badToken'], transient: [-1] },
  },
  perCode: { badSecret: { attempts: 1 }, badToken: { attempts: 2 }, '-1': { attempts: 3 } },
  hints: { badSecret: 'a', badToken: 'b', transient: 'c', [described.account[0] ?? '']: 'd' },
})

test('a ticket has its own field in a response, and the life where a token has it', () => {
  const { response } = ticketProvider(app, { kind: 'ticket', source, request }).spec
  expect([response.token, response.expiresIn]).toEqual(['ticket', 'expireIn'])
  const own = ticketProvider(app, { kind: 'ticket', source, request, response: { token: 'data.ticket' } }).spec
  expect([own.response.token, own.response.expiresIn]).toEqual(['data.ticket', 'expireIn'])
})

test('codes of the token endpoint alone, in words or digits, are none of a ticket', () => {
  const { errors, perCode, hints } = ticketProvider(app, { kind: 'ticket', source, request }).spec
  expect(errors).toEqual({ token: app.spec.errors.api, api: {} })
  expect(perCode).toEqual({ badToken: { attempts: 2 }, '-1': { attempts: 3 } })
  expect(hints).toEqual({ badToken: 'b', transient: 'c', [described.account[0] ?? '']: 'd' })
})
