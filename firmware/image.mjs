// Makes and shows firmware images; core/image/image.h says what is in them.
//
//   node firmware/image.mjs key <key.pem>                  make a signing key, unless the file is there
//   node firmware/image.mjs public <key.pem> <file.c>      what is compiled into the firmware; a public key will do
//   node firmware/image.mjs sign --key <key.pem> --board <name> --version <a.b.c> [--floor <a.b.c>]
//        --out <file> <address>=<program.bin> ...          one program for each slot, in one file
//   node firmware/image.mjs show <file> [--key <key.pem>]
//   node firmware/image.mjs slot <file> <address> <slot.bin>   the image for that slot, as a programmer writes it there
//
// Needs nothing but Node. The private key is read from its file and goes nowhere else.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

const HEADER_SIZE = 192;
const SIGNED_SIZE = 128;
const BODY_AT = 512; // in a slot
const BODY_MAX = 1 << 20;

function versionNumber(text) {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})$/.exec(text);
  if (!match || match[1] > 255 || match[2] > 255 || match[3] > 65535) throw new Error(`"${text}" is no version`);
  return match[1] * 2 ** 24 + match[2] * 2 ** 16 + Number(match[3]);
}

const versionText = (number) => `${number >>> 24}.${(number >>> 16) & 255}.${number & 65535}`;

export function imageMake({ key, board, version, floor = '0.0.0', address, body }) {
  if (!/^[a-z0-9-]{1,31}$/.test(board)) throw new Error(`"${board}" is no board`);
  if (body.length === 0 || body.length > BODY_MAX) throw new Error(`a program of ${body.length} bytes is none`);
  if (versionNumber(floor) > versionNumber(version)) throw new Error('the floor is above the version');
  const header = Buffer.alloc(HEADER_SIZE);
  header.write('TBFW');
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(HEADER_SIZE, 6);
  header.write(board, 8);
  header.writeUInt32BE(versionNumber(version), 40);
  header.writeUInt32BE(versionNumber(floor), 44);
  header.writeUInt32BE(address, 48);
  header.writeUInt32BE(body.length, 52);
  createHash('sha256').update(body).digest().copy(header, 56);
  sign('sha256', header.subarray(0, SIGNED_SIZE), { key, dsaEncoding: 'ieee-p1363' }).copy(header, SIGNED_SIZE);
  return Buffer.concat([header, body]);
}

export function imagesOf(file) {
  const images = [];
  for (let at = 0; at < file.length; ) {
    const header = file.subarray(at, at + HEADER_SIZE);
    if (header.length < HEADER_SIZE || header.toString('latin1', 0, 4) !== 'TBFW') throw new Error(`no image at ${at}`);
    const size = header.readUInt32BE(52);
    const body = file.subarray(at + HEADER_SIZE, at + HEADER_SIZE + size);
    if (body.length < size) throw new Error(`the image at ${at} is cut off`);
    images.push({ header, body });
    at += HEADER_SIZE + size;
  }
  return images;
}

function makeKey(path) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const fresh = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(fresh, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  try {
    linkSync(fresh, path); // the first of several that start at once wins
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh);
  }
}

function writePublic(keyPath, path) {
  const { x, y } = createPublicKey(readFileSync(keyPath)).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const rows = point.toString('hex').match(/.{32}/g).map((row) => `    ${row.replace(/(..)/g, '0x$1, ').trim()}\n`);
  writeFileSync(path, `#include "firmware/update/verify.h"\n\nconst uint8_t verify_key[VERIFY_KEY_SIZE] = {\n${rows.join('')}};\n`);
}

function signFile(values, programs) {
  for (const name of ['key', 'board', 'version', 'out'])
    if (!values[name]) throw new Error(`--${name} is missing`);
  if (programs.length === 0) throw new Error('no program to sign');
  const key = createPrivateKey(readFileSync(values.key));
  const images = programs.map((program) => {
    const [, address, path] = /^(0x[0-9a-fA-F]+|\d+)=(.+)$/.exec(program) ?? [];
    if (!path) throw new Error(`"${program}" is not <address>=<file>`);
    return imageMake({ ...values, key, address: Number(address), body: readFileSync(path) });
  });
  writeFileSync(values.out, Buffer.concat(images));
}

function show(path, keyPath) {
  const key = keyPath && createPublicKey(readFileSync(keyPath));
  for (const { header, body } of imagesOf(readFileSync(path))) {
    const board = header.toString('latin1', 8, 40).replace(/\0.*/s, '');
    const whole = createHash('sha256').update(body).digest().equals(header.subarray(56, 88));
    const signed = key && verify('sha256', header.subarray(0, SIGNED_SIZE), { key, dsaEncoding: 'ieee-p1363' }, header.subarray(SIGNED_SIZE));
    console.log(
      `board ${board}, version ${versionText(header.readUInt32BE(40))}, floor ${versionText(header.readUInt32BE(44))}, ` +
        `slot at 0x${header.readUInt32BE(48).toString(16)}, ${body.length} bytes, digest ${whole ? 'right' : 'WRONG'}` +
        (key ? `, signature ${signed ? 'right' : 'WRONG'}` : ''),
    );
    if (!whole || signed === false) process.exitCode = 1;
  }
}

// An image as it stands in its slot.
export function slotOf({ header, body }) {
  const slot = Buffer.alloc(BODY_AT + body.length, 0xff);
  header.copy(slot);
  body.copy(slot, BODY_AT);
  return slot;
}

function writeSlot(path, address, out) {
  const image = imagesOf(readFileSync(path)).find(({ header }) => header.readUInt32BE(48) === Number(address));
  if (!image) throw new Error(`${path} holds no image for ${address}`);
  writeFileSync(out, slotOf(image));
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(['key', 'board', 'version', 'floor', 'out'].map((name) => [name, { type: 'string' }])),
  });
  const [command, ...rest] = positionals;
  if (command === 'key' && rest.length === 1) makeKey(rest[0]);
  else if (command === 'public' && rest.length === 2) writePublic(rest[0], rest[1]);
  else if (command === 'sign') signFile(values, rest);
  else if (command === 'slot' && rest.length === 3) writeSlot(...rest);
  else if (command === 'show' && rest.length === 1) show(rest[0], values.key);
  else throw new Error('usage: node firmware/image.mjs key|public|sign|show|slot ...; the file says more');
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('/image.mjs')) {
  try {
    main();
  } catch (error) {
    console.error(`image: ${error.message}`);
    process.exitCode = 2;
  }
}
