// A program: one run of what needs the packages of the repository only.
import { oneRun } from './one-run.ts'
import { variants } from './variants.ts'

await oneRun(variants)
