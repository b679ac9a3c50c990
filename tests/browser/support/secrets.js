// Looks for secrets in whatever was recorded: any 16 characters in a row count, in every usual writing.
import { createHash } from 'node:crypto';

/** Anything that looks like one of our keys, whosever it is. */
export const KEY = /sk_(?:live|test)_[0-9A-Za-z]{40}/g;

const LENGTH = 16;
const each = (text, write) => [...Buffer.from(text)].map(write).join('');

// The middle of a base64 text that does not depend on what stands before and after.
function base64(text, offset) {
  const whole = Buffer.from('\0'.repeat(offset) + text).toString('base64').replace(/=+$/, '');
  return whole.slice(Math.ceil(offset * 4 / 3), (text.length + offset) % 3 === 0 ? undefined : -1);
}

const WRITINGS = {
  base64: text => [0, 1, 2].map(offset => base64(text, offset)),
  hex: text => [each(text, b => b.toString(16)), each(text, b => b.toString(16).toUpperCase())],
  'hex, parted': text => [' ', ':', ', ', ',0x', ', 0x'].map(gap => [...Buffer.from(text)].map(b => b.toString(16)).join(gap)),
  percent: text => [each(text, b => `%${b.toString(16)}`), each(text, b => `%${b.toString(16).toUpperCase()}`), each(text, b => `%25${b.toString(16)}`)],
  escapes: text => [each(text, b => `\\u00${b.toString(16)}`), each(text, b => `\\\\u00${b.toString(16)}`), each(text, b => `\\x${b.toString(16)}`), each(text, b => `\\${b.toString(8)}`)],
  entities: text => [each(text, b => `&#${b};`), each(text, b => `&#x${b.toString(16)};`)],
  'UTF-16': text => [Buffer.from(text, 'utf16le').toString('latin1').slice(0, -1)],
  codes: text => [',', ', '].map(gap => [...Buffer.from(text)].join(gap)),
  reversed: text => [[...text].reverse().join('')],
};

/** A secret as a set of needles. `what` names it in messages, which never hold the secret itself. */
export class Needles {
  #plain = [];
  #lower = [];
  #written = [];
  constructor(secret, what) {
    this.what = what;
    const body = secret.replace(/^sk_(live|test)_/, '');
    if (body.length < LENGTH) throw new Error(`${what} is too short for a secret`);
    for (let at = 0; at + LENGTH <= body.length; at++) {
      this.#plain.push(body.slice(at, at + LENGTH));
      this.#lower.push(body.slice(at, at + LENGTH).toLowerCase());
    }
    for (let at = 0; at + LENGTH <= body.length; at += 4) {
      const part = body.slice(at, at + LENGTH);
      for (const [name, write] of Object.entries(WRITINGS)) for (const text of write(part)) this.#written.push([name, text]);
    }
    for (const whole of [secret, body]) {
      const hash = createHash('sha256').update(whole).digest();
      this.hashes = [...(this.hashes ?? []), hash.toString('hex'), hash.toString('base64').replace(/=+$/, '')];
    }
  }
  /** In which writing the secret stands in `bytes` (a Buffer or text), or null. */
  find(bytes, { hashes = false } = {}) {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    if (this.#plain.some(part => text.includes(part))) return 'as it is';
    const lower = text.toLowerCase();
    if (this.#lower.some(part => lower.includes(part))) return 'in other case';
    const found = this.#written.find(([, part]) => text.includes(part));
    if (found) return found[0];
    return hashes && this.hashes.some(hash => text.includes(hash)) ? 'hashed' : null;
  }
}

/** Every place in `sinks` ([name, bytes] pairs) where one of the secrets, or anything like a key, stands. */
export function leaks(sinks, needles, options) {
  const found = [];
  for (const [name, bytes] of sinks) {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    if (text.match(KEY)) found.push(`${name}: looks like a key`);
    for (const needle of needles) {
      const how = needle.find(text, options);
      if (how) found.push(`${name}: ${needle.what} ${how}`);
    }
  }
  return found;
}
