/** Small helpers for building and updating the page. Text goes in as text, so a peer's words stay words. */

type Child = Node | string

/** An element with properties, or attributes where the name has a dash, and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') element.setAttribute(name, String(value))
    else Object.assign(element, { [name]: value })
  }
  element.append(...children)
  return element
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`There is no element #${id}.`)
  return element as T
}

/** Writes only what is news: assistive technology speaks of every change. */
export function setText(element: Element, text: string) {
  if (element.textContent !== text) element.textContent = text
}

export function setAttribute(element: Element, name: string, value: string) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/** A row of a list, and how it follows what it shows. */
export interface Row<T> {
  element: HTMLElement
  update(item: T): void
}

/**
 * Keeps the rows of a list the same elements for as long as their items stay, and in the items' order. When a row that
 * had the focus goes, the focus goes to the nearest row, or to `home`, not to the top of the page.
 */
export class Rows<T> {
  private readonly list: HTMLElement
  private readonly home: HTMLElement
  private readonly idOf: (item: T) => string
  private readonly create: (item: T) => Row<T>
  private readonly rows = new Map<string, Row<T>>()

  constructor(list: HTMLElement, home: HTMLElement, idOf: (item: T) => string, create: (item: T) => Row<T>) {
    this.list = list
    this.home = home
    this.idOf = idOf
    this.create = create
  }

  show(items: readonly T[]) {
    const ids = new Set(items.map(this.idOf))
    for (const [id, row] of this.rows) if (!ids.has(id)) this.remove(id, row)
    let place: Element | null = this.list.firstElementChild
    for (const item of items) {
      const { element } = this.update(item)
      if (element === place) place = element.nextElementSibling
      else this.list.insertBefore(element, place)
    }
    this.list.hidden = items.length === 0
  }

  private update(item: T): Row<T> {
    const id = this.idOf(item)
    let row = this.rows.get(id)
    if (!row) {
      row = this.create(item)
      this.rows.set(id, row)
    }
    row.update(item)
    return row
  }

  private remove(id: string, { element }: Row<T>) {
    const next = element.contains(document.activeElement)
      ? (element.nextElementSibling ?? element.previousElementSibling)
      : undefined
    element.remove()
    this.rows.delete(id)
    if (next === undefined) return
    const target = next?.querySelector<HTMLElement>('button:not([hidden])') ?? this.home
    target.focus()
  }
}
