import { forgetAnnouncements } from './announce.js'
import { api, RequestProblem, sessionEnded } from './api.js'
import { closeDialog } from './dialog.js'
import { byId, button, element, setText } from './element.js'
import { languageTag, switchLanguage, translatePage, words } from './language.js'
import { signInView } from './sign-in-view.js'
import { statusView } from './status-view.js'
import { connectThemeSwitch } from './theme.js'

/** @typedef {import('../contract.js').Session} Session */

const place = byId('view', HTMLElement)
const languageSwitch = byId('language', HTMLButtonElement)
const signOut = byId('sign-out', HTMLButtonElement)

/** The current view. @type {{ languageChanged(): void, themeChanged(): void, close(): void }} */
let current = { languageChanged() {}, themeChanged() {}, close() {} }
/** @type {Session | undefined} */
let session

/**
 * @param {ReturnType<typeof showSignIn | typeof statusView>} next
 * @param {Session | undefined} by
 */
function turnTo(next, by) {
  current = next
  session = by
  showWho()
}

/** @param {'ended' | 'signed-out'} [because] */
function showSignIn(because) {
  const draw = () => {
    const { view, focus } = signInView({ because, done: () => void enter() })
    place.replaceChildren(view)
    return focus
  }
  draw()()
  return { languageChanged: draw, themeChanged() {}, close() {} }
}

/** @param {'ended' | 'signed-out'} [because] */
function leave(because) {
  closeDialog()
  current.close()
  forgetAnnouncements()
  turnTo(showSignIn(because), undefined)
}

/** Shows the status if the session is valid, otherwise the sign-in. */
async function enter() {
  current.close()
  try {
    const found = await api.session()
    turnTo(statusView({ session: found, place }), found)
    byId('main', HTMLElement).focus()
  } catch (problem) {
    if (problem instanceof RequestProblem && problem.status !== 401) showUnreachable(problem)
    else leave()
  }
}

/** @param {RequestProblem} problem */
function showUnreachable(problem) {
  const draw = () => {
    place.replaceChildren(
      element(
        'div',
        { class: 'empty', role: 'alert' },
        element('h1', {}, words().loadFailed),
        element('p', {}, problem.summary),
        button(words().tryAgain, () => void enter()),
      ),
    )
  }
  draw()
  current = { languageChanged: draw, themeChanged() {}, close() {} }
}

function showWho() {
  byId('who', HTMLElement).hidden = session === undefined
  signOut.hidden = session === undefined
  setText(byId('who-name', HTMLElement), session?.name ?? '')
  setText(byId('who-role', HTMLElement), session ? words().roles[session.role] : '')
}

function showLanguage() {
  translatePage()
  const isChinese = languageTag() === 'zh-CN'
  // Each language is offered in its own words, so that its readers can find it.
  languageSwitch.textContent = isChinese ? 'English' : '中文'
  languageSwitch.lang = isChinese ? 'en' : 'zh-CN'
  showWho()
}

languageSwitch.addEventListener('click', () => {
  switchLanguage()
  showLanguage()
  current.languageChanged()
})
signOut.addEventListener('click', () => {
  api.signOut().then(
    () => {
      leave('signed-out')
    },
    (problem) => {
      // Without a response the cookie may still be valid, so do not show the sign-in.
      if (problem instanceof RequestProblem && problem.status === 401) leave('signed-out')
      else showUnreachable(problem)
    },
  )
})
addEventListener(sessionEnded, () => {
  if (session) leave('ended')
})
connectThemeSwitch(byId('theme', HTMLButtonElement), () => {
  current.themeChanged()
})

showLanguage()
void enter()
