/**
 * Names a plugin for Fastify's errors and `printPlugins()`. For a plugin without a name, Fastify searches all modules that the
 * process has loaded.
 */
export function namedScope<T extends object>(name: string, plugin: T): T {
  return Object.assign(plugin, { [Symbol.for('fastify.display-name')]: name })
}
