// `npm start`: the demo, from a fresh clone, with no other step.
import { installDependencies, tool } from './setup.mjs'

installDependencies()
tool('vite', ['--config', 'demo/vite.config.ts'])
