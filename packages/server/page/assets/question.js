import { RequestProblem } from './api.js'
import { openDialog } from './dialog.js'
import { button, element } from './element.js'
import { words } from './language.js'

/**
 * Asks for confirmation, runs the action, and stays open with the error if it fails.
 *
 * @template Result
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.about
 * @param {HTMLElement} [options.field]
 * @param {string} options.yes
 * @param {string} options.doing
 * @param {() => Promise<Result>} options.act
 * @param {(result: Result, dialog: ReturnType<typeof openDialog>) => void} options.done
 * @param {() => void} [options.closed]
 */
export function ask({ title, about, field, yes, doing, act, done, closed }) {
  const text = words()
  const dialog = openDialog(title, closed)
  const problem = element('div', { class: 'notice bad', role: 'alert', hidden: true })
  const confirm = element('button', { type: 'submit', class: 'primary' }, yes)
  const cancel = button(text.cancel, dialog.close)
  const form = element(
    'form',
    { method: 'dialog' },
    element('p', { class: 'lead', id: 'dialog-about' }, about),
    field,
    problem,
    element('div', { class: 'dialog-actions' }, cancel, confirm),
  )
  let isBusy = false
  const setBusy = (/** @type {boolean} */ busy) => {
    isBusy = busy
    confirm.textContent = busy ? doing : yes
    confirm.setAttribute('aria-disabled', String(busy))
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    problem.hidden = true
    act().then(
      (result) => {
        // The dialog was closed meanwhile: the result of an action is still announced, but a fetched token is not shown.
        done(result, dialog)
      },
      (error) => {
        setBusy(false)
        problem.replaceChildren(...explain(error))
        problem.hidden = false
      },
    )
  })
  dialog.show(title, form)
  // Focus the harmless button, so that a second Enter has no effect.
  cancel.focus()
}

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof RequestProblem)) return [element('p', {}, words().problems.network)]
  const { summary, hint, said } = error
  return [
    element('p', {}, hint ?? summary),
    ...(said.message === undefined ? [] : [element('p', { class: 'said' }, said.message)]),
  ]
}
