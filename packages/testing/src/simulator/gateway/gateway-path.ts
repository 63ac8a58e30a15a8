/** Path of QQ's gateway below the simulator's address. */
export const gatewayPath = '/qq/websocket'
