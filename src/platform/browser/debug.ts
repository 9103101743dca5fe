/** In place of the package debug: a page's console and localStorage are not ours to write and read. */
const silent = Object.assign(() => {}, { enabled: false })

const debug = () => silent

// CommonJS requires this module and takes the function itself.
export { debug as default, debug as 'module.exports' }
