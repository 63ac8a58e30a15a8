/** `ding-talk` as `dingTalk`. */
export function camelCase(name) {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())
}

/** `ding-talk` as `DingTalk`. */
export function pascalCase(name) {
  const camel = camelCase(name)
  return camel[0].toUpperCase() + camel.slice(1)
}

/** `ding-talk` as `DING_TALK`. */
export function upperCase(name) {
  return name.replaceAll('-', '_').toUpperCase()
}

/** Three backquotes, which a template cannot hold in a readable way. */
export const fence = '`'.repeat(3)
