import { api, RequestProblem } from './api.js'
import { element } from './element.js'
import { words } from './language.js'

/**
 * Creates the form that exchanges a client key for the cookie. The key is only read from the field to send it, and not stored.
 *
 * @param {object} options
 * @param {'ended' | 'signed-out' | undefined} options.because
 * @param {() => void} options.done
 */
export function signInView({ because, done }) {
  const text = words()
  const field = element('input', {
    id: 'key',
    name: 'key',
    type: 'password',
    autocomplete: 'current-password',
    'aria-describedby': 'key-about sign-in-error',
    spellcheck: 'false',
    autocapitalize: 'off',
    required: true,
  })
  // Password managers require a user name.
  const name = element('input', { name: 'username', autocomplete: 'username', value: 'lingpai', hidden: true })
  const error = element('p', { id: 'sign-in-error', class: 'notice bad', role: 'alert', hidden: true })
  const submit = element('button', { type: 'submit', class: 'primary' }, text.signIn)
  // With `post` the key never appears in a URL, even if this script fails.
  const form = element(
    'form',
    { class: 'sign-in', method: 'post', action: 'session', novalidate: true, 'aria-labelledby': 'sign-in-title' },
    element('h1', { id: 'sign-in-title' }, text.signIn),
    element('p', { class: 'lead' }, text.signInLead),
    because &&
      element(
        'p',
        { class: because === 'ended' ? 'notice warn' : 'notice', role: 'status' },
        because === 'ended' ? text.sessionEnded : text.signedOut,
      ),
    error,
    name,
    element(
      'div',
      { class: 'field' },
      element('label', { for: 'key' }, text.clientKey),
      field,
      element('p', { class: 'about', id: 'key-about' }, text.clientKeyAbout),
    ),
    submit,
  )
  let isSending = false
  const setSending = (/** @type {boolean} */ sending) => {
    isSending = sending
    submit.setAttribute('aria-disabled', String(sending))
    submit.textContent = sending ? text.signingIn : text.signIn
  }
  const complain = (/** @type {string} */ why) => {
    error.textContent = why
    error.hidden = false
    field.setAttribute('aria-invalid', 'true')
    field.focus()
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (isSending) return
    error.hidden = true
    field.removeAttribute('aria-invalid')
    if (field.value.trim() === '') {
      complain(text.keyMissing)
      return
    }
    setSending(true)
    const sent = api.signIn(field.value.trim())
    sent.then(
      () => {
        field.value = ''
        done()
      },
      (problem) => {
        field.value = ''
        setSending(false)
        complain(messageOf(problem))
      },
    )
  })
  return {
    view: form,
    focus: () => {
      field.focus()
    },
  }
}

/** @param {unknown} problem */
function messageOf(problem) {
  if (!(problem instanceof RequestProblem)) return words().problems.network
  return problem.status === 401 || problem.status === 400 ? words().keyRejected : problem.summary
}
