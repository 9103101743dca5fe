// `npm test`: every check and every test, from a fresh clone, with no other step.
import { findChromium, installDependencies, tool } from './setup.mjs'

installDependencies()
process.env.CHROMIUM_PATH = findChromium()

tool('@biomejs/biome:biome', ['check', '.'])
tool('typescript:tsc', ['--noEmit'])
tool('vitest', ['run'])
tool('@playwright/test:playwright', ['test'])
