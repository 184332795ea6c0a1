import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Environment } from './proxy.ts';

/** How connections are made secure: options of `tls.connect`, shared by all of them. */
export interface TlsOptions {
  secureContext: SecureContext;
  rejectUnauthorized: boolean;
}

/**
 * What the Amazon ECS agent offers in TLS 1.2: RSA with or without ephemeral keys, and AES by GCM or
 * CBC. Those of TLS 1.3 stand before them, or that version would be off.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA256',
  'AES128-SHA',
  'AES256-SHA',
].join(':');

/**
 * TLS 1.2 and later. Besides the authorities that Node.js knows (and `NODE_EXTRA_CA_CERTS`), those of
 * the file `SSL_CERT_FILE` and of all files in the folders `SSL_CERT_DIR` are trusted: the variables by
 * which programs on a host are pointed at its own authorities.
 */
export async function tlsOptions(
  environment: Environment,
  { verify }: { verify: boolean },
): Promise<TlsOptions> {
  const trusted = verify ? await certificatesOf(environment) : null;
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ciphers,
    ...(trusted && { ca: trusted }),
  });
  return { secureContext, rejectUnauthorized: verify };
}

/** All authorities to be trusted; null where Node.js's own are all. */
async function certificatesOf(environment: Environment): Promise<string[] | null> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders, NODE_EXTRA_CA_CERTS: extra } = environment;
  if (!file && !folders) return null;
  // Node.js reads these itself only as long as it is not told any.
  const files = [extra, file].filter((path): path is string => Boolean(path));
  for (const folder of (folders ?? '').split(delimiter).filter(Boolean))
    for (const name of await readdir(folder).catch(() => [])) files.push(join(folder, name));
  const found = new Set(rootCertificates);
  for (const path of files)
    for (const certificate of await readCertificates(path)) found.add(certificate);
  return [...found];
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What cannot be read is left out, as everywhere where folders of certificates are read. */
async function readCertificates(path: string): Promise<string[]> {
  const text = await readFile(path, 'latin1').catch(() => '');
  return (text.match(pem) ?? []).filter(isCertificate);
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}
