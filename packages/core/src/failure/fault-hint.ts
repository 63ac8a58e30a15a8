import { hintIn } from '../provider/classify.js'
import type { NetworkFault } from '../http/network-fault.js'
import type { Hint } from '../provider.js'

type Problem = NonNullable<NetworkFault['problem']>

/** The hint for a fault that waiting alone does not solve. */
export function faultHint(problem: Problem, language: 'en' | 'zh'): string {
  return hintIn(faultHints[problem], language)
}

/**
 * Whether waiting may solve a fault: a proxy that is down comes back, but one that rejects the request keeps rejecting
 * it.
 */
export function passes({ problem, status = 502 }: Pick<NetworkFault, 'problem' | 'status'>): boolean {
  return problem === undefined || (problem === 'proxy' && status >= 500)
}

const faultHints: Readonly<Record<Problem, Hint>> = {
  certificate: {
    en: 'If a private certificate authority signed it, start Node.js with NODE_EXTRA_CA_CERTS=/path/to/ca.pem, or give TokenManager a `fetch` option that trusts it; otherwise check the host name, the expiry date and the clock of this host.',
    zh: '若证书由私有 CA 签发，请用 NODE_EXTRA_CA_CERTS=/path/to/ca.pem 启动 Node.js，或给 TokenManager 传入信任该 CA 的 `fetch` 选项；否则请检查主机名、有效期和本机时钟。',
  },
  url: {
    en: 'Check scheme and port of the base URL: the server has no TLS at this port, or it is a port that `fetch` blocks.',
    zh: '请检查 baseUrl 的协议和端口：该端口没有 TLS，或者 `fetch` 禁用了该端口。',
  },
  fetch: {
    en: 'Give TokenManager a `fetch` option whose responses have a body stream, arrayBuffer() or text().',
    zh: '请给 TokenManager 传入这样的 `fetch` 选项：其响应带有 body 流、arrayBuffer() 或 text()。',
  },
  proxy: {
    en: 'Check the proxy that HTTPS_PROXY (or HTTP_PROXY, or the `fetch` option) names: its address, its user and password, and whether it may connect to this host. NO_PROXY lists hosts that need no proxy.',
    zh: '请检查 HTTPS_PROXY（或 HTTP_PROXY、`fetch` 选项）所指的代理：地址、用户名和密码，以及它是否允许连接该主机。不需要代理的主机写进 NO_PROXY。',
  },
  framework: {
    en: 'Rethrow this error: the framework recognises it by its digest. In Next.js, `dynamic = "force-dynamic"` keeps a page from being rendered ahead.',
    zh: '请继续抛出此错误：框架通过其 digest 识别它。在 Next.js 中，`dynamic = "force-dynamic"` 可使页面不被提前渲染。',
  },
}
