/**
 * In place of fsctl, an optional native package of hypercore's default storage: without it files are not locked,
 * with it a missing or broken binary decides at run time whether they are.
 */
const noLocks = { lock: null }

// CommonJS requires this module and takes the object itself.
export { noLocks as default, noLocks as 'module.exports' }
