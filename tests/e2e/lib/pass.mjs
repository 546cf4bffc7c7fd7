// What a chain issues to its customers' phones: a pass certificate by the chain's key over the phone's
// (docs/protocol.md, "Phone app"), and the words with which the simulator makes a phone of it.

import { createECDH, createPublicKey, createPrivateKey, sign } from 'node:crypto';

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function pair() {
  const ec = createECDH('prime256v1');
  ec.generateKeys();
  const point = ec.getPublicKey();
  const scalar = Buffer.concat([Buffer.alloc(32), ec.getPrivateKey()]).subarray(-32);
  const jwk = { crv: 'P-256', kty: 'EC', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  return { scalar, jwk };
}

export class Issuer {
  constructor(id) {
    this.id = id;
    this.key = pair();
    this.pem = createPublicKey({ format: 'jwk', key: this.key.jwk }).export({ type: 'spki', format: 'pem' });
  }

  // A phone whose pass has this id; expired: its time is over.
  phone(pass, { expired = false } = {}) {
    const phone = pair();
    const now_s = Math.floor(Date.now() / 1000) - (expired ? 1000000 : 0);
    const claims = { aud: 'till', cnf: { jwk: phone.jwk }, iat: now_s - 60, exp: now_s + 86400, sub: pass };
    const text = `${base64url({ alg: 'ES256', kid: this.id })}.${base64url(claims)}`;
    const key = createPrivateKey({ format: 'jwk', key: { ...this.key.jwk, d: this.key.scalar.toString('base64url') } });
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return `app key=${phone.scalar.toString('hex')} certificate=${text}.${signature}`;
  }
}
