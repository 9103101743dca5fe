/** In place of what a page has none of. */
export default null
