import { addFile, type Import } from './files.ts'
import type { Library } from './library.ts'

interface ImportingHooks {
  changed(): void
  said(text: string): void
  problem(what: string, error: unknown): void
}

/** Adds files to the library, one after the other: the disk is the same. */
export class Importing {
  /** What is being added. */
  readonly imports: Import[] = []
  private readonly library: Library
  private readonly author: string
  private readonly hooks: ImportingHooks
  private last = Promise.resolve()

  constructor(library: Library, author: string, hooks: ImportingHooks) {
    this.library = library
    this.author = author
    this.hooks = hooks
  }

  add(files: File[]) {
    for (const file of files) this.last = this.last.then(() => this.addOne(file))
  }

  private async addOne(file: File) {
    const { imports, library, author, hooks } = this
    const entry: Import = { name: file.name, size: file.size, done: 0 }
    imports.push(entry)
    hooks.changed()
    try {
      await addFile(library, file, author, (done) => {
        entry.done = done
        hooks.changed()
      })
      hooks.said(`${file.name} is added and offered.`)
    } catch (error) {
      hooks.problem(`“${file.name}” cannot be added.`, error)
    }
    imports.splice(imports.indexOf(entry), 1)
    hooks.changed()
  }
}
