/**
 * TNW's way to plug in an HTTP client, as far as tokens need it: two methods that give the reply's body, as text or parsed.
 * TNW's own delegate classes fit.
 */
export interface HttpDelegate {
  /** A GET; resolves with the body. */
  httpGet(url: string): Promise<unknown>
  /** A POST of `data`; resolves with the body. */
  httpPost(url: string, data: string): Promise<unknown>
}
