import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { basename } from 'node:path/posix'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import serveStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { namedScope } from '../http/named-scope.js'
import { pageDirectory } from '../page-directory.js'

const require = createRequire(import.meta.url)
const assetDirectory = join(pageDirectory, 'assets')
const chartDirectory = dirname(require.resolve('uplot'))

/** Files of the chart library by their name on the page. */
const chartFiles = { 'uplot.js': 'uPlot.esm.js', 'uplot.css': 'uPlot.min.css' }

const headers: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // It would require TLS for every other service on this host, on any port; that is the operator's decision.
  strictTransportSecurity: false,
}

/** Serves the status page at `/` and its files below `/assets/`. The page loads nothing from other hosts. */
export function registerPage(fastify: FastifyInstance): void {
  const servePage = namedScope('lingpai-page-files', async (page: FastifyInstance) => {
    await page.register(helmet, headers)
    await page.register(serveStatic, { root: assetDirectory, serve: false, cacheControl: false })
    page.get('/', { schema: { hide: true } }, (request, reply) => {
      const [path = ''] = request.url.split('?')
      // The page uses relative URLs, so below a path prefix it needs the trailing slash.
      if (!path.endsWith('/')) return reply.redirect(`${basename(path)}/`)
      return reply.sendFile('index.html', pageDirectory)
    })
    // One route for each existing file: no request path reaches the file system.
    const serve = (name: string, file: string, directory: string): void => {
      const handler = (_: FastifyRequest, reply: FastifyReply): FastifyReply => reply.sendFile(file, directory)
      page.route({ method: ['GET', 'HEAD'], url: `/assets/${name}`, schema: { hide: true }, handler })
    }
    for (const file of readdirSync(assetDirectory)) if (!file.startsWith('.')) serve(file, file, assetDirectory)
    for (const [name, file] of Object.entries(chartFiles)) serve(name, file, chartDirectory)
  })
  void fastify.register(servePage)
}
