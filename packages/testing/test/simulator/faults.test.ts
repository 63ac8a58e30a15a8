import { connect } from 'node:net'
import { withSimulator } from './simulator-calls.js'

/** The system's code behind a failed fetch. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const { cause, message } = error as { cause?: { code?: string }; message: string }
  return cause?.code ?? message
}

test('a delayed response arrives after its latency, unchanged', () =>
  withSimulator({}, async ({ qqToken, clock, simulator }) => {
    simulator.fault({ endpoint: 'token', latencyMs: 5000 })
    let reply: unknown
    const call = qqToken().then(({ body }) => (reply = body))
    await clock.advance(4999)
    expect(reply).toBeUndefined()
    await clock.advance(1)
    await call
    expect(reply).toMatchObject({ expires_in: '7200' })
  }))

test('a connection dropped before the work leaves the platform unchanged', () =>
  withSimulator({}, async ({ wechatToken, simulator }) => {
    simulator.fault({ drop: 'before' })
    expect(await failureOf(wechatToken())).toBe('ECONNRESET')
    expect(simulator.ledger.tokensIssued()).toBe(0)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect(simulator.ledger.entries).toMatchObject([{ code: 'fault', fault: 'drop' }])
  }))

test('a connection dropped after the work loses the response of a completed rotation', () =>
  withSimulator({}, async ({ wechatToken, wechatApi, clock, simulator }) => {
    const old = (await wechatToken()).body.access_token
    simulator.fault({ drop: 'after' })
    expect(await failureOf(wechatToken())).toBe('ECONNRESET')
    expect(simulator.ledger.tokensIssued()).toBe(2)
    await clock.advance(300_000)
    expect((await wechatApi(old)).body.errcode).toBe(40001)
  }))

test('a connection dropped midway truncates the body', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    simulator.fault({ drop: 'midway' })
    expect(await failureOf(qqToken())).toMatch(/UND_ERR_SOCKET|ECONNRESET|terminated/)
    expect(simulator.ledger.tokensIssued()).toBe(1)
  }))

test('a hanging response never arrives, and close() cuts its connection', () =>
  withSimulator({}, async ({ qqToken, clock, simulator }) => {
    simulator.fault({ hang: true })
    let isOver = false
    const call = failureOf(qqToken()).then((failure) => {
      isOver = true
      return failure
    })
    await clock.advance(3_600_000)
    expect(isOver).toBe(false)
    await simulator.close()
    expect(await call).toMatch(/UND_ERR_SOCKET|ECONNRESET/)
    expect(simulator.ledger.tokensIssued()).toBe(0)
  }))

test('a dripping response arrives byte by byte', () =>
  withSimulator({}, async ({ send, clock, simulator }) => {
    simulator.fault({ endpoint: 'api', dripMs: 100, body: 'abcde' })
    let text = ''
    const call = send('/qq/users/@me').then((reply) => (text = reply.text))
    await clock.advance(399)
    expect(text).toBe('')
    await clock.advance(1)
    await call
    expect(text).toBe('abcde')
  }))

test('a truncated response ends normally', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    simulator.fault({ truncate: 20 })
    const { status, text, body } = await qqToken()
    expect({ status, length: text.length, body }).toEqual({ status: 200, length: 20, body: undefined })
    expect(simulator.ledger.tokensIssued()).toBe(1)
  }))

test('a fault can replace the response by a status with headers', () =>
  withSimulator({}, async ({ wechatToken, simulator }) => {
    simulator.fault({ status: 503, headers: { 'retry-after': '5' } })
    const { status, text, headers } = await wechatToken()
    expect({ status, text, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, text: '', retryAfter: '5' })
    expect(simulator.ledger.tokensIssued()).toBe(0)
  }))

test('a fault can replace the body, as text or as JSON', () =>
  withSimulator({}, async ({ wechatToken, simulator }) => {
    simulator.fault({ body: '<html>busy</html>' })
    simulator.fault({ endpoint: '/cgi-bin/stable_token', body: 'of another path' })
    const html = await wechatToken()
    expect({ status: html.status, text: html.text }).toEqual({ status: 200, text: '<html>busy</html>' })
    expect(html.headers.get('content-type')).toMatch(/^text\/html/)
    simulator.fault({ body: { access_token: 'x', expires_in: 0 }, endpoint: 'token' })
    expect((await wechatToken()).body).toEqual({ access_token: 'x', expires_in: 0 })
    expect(simulator.ledger.tokensIssued()).toBe(0)
  }))

test('a replaced response can hide completed work', () =>
  withSimulator({}, async ({ wechatToken, simulator }) => {
    simulator.fault({ status: 504, work: true, body: '' })
    expect((await wechatToken()).status).toBe(504)
    expect(simulator.ledger.tokensIssued()).toBe(1)
  }))

test('a fault can redirect to another URL', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    simulator.fault({ redirect: 'http://127.0.0.1:9/steal' })
    const { status, headers } = await qqToken()
    expect({ status, location: headers.get('location') }).toEqual({ status: 302, location: 'http://127.0.0.1:9/steal' })
  }))

test('a fault can send raw characters instead of HTTP', () =>
  withSimulator({}, async ({ simulator }) => {
    simulator.fault({ raw: 'SSH-2.0-nothing\r\n' })
    const { hostname, port } = new URL(simulator.url)
    const text = await new Promise<string>((resolve, reject) => {
      let received = ''
      const socket = connect(Number(port), hostname, () => socket.write('GET /qq/gateway HTTP/1.1\r\nHost: x\r\n\r\n'))
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('end', () => {
        resolve(received)
      })
      socket.on('error', reject)
    })
    expect(text).toBe('SSH-2.0-nothing\r\n')
  }))

test('a fault affects only its platform, endpoint, path and account, up to its number of times', () =>
  withSimulator({}, async ({ qqToken, wechatToken, stableToken, wecomToken, simulator }) => {
    const fault = simulator.fault({
      account: simulator.accounts.wechat,
      endpoint: '/cgi-bin/token',
      status: 500,
      times: 2,
    })
    expect((await qqToken()).status).toBe(200)
    expect((await wecomToken()).status).toBe(200)
    expect((await stableToken()).status).toBe(200)
    expect(fault.timesLeft).toBe(2)
    expect((await wechatToken()).status).toBe(500)
    expect((await wechatToken()).status).toBe(500)
    expect(fault.timesLeft).toBe(0)
    expect((await wechatToken()).status).toBe(200)
  }))

test('a fault with infinite times lasts until it is cleared', () =>
  withSimulator({}, async ({ qqToken, simulator }) => {
    const fault = simulator.fault({ platform: 'qq', status: 500, times: Infinity })
    for (let i = 0; i < 3; i++) expect((await qqToken()).status).toBe(500)
    fault.clear()
    expect((await qqToken()).status).toBe(200)
    simulator.fault({ status: 500, times: Infinity })
    simulator.clearFaults()
    expect((await qqToken()).status).toBe(200)
  }))

test('faults that affect the same request combine', () =>
  withSimulator({}, async ({ qqToken, clock, simulator }) => {
    simulator.fault({ latencyMs: 1000, times: Infinity })
    simulator.fault({ status: 500 })
    let status = 0
    const call = qqToken().then((reply) => (status = reply.status))
    await clock.advance(999)
    expect(status).toBe(0)
    await clock.advance(1)
    await call
    expect(status).toBe(500)
  }))

test('an invalid fault is a ConfigError', () =>
  withSimulator({}, async ({ simulator }) => {
    expect(() => simulator.fault({})).toThrow('needs one of')
    expect(() => simulator.fault({ status: 500, times: 0 })).toThrow('times')
    expect(() => simulator.fault({ status: 99 })).toThrow('status')
    expect(() => simulator.fault({ latencyMs: -1 })).toThrow('latencyMs')
    expect(() => simulator.fault({ status: 500, endpoint: 'cgi-bin' as never })).toThrow('endpoint')
    expect(() => simulator.fault({ status: 500, platform: 'stranger' as never })).toThrow('platform')
    expect(() => simulator.fault({ drop: 'soon' as never })).toThrow('drop')
    expect(() => simulator.fault({ status: 500, account: 'qq:unknown' })).toThrow('no account')
  }))
