import { toast } from './announce.js'
import { api } from './api.js'
import { element } from './element.js'
import { words } from './language.js'
import { ask } from './question.js'

const longestNote = 200

/**
 * Refreshes an account after a confirmation.
 *
 * @param {string} account
 * @param {() => number | undefined} generationNow
 */
export function refreshToken(account, generationNow) {
  const text = words()
  const note = element('input', { id: 'note', name: 'note', maxlength: longestNote, autocomplete: 'off' })
  ask({
    title: text.refreshTitle(account),
    about: text.refreshAbout,
    field: element('div', { class: 'field' }, element('label', { for: 'note' }, text.refreshNote), note),
    yes: text.refreshNow,
    doing: text.refreshing,
    act: async () => {
      const before = generationNow()
      // The response contains the token; use nothing but the generation.
      const { generation } = await api.refresh(account, note.value.trim())
      return { generation, isSame: generation === before }
    },
    done: ({ generation, isSame }, dialog) => {
      if (dialog.isOpen()) dialog.close()
      toast(isSame ? words().sameToken(account, generation) : words().refreshed(account, generation))
    },
  })
}
