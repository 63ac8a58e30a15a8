import { byId, element } from './element.js'

/**
 * Opens the page's dialog. Escape closes it like its cancel button, and the focus returns to its previous element.
 *
 * @param {string} title
 * @param {() => void} [closed]
 */
export function openDialog(title, closed) {
  const dialog = byId('dialog', HTMLDialogElement)
  const heading = element('h2', { id: 'dialog-title' }, title)
  const body = element('div')
  const opener = document.activeElement
  dialog.replaceChildren(heading, body)
  dialog.addEventListener(
    'close',
    () => {
      dialog.replaceChildren()
      closed?.()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    },
    { once: true },
  )
  dialog.showModal()
  return {
    /**
     * @param {string} text
     * @param {...(Node | string | undefined)} parts
     */
    show: (text, ...parts) => {
      heading.textContent = text
      body.replaceChildren(...parts.filter((part) => part !== undefined))
    },
    close: () => {
      dialog.close()
    },
    isOpen: () => dialog.open && heading.isConnected,
  }
}

/** Closes the dialog. */
export function closeDialog() {
  const dialog = byId('dialog', HTMLDialogElement)
  if (dialog.open) dialog.close()
}
