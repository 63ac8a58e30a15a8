/**
 * An HTTP client as TNW's delegates define it, reduced to the two methods that tokens need. Each resolves with the body
 * of the response, as text or parsed. TNW's own delegate classes fit.
 */
export interface HttpDelegate {
  /** Sends a GET request and resolves with the body. */
  httpGet(url: string): Promise<unknown>
  /** Sends `data` in a POST request and resolves with the body. */
  httpPost(url: string, data: string): Promise<unknown>
}
