// A token for one customer: a JWS with ES256, as docs/web.md describes it. This is all that a web shop's server has to do.

import { createPrivateKey, sign } from 'node:crypto';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** key: the PEM file that `contextd token key` made. life_s: at most 900. */
export function mintToken(key, customer, { audience = 'tillbridge', life_s = 600, now_ms = Date.now() } = {}) {
  const iat = Math.floor(now_ms / 1000);
  const signed = `${base64url({ alg: 'ES256' })}.${base64url({ aud: audience, sub: customer, iat, exp: iat + life_s })}`;
  const signature = sign('sha256', Buffer.from(signed), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
