import { api, RequestProblem, sessionEnded } from './api.js'

/** @typedef {'connecting' | 'live' | 'lost'} LinkState */

const retryMs = 3000

/**
 * Opens the stream of server-sent events. It reconnects by itself, even where the browser gives up (a response without a stream, an
 * unreachable server), until it is closed or the session has ended.
 *
 * @param {object} listener
 * @param {(state: LinkState) => void} listener.changed
 * @param {Readonly<Record<string, (data: never) => void>>} listener.events by name, with the parsed data
 * @returns {() => void} closes it
 */
export function openLiveLink({ changed, events }) {
  /** @type {EventSource | undefined} */
  let source
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let isClosed = false

  const connect = () => {
    source = new EventSource('v1/events')
    source.addEventListener('open', () => {
      changed('live')
    })
    source.addEventListener('error', () => {
      if (isClosed) return
      changed('lost')
      void lookAfterwards()
    })
    for (const [name, receive] of Object.entries(events)) {
      source.addEventListener(name, (event) => {
        receive(/** @type {never} */ (JSON.parse(event.data)))
      })
    }
  }

  // The browser does not say why a stream ended or was rejected.
  const lookAfterwards = async () => {
    const status = await api.session().then(
      () => 200,
      (problem) => (problem instanceof RequestProblem ? problem.status : 0),
    )
    if (isClosed) return
    if (status === 401) {
      close()
      dispatchEvent(new Event(sessionEnded))
    } else if (source?.readyState === EventSource.CLOSED) {
      clearTimeout(timer)
      timer = setTimeout(connect, retryMs)
    }
  }

  const close = () => {
    isClosed = true
    clearTimeout(timer)
    source?.close()
  }

  changed('connecting')
  connect()
  return close
}
