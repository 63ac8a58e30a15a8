/** The configuration of nginx for a recipe. */
export function nginxRecipe({ file, title, names, tokens, hosts, errors }) {
  return `# Generated from packages/server/src/facades: npm run providers
# One base URL for SDKs of ${title}: requests for tokens and tickets and calls with the secret go to the token server, all others to
# the platform.
#
#   cp ${file}.conf /etc/nginx/conf.d/ && nginx -t && nginx -s reload
#
# Change the lines marked with <--.

server {
  listen 443 ssl;
  server_name ${names.join(' ')}; # <-- the name that SDKs call
  ssl_certificate /etc/nginx/${file}.crt; # <-- of a CA that the clients trust
  ssl_certificate_key /etc/nginx/${file}.key; # <--

  set $tokens https://tokens.internal:4180; # <-- the token server
${hosts.map(({ host }, index) => `  set $${platformName(hosts, index)} https://${host};`).join('\n')}
  # Resolves all names. The hosts file isn't used, so that it may lead clients here. <--
  resolver 127.0.0.53 valid=30s;
  resolver_timeout 3s;

  # URLs contain keys and tokens, and nginx writes the URL to each line of both logs.
  access_log off;
  error_log /dev/null emerg;

  client_max_body_size 20m;
  proxy_http_version 1.1;
  proxy_connect_timeout 3s;
  proxy_read_timeout 20s;
  proxy_next_upstream off;
  proxy_ssl_server_name on;
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;

  # SDKs parse the response: nginx's own errors have the platform's format, with a code after which SDKs retry later.
${errors.map(busyLocation).join('\n')}

${tokens.map(tokenLocation).join('\n')}
${hosts.map((_, index) => platformLocation(hosts, index)).join('\n')}
}
`
}

function busyLocation({ body, status }, index) {
  return `  location @busy_${index} {
    default_type application/json;
    return ${status} '${body}';
  }`
}

function tokenLocation({ paths, error }) {
  return `  location ~ "${paths}" {
    proxy_pass $tokens$request_uri;
    proxy_set_header X-Forwarded-For $remote_addr;
    # proxy_ssl_trusted_certificate /etc/nginx/lingpai-ca.crt; # <-- if the token server has a certificate of your own CA
    error_page 500 502 503 504 = @busy_${error};
  }`
}

function platformLocation(hosts, index) {
  const { host, paths, error } = hosts[index]
  return `  location ${paths === undefined ? '/' : `~ "${paths}"`} {
    proxy_pass $${platformName(hosts, index)}$request_uri;
    proxy_set_header Host ${host};
    error_page 500 502 503 504 = @busy_${error};
  }`
}

function platformName(hosts, index) {
  return hosts.length === 1 ? 'platform' : `platform_${index}`
}
