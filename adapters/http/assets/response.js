// Shows what the playground answered: the same elements as the server's page, every text as a text node.
import { $, el, icon, svg } from './core.js';
import { paint, PAINT_LIMIT } from './reference.js';

const PHASES = [['session', 'Session check', 'f-vio'], ['vault', 'Vault unseal', 'f-vio'], ['connect', 'Connect, TLS', 'f-info'],
  ['ttfb', 'First byte', 'f-acc'], ['download', 'Download', 'f-acc'], ['strip', 'Strip credentials', 'f-ok']];
const REASONS = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 304: 'Not Modified',
  400: 'Bad Request', 401: 'Unauthorized', 402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
  409: 'Conflict', 415: 'Unsupported Media Type', 422: 'Unprocessable Content', 429: 'Too Many Requests', 500: 'Internal Server Error',
  502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' };
const FAULTS = { request: 'In the request', caller: 'In the request', client: 'In the request', console: 'On our side', ours: 'On our side',
  upstream: 'At the API', api: 'At the API' };
const badgeClass = status => `badge ${{ 1: 'b-info', 2: 'b-ok', 3: 'b-info', 4: 'b-warn', 5: 'b-err' }[String(status)[0]] ?? 'b-line'}`;
const size = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
export const ms = value => value < 1000 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en')} ms`;
const number = value => (Number.isFinite(value) ? Math.max(0, value) : 0);

export class ResponsePanel {
  constructor(section) {
    this.section = section;
    this.head = $('.card-h', section);
    this.title = $('h2', this.head);
  }
  #set(head, body) {
    this.head.replaceChildren(this.title, ...head);
    this.section.replaceChildren(this.head, ...body.filter(Boolean));
  }
  waiting(seconds) {
    if (seconds) {
      const clock = $('[data-elapsed]', this.section);
      if (clock) clock.textContent = seconds;
      return;
    }
    this.#set([el('span', { class: 'fs12 muted num', 'data-elapsed': '' }, '0 ms')], [el('p', { class: 'pad muted fs13' }, 'Waiting for the API.')]);
  }
  idle(text) {
    this.#set([], [el('p', { class: 'pad muted fs13' }, text)]);
  }
  answer(envelope) {
    this.#set(this.#facts(envelope, true), [body(envelope), ...notes(envelope), headers(envelope.headers ?? []), waterfall(envelope.timing)]);
  }
  /** `problem` is an RFC 9457 object; members that are missing are left out. */
  problem(problem) {
    const facts = [['Where', FAULTS[problem.fault]], ['Code', problem.code], ['Status', problem.status],
      ['Try again in', problem.retryAfter && `${problem.retryAfter} s`], ['Request', problem.requestId ?? problem.instance]];
    const errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.#set([el('span', { class: badgeClass(problem.status) }, 'Not sent')].filter(() => problem.fault !== 'upstream'), [
      el('div', { class: 'banner banner-err inset' }, icon('warn'), el('div', {},
        el('b', {}, String(problem.title ?? 'Something went wrong')),
        problem.detail && el('p', { class: 't2' }, String(problem.detail)),
        errors.length > 0 && el('ul', {}, ...errors.slice(0, 20).map(e => el('li', {}, e.pointer ? el('code', {}, `${e.pointer} `) : '', String(e.detail ?? e.message ?? e)))),
        el('dl', { class: 'facts' }, ...facts.filter(([, value]) => value).map(([name, value]) =>
          el('div', {}, el('dt', {}, name), el('dd', {}, String(value))))))),
    ]);
  }
  /** A response that arrives piece by piece: returns where the pieces go. */
  stream(envelope) {
    const pre = el('pre', { id: 'response-body' });
    const box = el('div', { class: 'code respbody', tabindex: 0, role: 'region', 'aria-label': 'Response body' }, pre);
    const extra = el('div');
    this.#set(this.#facts(envelope, false), [box, extra]);
    return {
      append: text => {
        const follow = box.scrollTop + box.clientHeight >= box.scrollHeight - 24;
        pre.append(text);
        if (follow) box.scrollTop = box.scrollHeight;
      },
      end: more => {
        this.head.replaceChildren(this.title, ...this.#facts(more, true));
        extra.replaceWith(...[...notes(more), headers(more.headers ?? []), more.timing && waterfall(more.timing)].filter(Boolean));
      },
    };
  }
  #facts({ status, timing, size: bytes }, complete) {
    const copy = el('copy-button', { for: 'response-body' }, el('button', { type: 'button', class: 'btn btn-ghost btn-icon btn-sm', 'aria-label': 'Copy response' }, icon('copy', 'i i-sm idle'), icon('check', 'i i-sm done')));
    return [
      status && el('span', { class: badgeClass(status) }, `${status} ${REASONS[status] ?? ''}`.trim()),
      !complete && el('span', { class: 'badge b-info' }, 'Streaming'),
      timing?.total && el('span', { class: 'fs12 muted num' }, ms(number(timing.total))),
      Number.isFinite(bytes) && el('span', { class: 'fs12 muted num' }, size(bytes)),
      el('span', { class: 'grow' }),
      copy,
    ].filter(Boolean);
  }
}

function body({ body: text, bodyEncoding, contentType, size: bytes, withheld }) {
  if (withheld) return el('p', { class: 'pad muted fs13' }, `The body is not shown, for safety: ${String(withheld).replace(/[-_]/g, ' ')}.`);
  if (bodyEncoding === 'none' || !text) return el('p', { class: 'pad muted fs13' }, 'No body.');
  const kind = contentType ?? 'unknown type';
  if (bodyEncoding === 'base64') return el('p', { class: 'pad muted fs13' }, `Binary, ${kind}, ${size(number(bytes))}.`);
  let shown = text;
  let json = /json/i.test(kind);
  if (json) {
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { json = false; }
  }
  return el('div', { class: 'code respbody', tabindex: 0, role: 'region', 'aria-label': 'Response body' },
    el('pre', { id: 'response-body' }, json && shown.length < PAINT_LIMIT ? paint(shown, true) : shown));
}

function notes({ truncated, redactions, dropped, broken }) {
  return [
    broken && el('p', { class: 'respnote' }, icon('warn'), broken),
    dropped?.length > 0 && el('p', { class: 'respnote' }, icon('warn'), `Not sent: ${dropped.join(', ')}.`),
    truncated && el('p', { class: 'respnote' }, icon('warn'), 'Shortened: the response was longer.'),
    redactions > 0 && el('p', { class: 'respnote' }, icon('shield'), `${redactions} ${redactions === 1 ? 'credential' : 'credentials'} removed from the response.`),
  ].filter(Boolean);
}

function headers(list) {
  return list.length > 0 && el('details', { class: 'heads' }, el('summary', {}, 'Headers', el('span', { class: 'muted' }, String(list.length))),
    el('dl', {}, ...list.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))));
}

// The steps that the server counts finer than the picture shows.
const PARTS = { session: ['session', 'grant'], connect: ['dns', 'connect', 'tls'] };

function waterfall(timing) {
  if (!timing) return false;
  const span = key => (PARTS[key] ?? [key]).reduce((all, part) => all + number(timing[part]), 0);
  const sum = PHASES.reduce((all, [key]) => all + span(key), 0);
  const total = Math.max(sum, number(timing.total), 0.001);
  let at = 0;
  return el('dl', { class: 'wf', 'aria-label': 'Timing' }, ...PHASES.map(([key, label, colour]) => {
    const length = span(key);
    const bar = svg('svg', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('rect', { class: colour, x: (at / total * 100).toFixed(1), width: Math.max(0.6, length / total * 100).toFixed(1), height: 8 }));
    at += length;
    return el('div', {}, el('dt', {}, label), el('dd', {}, bar, el('span', { class: 'ms' }, ms(length))));
  }));
}
