// Texts of the generated error pages that are not in the sources. `scripts/error-docs.mjs` fails if one is missing or unused.

/** Words around the tables. */
export const words = {
  en: {
    codes: 'The codes',
    common: 'Every error has these members in addition to `message`, `name` and `stack`:',
    member: 'Member',
    meaning: 'Meaning',
    thrown: 'Class: ',
    retryable: 'Retryable: ',
    details: 'Members of `details`:',
    values: (list) => ` (${list.join(', ')})`,
    noDetails: 'It has no `details`.',
    whatToDo: 'What to do:',
    classes: 'What the core does with each class',
    classesLead:
      'Each code of a platform belongs to a class, named in `details.errorClass`. When the token endpoint fails, the class decides what happens:',
    class: 'Class',
    action: 'What the core does',
    helps: 'Waiting can help',
    yes: 'yes',
    no: 'no',
    always: 'yes',
    never: 'no',
    byClass: 'by class, see below',
  },
  zh: {
    codes: '错误代码',
    common: '除 `message`、`name` 和 `stack` 之外，每个错误还有以下成员：',
    member: '成员',
    meaning: '含义',
    thrown: '类：',
    retryable: '可重试：',
    details: '`details` 的成员：',
    values: (list) => `（${list.join('、')}）`,
    noDetails: '没有 `details`。',
    whatToDo: '处理办法：',
    classes: '核心对各类别的处理',
    classesLead: '平台的每个错误码都属于一个类别，见 `details.errorClass`。令牌接口失败时，由类别决定如何处理：',
    class: '类别',
    action: '核心的处理',
    helps: '等待可能有用',
    yes: '是',
    no: '否',
    always: '是',
    never: '否',
    byClass: '取决于类别，见下文',
  },
}

/** Code to its texts. In English, `when` is the doc comment of the class. */
export const codes = {
  ERR_LINGPAI_CONFIG: {
    when: '调用方的输入有误：选项、凭据或配置。没有发出任何请求。',
    todo: {
      en: ['Correct the input that `details.field` names; `details.problem` says what is wrong with it.'],
      zh: ['请改正 `details.field` 指出的输入；`details.problem` 说明错在哪里。'],
    },
  },
  ERR_LINGPAI_TRANSPORT: {
    when: '网络故障：DNS、TLS、连接中断、超时，或没有平台错误码的 5xx。可以重试，除非 `details.problem` 另有说明。',
    todo: {
      en: [
        'Wait until `retryAtMs`, then call again; a valid token is served meanwhile.',
        'If the error persists, check name resolution, proxy and firewall between this host and the platform.',
        'If `details.phase` is `timeout`, increase `timeoutMs` of the `TokenManager` if the connection to the platform is slow.',
        'If `details.problem` is `framework`, rethrow the error. Next.js recognizes its own signal by `digest` and renders the page for each request.',
      ],
      zh: [
        '请等到 `retryAtMs` 之后再调用；其间仍然返回有效的令牌。',
        '如果持续出现，请检查本机到平台的域名解析、代理和防火墙。',
        '如果 `details.phase` 为 `timeout`，且到平台的线路较慢，请调大 `TokenManager` 的 `timeoutMs`。',
        '如果 `details.problem` 为 `framework`，请重新抛出该错误。Next.js 通过 `digest` 识别自己的信号，并在每次请求时渲染页面。',
      ],
    },
  },
  ERR_LINGPAI_MALFORMED_RESPONSE: {
    when: '平台的响应无法使用：HTML、不完整的 JSON、没有令牌，或 `expires_in` 不大于零。',
    todo: {
      en: [
        'The response usually came from something between you and the platform: a proxy, a login page, a gateway. Look at `details.status` and `details.problem`.',
        '`not-found` or `redirect`: the base URL or its path prefix is wrong.',
      ],
      zh: [
        '响应通常来自您与平台之间的代理、登录页或网关。请查看 `details.status` 与 `details.problem`。',
        '`not-found` 或 `redirect`：base URL 或其路径前缀有误。',
      ],
    },
  },
  ERR_LINGPAI_PLATFORM: {
    when: '平台以自己的错误码拒绝了请求。',
    todo: {
      en: [
        'Read `hint`, then `details.platformCode` with `details.platformMessage`. The page of the provider lists its codes.',
        '`retryable` and `retryAtMs` say whether waiting helps; this depends on the class, as the table below shows.',
        'Give `details.traceId` to the support of the platform.',
      ],
      zh: [
        '请先看 `hint`，再看 `details.platformCode` 与 `details.platformMessage`。provider 的页面列出了它的错误码。',
        '`retryable` 与 `retryAtMs` 说明等待是否有用；这取决于类别，见下表。',
        '向平台反馈问题时请附上 `details.traceId`。',
      ],
    },
  },
  ERR_LINGPAI_CACHE: {
    when: '缓存出现故障。通常由 `cache-failed` 事件携带，只有别无他法时才抛出。',
    todo: {
      en: [
        'Listen to `cache-failed`: while the cache is down, each process relies on its own memory.',
        'Check that the store is running and that this process may read and write it; `cause` has the system code.',
        'If `details.problem` is `damaged`, nothing needs to be done: the next refresh replaces the entry.',
      ],
      zh: [
        '请监听 `cache-failed` 事件：缓存不可用期间，各进程只使用自己的内存。',
        '请确认存储正在运行，并且本进程有读写权限；系统错误码见 `cause`。',
        '如果 `details.problem` 为 `damaged`，则无需处理：下一次刷新会替换该条目。',
      ],
    },
  },
  ERR_LINGPAI_UNAVAILABLE: {
    when: '调用所需的内容暂时无法得到。没有发出任何请求，稍后同样的调用可能成功。',
    todo: {
      en: [
        'If `details.problem` is `secret`, check the vault, or the function that reads the secret.',
        'If `details.problem` is `lifetime`, call again at `retryAtMs`, or request a smaller `minLifeMs`.',
        'If `details.problem` is `queue-full` or `rate-limit`, send more slowly. If `details.field` is `maxConcurrentRefreshes`, raise that option, or start background refreshes before the first callers.',
      ],
      zh: [
        '如果 `details.problem` 为 `secret`，请检查密钥库，或读取密钥的函数。',
        '如果 `details.problem` 为 `lifetime`，请在 `retryAtMs` 之后再调用，或使用较小的 `minLifeMs`。',
        '如果 `details.problem` 为 `queue-full` 或 `rate-limit`，请放慢发送。如果 `details.field` 为 `maxConcurrentRefreshes`，请调大该选项，或在首次调用之前启动后台刷新。',
      ],
    },
  },
  ERR_LINGPAI_LEASE: {
    when: '没有及时取得刷新的租约：另一个进程正持有它。',
    todo: {
      en: [
        'Call again: the other process will have written its token by then.',
        'If the error persists, increase `timeoutMs` if the platform is slow.',
        'A source created with `readonly` never refreshes: start the process that does.',
      ],
      zh: [
        '请再次调用：那时另一个进程应已写入令牌。',
        '如果持续出现，且平台较慢，请调大 `timeoutMs`。',
        '以 `readonly` 创建的令牌源从不刷新：请启动负责刷新的进程。',
      ],
    },
  },
  ERR_LINGPAI_CLOSED: {
    when: '管理器已关闭，或令牌源已移除。',
    todo: {
      en: ['Create a new manager or source, or finish this work before `close()` is called.'],
      zh: ['请新建管理器或令牌源，或者在调用 `close()` 之前完成相关工作。'],
    },
  },
}

/** Members of every error, then those of `details`. A key with the name of the interface precedes the name of the member alone. */
export const members = {
  'LingpaiErrorOptions.retryable': {
    en: 'Whether the same call may succeed later without any change.',
    zh: '不作任何改动，同样的调用稍后是否可能成功。',
  },
  'LingpaiErrorOptions.retryAtMs': {
    en: 'Until this time (Unix milliseconds), another call fails at once.',
    zh: '在这个时刻（Unix 毫秒）之前，再次调用会立即失败。',
  },
  'LingpaiErrorOptions.hint': {
    en: 'One sentence for a person: what to do.',
    zh: '给人看的一句话，说明该做什么。',
  },
  'LingpaiErrorOptions.cause': {
    en: 'The underlying error, with all secrets masked.',
    zh: '底层的错误，其中的秘密都已遮盖。',
  },
  'ConfigErrorDetails.field': {
    en: 'Field, option or environment variable.',
    zh: '字段、选项或环境变量的名称。',
  },
  'ConfigErrorDetails.problem': { en: 'What is wrong with it.', zh: '错在哪里。' },
  'UnavailableErrorDetails.problem': {
    en: '`secret`: its function failed, or did not return in time. `lifetime`: no token lives that long yet. `queue-full`: too many messages, or refreshes of other accounts, come first. `rate-limit`: messages are sent faster than the limits allow.',
    zh: '`secret`：读取密钥的函数失败，或没有及时返回；`lifetime`：暂时没有有效期那么长的令牌；`queue-full`：前面排队的消息或其他账号的刷新太多；`rate-limit`：发送消息的速度超过限额。',
  },
  'UnavailableErrorDetails.field': { en: 'The field or option concerned.', zh: '相关的字段或选项。' },
  'TransportErrorDetails.phase': {
    en: '`connect`: nothing was sent. `timeout`: the outcome at the platform is unknown.',
    zh: '`connect`：没有发出任何内容；`timeout`：平台一侧的结果未知。',
  },
  'TransportErrorDetails.systemCode': {
    en: "The system's code, such as `ECONNREFUSED`.",
    zh: '系统错误码，例如 `ECONNREFUSED`。',
  },
  'TransportErrorDetails.problem': {
    en: "The cause: the server's certificate, a base URL with a wrong scheme or port, the `fetch` option, a proxy, or a framework that ended the render.",
    zh: '原因：服务器的证书、协议或端口有误的 baseUrl、`fetch` 选项、代理，或框架中止了渲染。',
  },
  'MalformedResponseErrorDetails.problem': { en: 'What is wrong with the response.', zh: '响应有什么问题。' },
  'MalformedResponseErrorDetails.bytes': {
    en: 'The number of bytes of the body that were read.',
    zh: '已读取的响应体字节数。',
  },
  'PlatformErrorDetails.endpoint': {
    en: 'The source of the error: the token endpoint, or an API that was called with the token.',
    zh: '错误的来源：令牌接口，或携带令牌调用的 API。',
  },
  'PlatformErrorDetails.platformCode': { en: "The platform's own code.", zh: '平台自己的错误码。' },
  'PlatformErrorDetails.platformMessage': {
    en: "The platform's own words, secrets masked.",
    zh: '平台自己的消息，其中的秘密已遮盖。',
  },
  'PlatformErrorDetails.errorClass': {
    en: 'What the code means; see the classes below.',
    zh: '错误码的含义，见下文的类别。',
  },
  'PlatformErrorDetails.traceId': {
    en: 'The id by which the platform finds the request.',
    zh: '平台用来查找该请求的 id。',
  },
  'PlatformErrorDetails.ip': {
    en: 'The address that the platform saw, if its response contains it.',
    zh: '平台看到的地址，如果响应中有。',
  },
  'CacheErrorDetails.operation': { en: 'The operation that failed.', zh: '失败的操作。' },
  'CacheErrorDetails.reach': { en: 'Which processes see a write of this cache.', zh: '哪些进程能看到该缓存的写入。' },
  'CacheErrorDetails.problem': {
    en: '`failed`: the store returned an error. `timeout`: it did not respond. `damaged`: the stored value is not a valid record; it counts as a miss.',
    zh: '`failed`：存储返回错误；`timeout`：存储没有响应；`damaged`：存储的值不是有效的记录，视为未命中。',
  },
  provider: { en: 'Id of the provider.', zh: 'provider 的 id。' },
  status: { en: 'HTTP status.', zh: 'HTTP 状态码。' },
}

/** Class of a platform's code to its meaning. */
export const classes = {
  'token-expired': { en: 'the token has expired', zh: '令牌过期' },
  'token-invalid': { en: 'the token is not accepted', zh: '令牌无效' },
  'credential-invalid': { en: 'id or secret is wrong', zh: '凭据错误' },
  'ip-denied': { en: 'the address is not on the white-list', zh: 'IP 被拒绝' },
  permission: { en: 'a permission is missing', zh: '没有权限' },
  'rate-limited': { en: 'too many requests in a short time', zh: '频率超限' },
  'quota-exhausted': { en: "the day's quota is used up", zh: '额度用完' },
  transient: { en: 'a temporary fault of the platform or the network', zh: '临时故障' },
  'needs-reauthorization': { en: 'a person must authorize again', zh: '需要重新授权' },
  unknown: { en: 'no table lists the code', zh: '未列出的错误码' },
}
