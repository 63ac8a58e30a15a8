import type { FastifyInstance } from 'fastify'
import type { ServerContext } from '../server-context.js'

/** The metrics, for Prometheus. */
export function registerMetrics(_fastify: FastifyInstance, _context: ServerContext): void | Promise<void> {
  // Filled by the metrics.
}
