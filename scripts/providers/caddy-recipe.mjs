/** The configuration of Caddy for a recipe. */
export function caddyRecipe({ file, title, names, tokens, hosts, errors }) {
  const places = [
    ...tokens.map(({ paths, error }, index) => ({
      name: `@tokens_${index}`,
      paths,
      error,
      proxy: `\t\timport tokens`,
    })),
    ...hosts.map(({ host, paths, error }, index) => ({
      name: paths === undefined ? '' : `@platform_${index}`,
      paths,
      error,
      proxy: platformProxy(host),
    })),
  ]
  return `# Generated from packages/server/src/facades: npm run providers
# One base URL for SDKs of ${title}: requests for tokens and tickets and calls with the secret go to the token server, all others to
# the platform.
#
#   caddy run --config ${file}.Caddyfile
#
# Change the lines marked with <--. Caddy must resolve the platform's names to the platform: don't lead them here in its own hosts file.
{
	auto_https off
	# URLs contain keys and tokens: no log must have them.
	log {
		exclude http.log.error http.log.access http.handlers.reverse_proxy
	}
}

(tokens) {
	# The token server <--
	reverse_proxy https://tokens.internal:4180 {
		transport http {
			dial_timeout 3s
			response_header_timeout 20s
			# If the token server has a certificate of your own CA <--
			# tls_trusted_ca_certs /etc/caddy/lingpai-ca.crt
		}
	}
}

# The names that SDKs call <--
${names.map((name) => `https://${name}:443`).join(', ')} {
	# Of a CA that the clients trust <--
	tls /etc/caddy/${file}.crt /etc/caddy/${file}.key

${places
  .filter(({ paths }) => paths !== undefined)
  .map(({ name, paths }) => `\t${name} path_regexp ${paths}`)
  .join('\n')}
${places.map(({ name, proxy }) => `\thandle ${name} {\n${proxy}\n\t}`.replace('handle  {', 'handle {')).join('\n')}

	# SDKs parse the response: Caddy's own errors have the platform's format, with a code after which SDKs retry later.
	handle_errors {
		header content-type application/json
${places.map(({ name, error }) => `\t\thandle ${name} {\n\t\t\trespond \`${errors[error].body}\` ${errors[error].status}\n\t\t}`.replace('handle  {', 'handle {')).join('\n')}
	}
}
`
}

function platformProxy(host) {
  return `\t\treverse_proxy https://${host} {
			header_up Host ${host}
			header_up -X-Forwarded-*
			transport http {
				dial_timeout 3s
				response_header_timeout 20s
			}
		}`
}
