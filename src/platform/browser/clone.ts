/** In place of the package clone: noise-protocol copies lists of lists with it. */
const clone = <T>(value: T): T => (Array.isArray(value) ? (value.map(clone) as T) : value)

// CommonJS requires this module and takes the function itself.
export { clone as default, clone as 'module.exports' }
