import { request } from 'node:https';

/** Answers the HTTP status of a GET; rejects when there is no answer within two seconds. */
export function statusOf(url: string, certificateAuthority: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const get = request(
      url,
      { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 2000 },
      (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    get.once('timeout', () => get.destroy(new Error(`${url} did not answer within 2 s`)));
    get.once('error', reject);
    get.end();
  });
}
