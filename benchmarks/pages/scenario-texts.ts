import type { LeftOut } from '../harness/scenario.js'

/** A text in the languages of the documentation. */
export interface BothLanguages {
  readonly en: string
  readonly zh: string
}

/** A language of the documentation. */
export type Language = keyof BothLanguages

/** What a page says about a scenario, besides its figures. */
export interface ScenarioText {
  readonly title: BothLanguages
  /** What is measured, and how. */
  readonly what: BothLanguages
  /** Names of the measures. */
  readonly measures: Readonly<Record<string, BothLanguages>>
}

export const leftOutTexts: Readonly<Record<LeftOut, BothLanguages>> = {
  'its-margin-is-longer-than-the-life': {
    en: 'drops a token minutes before its expiry, and no option changes that',
    zh: '在到期前数分钟就丢弃令牌，且没有选项可以更改',
  },
  'no-way-to-replace-a-rejected-token': {
    en: 'no way to replace a rejected token',
    zh: '没有办法更换被拒绝的令牌',
  },
  'one-client-for-each-account': {
    en: 'made for one account: many need a client object each',
    zh: '每个账号需要一个客户端对象，并非为大量账号设计',
  },
  'no-shared-cache': {
    en: 'no cache that processes share',
    zh: '不带进程间共享的缓存',
  },
  'not-a-server': { en: 'not a server', zh: '不是服务器' },
}

const request: BothLanguages = { en: 'token requests', zh: '令牌请求数' }
const dead: BothLanguages = { en: 'dead tokens returned', zh: '返回的失效令牌数' }

const mostAtOnce: BothLanguages = { en: 'most requests at once', zh: '同时进行的请求数最大值' }
const failedCalls: BothLanguages = { en: 'calls that failed', zh: '失败的调用数' }

const onStore = (en: string, zh: string): Readonly<Record<'requests' | 'slowest', BothLanguages>> => ({
  requests: { en: `${en}: token requests`, zh: `${zh}：令牌请求数` },
  slowest: { en: `${en}: slowest process, as a multiple of the yardstick's`, zh: `${zh}：最慢的进程，为标尺的倍数` },
})
const stores = {
  file: onStore('file', '文件'),
  sqlite: onStore('SQLite', 'SQLite'),
  redis: onStore('Redis', 'Redis'),
}

/** The texts of every scenario, by its name. */
export const scenarioTexts: Readonly<Record<string, ScenarioText>> = {
  'hot-path': {
    title: { en: 'A call with a token in memory', zh: '令牌在内存中时的一次调用' },
    what: {
      en: 'Calls in a second of processor time. The limit, 1, is one look at the clock and awaiting a kept promise, in turn in the same process. For a random account of many, the processor also waits for memory. 100,000 accounts only for libraries that take a function for their requests: the others would first need as many requests over the network.',
      zh: '每秒处理器时间内的调用次数。极限为 1：看一次时钟并等待一个已保存的 promise，在同一进程中轮流计时。若从大量账号中随机选取，处理器还要等待内存。100,000 个账号只测可以传入请求函数的库：其他库要先通过网络发出同样多的请求。',
    },
    measures: {
      'one-account': { en: 'one account', zh: '一个账号' },
      'random-of-10000': { en: 'a random one of 10,000 accounts', zh: '10,000 个账号中随机一个' },
      'random-of-100000': { en: 'a random one of 100,000 accounts', zh: '100,000 个账号中随机一个' },
    },
  },
  bytes: {
    title: { en: 'Memory for each call', zh: '每次调用分配的内存' },
    what: {
      en: 'Growth of the heap for each call with a token in memory, against awaiting a kept promise. Memory that calls leave behind has to be collected.',
      zh: '令牌在内存中时，每次调用使堆增长多少，与等待一个已保存的 promise 相比。调用留下的内存都需要回收。',
    },
    measures: {
      'to-yardstick': { en: "bytes, as a multiple of the kept promise's", zh: '字节数，为已保存的 promise 的倍数' },
      'above-yardstick': { en: 'bytes above the kept promise', zh: '比已保存的 promise 多出的字节数' },
    },
  },
  'cold-storm': {
    title: { en: 'A thousand callers without a token', zh: '一千个调用者，没有令牌' },
    what: {
      en: 'A thousand calls at once for one account that has no token yet; upstream takes 100 ms. A fast return after many requests is not a gain: on a platform that replaces the previous token, all but one are dead.',
      zh: '对一个还没有令牌的账号同时发起一千次调用；上游耗时 100 毫秒。请求很多而返回很快并不是优点：在新令牌会替换旧令牌的平台上，除一个以外全部失效。',
    },
    measures: {
      requests: request,
      'p99-to-yardstick': {
        en: "99 % of callers served, as a multiple of the yardstick's time",
        zh: '99 % 的调用者得到令牌的时间，为标尺的倍数',
      },
      p99: { en: '99 % of callers served', zh: '99 % 的调用者得到令牌的时间' },
    },
  },
  expiry: {
    title: { en: 'Two thousand callers a second across expiry', zh: '每秒两千个调用者，跨越到期' },
    what: {
      en: 'Tokens of a short life, used all the time; upstream takes 50 ms. A caller waits if its call takes more than 25 ms. A fixed margin of 9 or 10 seconds weighs more here than with tokens of two hours.',
      zh: '寿命很短、一直在使用的令牌；上游耗时 50 毫秒。调用超过 25 毫秒即为等待。固定提前 9 或 10 秒的做法，在这里比两小时的令牌影响更大。',
    },
    measures: {
      requests: request,
      'waiting-callers': { en: 'callers that waited', zh: '等待过的调用者数' },
      'dead-tokens': dead,
      'failed-calls': failedCalls,
    },
  },
  lives: {
    title: { en: 'Requests a life', zh: '每段寿命的请求数' },
    what: {
      en: 'Token requests divided by lives, in simulated time, with sixty calls in each life. A library that lets the token expire needs the fewest, and its callers wait; the yardstick refreshes at 80 % of the life.',
      zh: '令牌请求数除以寿命数，使用模拟时间，每段寿命内调用六十次。任由令牌到期的库请求最少，但调用者要等待；标尺在寿命的 80 % 时刷新。',
    },
    measures: Object.fromEntries(
      [60, 300, 600, 1800, 7200].map((life) => [
        `life-of-${life}-s`,
        { en: `tokens that live ${life} s`, zh: `寿命 ${life} 秒的令牌` },
      ]),
    ),
  },
  'rejection-storm': {
    title: { en: 'Fifty callers with a revoked token', zh: '五十个调用者持有被吊销的令牌' },
    what: {
      en: 'Within a fifth of a second, fifty callers learn that their token was revoked. Each does what its library offers, and calls once more.',
      zh: '在五分之一秒内，五十个调用者得知令牌已被吊销。每个都用各自的库提供的办法处理，再调用一次。',
    },
    measures: {
      requests: request,
      'failed-calls': { en: 'calls that failed again', zh: '再次失败的调用数' },
    },
  },
  outage: {
    title: { en: 'An outage across expiry', zh: '跨越到期的上游故障' },
    what: {
      en: 'Upstream fails from the first second of a token until five seconds after its expiry, with 200 callers a second. Waiting between attempts spares a failing upstream, and costs time at its return.',
      zh: '上游从令牌的第一秒起故障，直到其到期后五秒，每秒 200 个调用者。两次尝试之间的等待减轻了故障中的上游的负担，但在其恢复时要付出时间。',
    },
    measures: {
      'failed-while-alive': {
        en: 'calls that failed with more than a tenth of the life left',
        zh: '寿命还剩十分之一以上却失败的调用数',
      },
      'requests-during-the-outage': { en: 'token requests during the outage', zh: '故障期间的令牌请求数' },
      'dead-tokens': dead,
      recovery: { en: 'from the return of upstream to the first token', zh: '从上游恢复到得到第一个令牌' },
    },
  },
  'renewal-storm': {
    title: { en: 'Accounts that started together', zh: '同时启动的大量账号' },
    what: {
      en: 'All accounts get their first token at one moment, and renew over several lives; upstream takes 50 ms. Lingpai and the yardstick renew without calls; for the others, each account is called every two seconds, which spreads their requests.',
      zh: '所有账号在同一时刻取得第一个令牌，并在数段寿命内续期；上游耗时 50 毫秒。Lingpai 和标尺不靠调用续期；其他库的每个账号每两秒被调用一次，请求因此分散。',
    },
    measures: {
      'most-requests-at-once': mostAtOnce,
      'requests-a-life': { en: 'requests a life', zh: '每段寿命的请求数' },
      'longest-block': { en: 'longest block of the event loop', zh: '事件循环最长的一次阻塞' },
    },
  },
  accounts: {
    title: { en: 'Many accounts in one process', zh: '一个进程中的大量账号' },
    what: {
      en: 'Heap that stays for each account with a token, beside a `Map` entry of key, token and expiry. For those that renew without calls: what this adds, and the timers; in a full run, all also renew over the network within about a minute, beside 200 callers a second, and the delay of the event loop is that from the first renewal to the last.',
      zh: '每个持有令牌的账号占用的堆，与键、令牌和到期时间组成的一个 `Map` 条目相比。对不靠调用续期的：由此增加的堆和定时器数；完整运行时，还会在约一分钟内通过网络全部续期，同时每秒有 200 个调用者，事件循环的延迟从第一次续期测到最后一次。',
    },
    measures: {
      'heap-to-map-entry': { en: 'heap, as a multiple of the Map entry', zh: '堆，为 Map 条目的倍数' },
      heap: { en: 'heap for each account', zh: '每个账号的堆' },
      'heap-for-background': { en: 'more for the background refresh', zh: '后台刷新增加的堆' },
      timers: { en: 'timers', zh: '定时器数' },
      'renewed-in-time': {
        en: 'share of accounts that renewed within the life',
        zh: '在寿命内完成续期的账号所占的比例',
      },
      'dead-tokens': dead,
      'event-loop-delay-p99': { en: 'event loop delay while all renew, p99', zh: '全部续期时事件循环的延迟，p99' },
    },
  },
  sleep: {
    title: { en: 'A machine that wakes after three hours', zh: '休眠三小时后唤醒的机器' },
    what: {
      en: 'All tokens have expired when the machine wakes; its wall clock is three hours ahead, and its timers and the monotonic clock have stood still. Some accounts (500 of 5,000; in a full run 2,000 of 100,000) are called at that very moment, and all of them once within the run. Upstream takes 50 ms. A library that goes by the monotonic clock notices nothing: it asks for no token and returns dead ones.',
      zh: '机器唤醒时所有令牌都已过期；挂钟走快了三小时，而定时器和单调时钟停住未走。一部分账号（5,000 个中的 500 个；完整运行时 100,000 个中的 2,000 个）在唤醒的那一刻被调用，所有账号在运行期间各被调用一次。上游耗时 50 毫秒。以单调时钟计时的库察觉不到：它不请求令牌，返回的是失效的令牌。',
    },
    measures: {
      'most-requests-at-once': mostAtOnce,
      'requests-an-account': { en: 'token requests for each account', zh: '每个账号的令牌请求数' },
      'dead-tokens': dead,
      'failed-calls': failedCalls,
      'event-loop-delay-p99': { en: 'event loop delay after waking, p99', zh: '唤醒后事件循环的延迟，p99' },
    },
  },
  'cold-processes': {
    title: { en: 'Eight cold processes on one cache', zh: '八个冷启动的进程共用一个缓存' },
    what: {
      en: 'Eight processes want the token of one account at the same moment, and the shared cache is empty; upstream takes 100 ms. Each has loaded its library and opened its store before. The yardstick does the least with the raw driver: one process wins a lock, and the others poll; if that process crashed, they would wait forever.',
      zh: '八个进程同一时刻需要同一个账号的令牌，而共享的缓存是空的；上游耗时 100 毫秒。各进程事先已加载库并打开存储。标尺只用原始驱动做最少的事：一个进程取得锁，其余进程轮询；若该进程崩溃，其余进程会一直等下去。',
    },
    measures: Object.fromEntries(
      Object.entries(stores).flatMap(([store, { requests, slowest }]) => [
        [`${store}-requests`, requests],
        [`${store}-slowest`, slowest],
      ]),
    ),
  },
  'shared-reads': {
    title: { en: 'Reading a shared cache', zh: '读取共享的缓存' },
    what: {
      en: 'A read of a record, as a multiple of the time that the raw driver needs for the same row or file. The record was written some seconds before, as nearly always when records are read.',
      zh: '读取一条记录的时间，为原始驱动读取同一行或同一文件的时间的倍数。记录是几秒之前写入的，读取时几乎总是如此。',
    },
    measures: {
      file: { en: 'file', zh: '文件' },
      sqlite: { en: 'SQLite', zh: 'SQLite' },
      redis: { en: 'Redis, one at a time', zh: 'Redis，逐个读取' },
      'redis-50-at-once': { en: 'Redis, fifty at once', zh: 'Redis，五十个同时读取' },
    },
  },
  import: {
    title: { en: 'Import', zh: '导入' },
    what: {
      en: 'The import in a fresh process; of Lingpai core, one provider and the memory cache. The yardstick is a single file that keeps tokens in a `Map`. Packages with more features take longer. With the first token, what a library loads at its first use counts as well, and the HTTP client.',
      zh: '在新进程中导入；Lingpai 为核心、一个 provider 和内存缓存。标尺是一个把令牌保存在 `Map` 中的单个文件。功能更多的包耗时更长。包括第一个令牌时，还计入库在首次使用时加载的内容以及 HTTP 客户端。',
    },
    measures: {
      'time-to-yardstick': { en: "time, as a multiple of the yardstick's", zh: '时间，为标尺的倍数' },
      time: { en: 'time', zh: '时间' },
      heap: { en: 'heap that stays', zh: '占用的堆' },
      'first-token-to-yardstick': {
        en: "time to the first token, as a multiple of the yardstick's",
        zh: '到得到第一个令牌的时间，为标尺的倍数',
      },
      'first-token': { en: 'time to the first token', zh: '到得到第一个令牌的时间' },
      'heap-after-first-token': { en: 'heap after the first token', zh: '得到第一个令牌之后的堆' },
    },
  },
  server: {
    title: { en: 'The token server', zh: '令牌服务器' },
    what: {
      en: '`GET /v1/accounts/:account/token` over 32 kept connections: the processor time of a bare `node:http` handler that sends the same bytes, as a share of the server’s. fastify and nginx only compare the key and send the same bytes; they know no tokens.',
      zh: '在 32 个保持的连接上执行 `GET /v1/accounts/:account/token`：发送相同字节的裸 `node:http` 处理函数的处理器时间，占服务器的比例。fastify 和 nginx 只比较密钥并发送相同的字节，不管理令牌。',
    },
    measures: {
      'processor-time': {
        en: 'processor time of node:http, as a share of the server’s',
        zh: 'node:http 的处理器时间占服务器的比例',
      },
    },
  },
  forward: {
    title: { en: 'A forwarded call', zh: '一次转发的调用' },
    what: {
      en: 'A GET of an API through a proxy, over 32 kept connections. @fastify/reply-from only sends calls on, with its retries and fastify’s log off, and is the measure of both ratios; nginx only sends them on, too, with one worker. Lingpai also checks the surrogate, puts the real token in its place, looks for a token error in the response and counts the call.',
      zh: '在 32 个保持的连接上，经过代理对 API 执行 GET。@fastify/reply-from 只转发调用（关闭了重试和 fastify 的日志），两个比例都以它为基准；nginx 也只转发，使用一个 worker。Lingpai 还要校验替代令牌、换上真实的令牌、在响应中查找令牌错误，并为调用计数。',
    },
    measures: {
      'processor-time': {
        en: 'processor time of @fastify/reply-from, as a share of the server’s',
        zh: '@fastify/reply-from 的处理器时间占服务器的比例',
      },
      'p99-to-reply-from': {
        en: '99 % of calls answered, as a multiple of the time of @fastify/reply-from',
        zh: '99 % 的调用得到响应的时间，为 @fastify/reply-from 的倍数',
      },
      p99: { en: '99 % of calls answered', zh: '99 % 的调用得到响应的时间' },
    },
  },
}
