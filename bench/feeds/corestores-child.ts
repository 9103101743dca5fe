// A program: one run of what needs the packages of bench/peers.json.
import { corestores } from './corestores.ts'
import { oneRun } from './one-run.ts'

await oneRun(corestores)
