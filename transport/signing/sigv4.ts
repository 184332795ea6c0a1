import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../wire/credentials.ts';

/** The hash function that the signer asks for, keyed or not. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}

function keyOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}

/** Who signs, and for which service of which region. */
export interface Signer {
  credentials: Credentials;
  region: string;
  service: string;
}

/**
 * Signs a GET without a body by Signature Version 4: only `host`, `x-amz-date` and, with temporary
 * keys, `x-amz-security-token` are signed. Answers the headers to send; `at` is epoch milliseconds.
 */
export const signedHeaders = (url: URL, signer: Signer, at: number) =>
  signedMessage({ url, body: '' }, signer, at);

/** The same for what is sent as a message on the connection to an address, as if it were a GET. */
export async function signedMessage(
  { url, body }: { url: URL; body: string },
  { credentials, region, service }: Signer,
  at: number,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    credentials: await credentials(),
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
      body,
    },
    { signingDate: new Date(at) },
  );
  return signed.headers;
}
