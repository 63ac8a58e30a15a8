/** Where clients of QQ's gateway connect, below the simulator's address. */
export const gatewayPath = '/qq/websocket'
