// What the generated error pages say beside the sources: `scripts/error-docs.mjs` fails when anything is missing or unused.

/** Words around the tables. */
export const words = {
  en: {
    codes: 'The codes',
    common: 'Every error has these members, besides `message`, `name` and `stack`:',
    member: 'Member',
    meaning: 'Meaning',
    thrown: 'Class: ',
    retryable: 'Retryable: ',
    details: 'Members of `details`:',
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
    common: '除 `message`、`name` 和 `stack` 外，每个错误都有以下成员：',
    member: '成员',
    meaning: '含义',
    thrown: '类：',
    retryable: '可以重试：',
    details: '`details` 的成员：',
    noDetails: '没有 `details`。',
    whatToDo: '怎么办：',
    classes: '核心对各类别的处理',
    classesLead: '平台的每个错误码都归入一个类别，见 `details.errorClass`。获取令牌失败时，由类别决定如何处理：',
    class: '类别',
    action: '核心的处理',
    helps: '等待是否有用',
    yes: '是',
    no: '否',
    always: '是',
    never: '否',
    byClass: '取决于类别，见下文',
  },
}

/** Code to its texts. In English `when` is the doc comment of the class. */
export const codes = {
  ERR_LINGPAI_CONFIG: {
    when: '调用方的输入有误：选项、凭据或配置。没有发出任何请求。',
    todo: {
      en: ['Mend the input that `details.field` names; `details.problem` says what is wrong with it.'],
      zh: ['请改正 `details.field` 指出的输入，`details.problem` 说明错在哪里。'],
    },
  },
  ERR_LINGPAI_TRANSPORT: {
    when: '网络故障：DNS、TLS、连接中断、超时，或没有平台错误码的 5xx。可以重试，除非 `details.problem` 另有说明。',
    todo: {
      en: [
        'Wait until `retryAtMs`, then call again; a valid token is served meanwhile.',
        'If it stays: check name resolution, proxy and firewall from this host to the platform.',
        '`details.phase` is `timeout`: raise `timeoutMs` of the `TokenManager` if the way to the platform is slow.',
        '`details.problem` is `framework`: throw the error on. Next.js recognises its own signal by `digest` and renders the page for each request.',
      ],
      zh: [
        '请等到 `retryAtMs` 之后再调用；其间仍然有效的令牌照常提供。',
        '若持续出现，请从本机检查到平台的域名解析、代理和防火墙。',
        '`details.phase` 为 `timeout` 时：若到平台的线路较慢，请调大 `TokenManager` 的 `timeoutMs`。',
        '`details.problem` 为 `framework` 时：请继续抛出该错误。Next.js 通过 `digest` 识别自己的信号，并改为每次请求时渲染页面。',
      ],
    },
  },
  ERR_LINGPAI_MALFORMED_RESPONSE: {
    when: '平台的回答不成其为回答：HTML、半截 JSON、没有令牌，或 `expires_in` 不大于零。',
    todo: {
      en: [
        'The response usually came from something between you and the platform: a proxy, a login page, a gateway. Look at `details.status` and `details.problem`.',
        '`not-found` or `redirect`: the base URL or its path prefix is wrong.',
      ],
      zh: [
        '通常是您与平台之间的代理、登录页或网关代为回答了。请看 `details.status` 与 `details.problem`。',
        '`not-found` 或 `redirect`：基础地址或其路径前缀有误。',
      ],
    },
  },
  ERR_LINGPAI_PLATFORM: {
    when: '平台以自己的错误码拒绝了请求。',
    todo: {
      en: [
        'Read `hint`, then `details.platformCode` with `details.platformMessage`. The page of the provider lists its codes.',
        'Whether waiting helps is in `retryable` and `retryAtMs`; the class decides, as the table below shows.',
        'Give `details.traceId` to the support of the platform.',
      ],
      zh: [
        '请先看 `hint`，再看 `details.platformCode` 与 `details.platformMessage`。各平台的页面列出了它的错误码。',
        '等待是否有用，见 `retryable` 与 `retryAtMs`；由类别决定，见下表。',
        '向平台反馈问题时请附上 `details.traceId`。',
      ],
    },
  },
  ERR_LINGPAI_CACHE: {
    when: '缓存出错。通常由 `cache-failed` 事件携带，只有别无他法时才抛出。',
    todo: {
      en: [
        'Listen to `cache-failed`: while the cache is down each process goes by its own memory.',
        'Check that the store runs and that this process may read and write it; `cause` has the system code.',
        '`details.problem` is `damaged`: nothing, the next refresh replaces the entry.',
      ],
      zh: [
        '请监听 `cache-failed` 事件：缓存不可用期间，各进程只凭自己的内存。',
        '请确认存储正在运行，且本进程有读写权限；系统错误码见 `cause`。',
        '`details.problem` 为 `damaged` 时无需处理，下一次刷新会替换该条目。',
      ],
    },
  },
  ERR_LINGPAI_UNAVAILABLE: {
    when: '此刻无法得到调用所需的东西；什么都没有发送，稍后同样的调用可能成功。',
    todo: {
      en: [
        '`details.problem` is `secret`: look at the vault, or at the function that reads the secret.',
        '`details.problem` is `lifetime`: call again at `retryAtMs`, or ask for a smaller `minLifeMs`.',
        '`details.problem` is `queue-full` or `rate-limit`: send more slowly.',
      ],
      zh: [
        '`details.problem` 为 `secret`：请检查密钥库，或读取密钥的函数。',
        '`details.problem` 为 `lifetime`：请在 `retryAtMs` 之后再调用，或要求较小的 `minLifeMs`。',
        '`details.problem` 为 `queue-full` 或 `rate-limit`：请放慢发送。',
      ],
    },
  },
  ERR_LINGPAI_LEASE: {
    when: '没有及时取得刷新的权利：正由另一个进程持有。',
    todo: {
      en: [
        'Call again: the other process will have written its token by then.',
        'If it stays: raise `timeoutMs` if the platform is slow.',
        'A source made with `readonly` never refreshes: start the process that does.',
      ],
      zh: [
        '请再次调用：届时另一个进程应已写入令牌。',
        '若持续出现：平台较慢时请调大 `timeoutMs`。',
        '以 `readonly` 创建的令牌源从不刷新：请启动负责刷新的进程。',
      ],
    },
  },
  ERR_LINGPAI_CLOSED: {
    when: '管理器已关闭，或令牌源已移除。',
    todo: {
      en: ['Make a new manager or a new source; or end this work before `close()` is called.'],
      zh: ['请新建管理器或令牌源；或者在调用 `close()` 之前结束相关工作。'],
    },
  },
}

/** Members that every error has, then those of `details`; the name of the interface wins over the bare member. */
export const members = {
  'LingpaiErrorOptions.retryable': {
    en: 'Whether the same call may succeed later without anybody changing anything.',
    zh: '无需任何改动，同一调用以后是否可能成功。',
  },
  'LingpaiErrorOptions.retryAtMs': {
    en: 'Unix milliseconds before which a further call fails at once.',
    zh: '在此时刻（Unix 毫秒）之前再次调用会立即失败。',
  },
  'LingpaiErrorOptions.hint': {
    en: 'One sentence for a person: what to do.',
    zh: '给人看的一句话：该做什么。',
  },
  'LingpaiErrorOptions.cause': {
    en: 'What lies behind it, with all secrets masked.',
    zh: '背后的原因，其中的秘密均已遮盖。',
  },
  'ConfigErrorDetails.field': {
    en: 'Field, option or environment variable.',
    zh: '字段、选项或环境变量的名称。',
  },
  'ConfigErrorDetails.problem': { en: 'What is wrong with it.', zh: '错在哪里。' },
  'UnavailableErrorDetails.problem': {
    en: '`secret`: its function failed, or did not answer in time. `lifetime`: no token lives that long yet. `queue-full`, `rate-limit`: messages are sent faster than they may be.',
    zh: '`secret`：读取它的函数失败，或未及时给出；`lifetime`：暂无有效期那么长的令牌；`queue-full`、`rate-limit`：发送消息过快。',
  },
  'UnavailableErrorDetails.field': { en: 'Field or option that it is about.', zh: '所涉及的字段或选项。' },
  'TransportErrorDetails.phase': {
    en: '`connect`: nothing was sent. `timeout`: the outcome at the platform is not known.',
    zh: '`connect`：什么都没有发出；`timeout`：平台一侧的结果未知。',
  },
  'TransportErrorDetails.systemCode': {
    en: "The system's code, such as `ECONNREFUSED`.",
    zh: '系统错误码，例如 `ECONNREFUSED`。',
  },
  'TransportErrorDetails.problem': {
    en: "The cause: the server's certificate, the `fetch` option, a proxy, or a framework that ended the render.",
    zh: '问题所在：服务器证书、`fetch` 选项、代理，或框架中止了渲染。',
  },
  'MalformedResponseErrorDetails.problem': { en: 'What is wrong with the response.', zh: '响应错在哪里。' },
  'MalformedResponseErrorDetails.bytes': {
    en: 'Length of the body in bytes, as far as it was read.',
    zh: '已读取的正文长度（字节）。',
  },
  'PlatformErrorDetails.endpoint': {
    en: 'The source of the error: the token endpoint, or an API that was called with the token.',
    zh: '由谁拒绝：获取令牌的接口，或携带令牌调用的 API。',
  },
  'PlatformErrorDetails.platformCode': { en: "The platform's own code.", zh: '平台自己的错误码。' },
  'PlatformErrorDetails.platformMessage': {
    en: "The platform's own words, secrets masked.",
    zh: '平台的原话，其中的秘密已遮盖。',
  },
  'PlatformErrorDetails.errorClass': {
    en: 'What the code means; see the classes below.',
    zh: '错误码的类别，见下文。',
  },
  'PlatformErrorDetails.traceId': {
    en: 'The number under which the platform finds the request.',
    zh: '平台据以查找该请求的编号。',
  },
  'PlatformErrorDetails.ip': {
    en: 'The address that the platform saw, where it named one.',
    zh: '平台看到的来源 IP（若平台给出）。',
  },
  'CacheErrorDetails.operation': { en: 'The step that failed.', zh: '出错的操作。' },
  'CacheErrorDetails.reach': { en: 'Which processes see a write of this cache.', zh: '谁能看到该缓存的写入。' },
  'CacheErrorDetails.problem': {
    en: '`failed`: the store returned an error. `timeout`: it did not respond. `damaged`: the stored value is not a valid record; it counts as a miss.',
    zh: '`failed`：存储报错；`timeout`：没有回答；`damaged`：其内容不是令牌记录，视为没有。',
  },
  provider: { en: 'Id of the provider.', zh: '平台的标识。' },
  status: { en: 'HTTP status.', zh: 'HTTP 状态码。' },
}

/** Class of a platform's code to what it means. */
export const classes = {
  'token-expired': { en: 'the token has expired', zh: '令牌过期' },
  'token-invalid': { en: 'the token is not accepted', zh: '令牌无效' },
  'credential-invalid': { en: 'id or secret is wrong', zh: '凭据错误' },
  'ip-denied': { en: 'the address is not on the white-list', zh: 'IP 被拒绝' },
  permission: { en: 'a right is missing', zh: '没有权限' },
  'rate-limited': { en: 'too many requests in a short time', zh: '频率超限' },
  'quota-exhausted': { en: "the day's quota is used up", zh: '额度用完' },
  transient: { en: 'the platform or the network has a passing trouble', zh: '临时故障' },
  'needs-reauthorization': { en: 'a person has to authorize again', zh: '需要重新授权' },
  unknown: { en: 'no table lists the code', zh: '未列出的错误码' },
}
