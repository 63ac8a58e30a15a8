// Generated from packages/provider-*: npm run providers

/** Short names of the platforms, by the ids of their providers. */
export const providerTitles = {
  en: {
    dingtalk: 'DingTalk',
    feishu: 'Feishu',
    oauth2: 'OAuth 2',
    'qq-bot': 'QQ bot',
    'wechat-mp': 'WeChat',
    wecom: 'WeCom',
  },
  zh: {
    dingtalk: '钉钉',
    feishu: '飞书',
    oauth2: 'OAuth 2',
    'qq-bot': 'QQ 机器人',
    'wechat-mp': '微信',
    wecom: '企业微信',
  },
}
