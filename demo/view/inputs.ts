import { byId } from './dom.ts'

export interface InputActions {
  write(text: string): void
  add(files: File[]): void
  acceptAll(on: boolean): void
}

/** Everything that a person types, chooses or drops. */
export function listenToInputs(actions: InputActions) {
  const text = byId<HTMLInputElement>('text')
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault()
    const words = text.value.trim()
    text.value = ''
    text.focus()
    if (words) actions.write(words)
  })

  const files = byId<HTMLInputElement>('files')
  byId('add-files').addEventListener('click', () => files.click())
  files.addEventListener('change', () => {
    actions.add([...(files.files ?? [])])
    // The same file can be chosen again.
    files.value = ''
  })

  const acceptAll = byId<HTMLInputElement>('accept-all')
  acceptAll.addEventListener('change', () => actions.acceptAll(acceptAll.checked))

  listenToDrops(actions)
}

function listenToDrops({ add }: InputActions) {
  const cover = byId('drop')
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files')
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    cover.hidden = false
  })
  addEventListener('dragleave', (event) => {
    // Left the window, not an element of it.
    if (event.relatedTarget === null) cover.hidden = true
  })
  addEventListener('drop', (event) => {
    cover.hidden = true
    if (!carriesFiles(event)) return
    event.preventDefault()
    add([...(event.dataTransfer?.files ?? [])])
  })
}
