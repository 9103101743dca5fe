declare module 'multifeed'
