export { wecom, type WecomCredentials } from './wecom.js'
