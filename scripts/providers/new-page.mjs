const leads = {
  en: (name, summary) => `\`${name}\` describes access tokens: ${summary}.`,
  zh: (name, summary) => `\`${name}\` 描述访问令牌：${summary}。`,
}

/** The first text of a provider's page. */
export function newPage({ packageName, manifest, providers }, language, facts) {
  const [[name, { spec }]] = Object.entries(providers)
  const call = spec.probe?.url ?? '/'
  return `# ${manifest.title[language]}

${leads[language](packageName, manifest.summary[language])}

\`\`\`ts
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { ${name} } from '${packageName}'

const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
const source = tokens.source(${name}, ${name}.credentialsFromEnv())
const response = await source.fetch('${call}') // adds the token; replaces a rejected one and sends the call again
console.log(response.status)
\`\`\`

${facts}`
}
