// Shows what the playground answered: the same elements as the server's page, every text as a text node.
import { $, el, icon, say, svg } from './core.js';
import { paint, PAINT_LIMIT } from './reference.js';

const PHASES = [['session', 'Session check', 'f-vio'], ['vault', 'Vault unseal', 'f-vio'], ['connect', 'Connect, TLS', 'f-info'],
  ['ttfb', 'First byte', 'f-acc'], ['download', 'Download', 'f-acc'], ['strip', 'Strip credentials', 'f-ok']];
const REASONS = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 304: 'Not Modified',
  400: 'Bad Request', 401: 'Unauthorized', 402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
  409: 'Conflict', 413: 'Content Too Large', 415: 'Unsupported Media Type', 422: 'Unprocessable Content', 429: 'Too Many Requests',
  500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' };
const WHOSE = { request: 'In the request', session: 'Your session', subscription: 'Your subscription', budget: 'Your budget of calls',
  vault: 'On our side: the vault', breaker: 'On our side: the breaker is open', console: 'On our side', network: 'At the API: the network', upstream: 'At the API' };
const IMAGES = /^image\/(png|jpeg|gif|webp|avif)\s*(;|$)/i;
const badgeClass = status => `badge ${{ 1: 'b-info', 2: 'b-ok', 3: 'b-info', 4: 'b-warn', 5: 'b-err' }[String(status)[0]] ?? 'b-line'}`;
const size = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
const ms = value => value < 1000 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en')} ms`;
const number = value => (Number.isFinite(value) ? Math.max(0, value) : 0);
const quiet = text => el('p', { class: 'pad muted fs13' }, text);
// More of a text is not shown; a stream may never end.
const SHOWN = 1_000_000;

export class ResponsePanel {
  constructor(section) {
    this.section = section;
    this.head = $('.card-h', section);
    this.title = $('h2', this.head);
  }
  #set(head, body) {
    this.head.replaceChildren(this.title, ...head.filter(Boolean));
    this.section.replaceChildren(this.head, ...body.filter(Boolean));
  }
  waiting(time) {
    const clock = time && $('[data-elapsed]', this.section);
    if (clock) clock.textContent = time;
    else if (!time) this.#set([el('span', { class: 'fs12 muted num', 'data-elapsed': '' }, '0 ms')], [quiet('Waiting for the API.')]);
  }
  idle(text) {
    this.#set([], [quiet(text)]);
  }
  /** Shows the answer of the console, as it comes; `done` hears the status and the time. */
  async show(answer, signal, done) {
    this.errors = [];
    const type = answer.headers.get('Content-Type') ?? '';
    if (/^(text\/event-stream|application\/x-ndjson)/.test(type)) return this.#stream(answer, signal, done);
    const text = await answer.text();
    let value = null;
    try { value = JSON.parse(text); } catch { /* shown as a problem below */ }
    if (value?.bodyEncoding && !type.includes('problem')) {
      this.#answer(value);
      say(`Response ${value.status}, ${ms(value.timing?.total ?? 0)}`);
      return done({ status: value.status, ms: value.timing?.total });
    }
    const problem = value && typeof value === 'object' ? value : { title: 'The console could not answer', whose: 'console' };
    problem.status ??= answer.status;
    problem.retryAfter ??= answer.headers.get('Retry-After');
    problem.requestId ??= answer.headers.get('X-Request-Id');
    problem.whose ??= answer.status === 401 ? 'session' : answer.status < 500 ? 'request' : 'console';
    this.problem(problem);
    say(`${unanswered(problem) ? 'No answer' : 'Not sent'}. ${problem.title ?? ''}`);
  }
  #answer(envelope) {
    const raw = () => el('pre', {}, [`${envelope.status} ${REASONS[envelope.status] ?? ''}`.trim(), ...(envelope.headers ?? []).map(([name, value]) => `${name}: ${value}`), '',
      envelope.bodyEncoding === 'text' ? (envelope.body ?? '').slice(0, SHOWN) : `(${envelope.bodyEncoding}, ${size(number(envelope.size))})`].join('\n'));
    this.#set(this.#facts(envelope, true), [tabs([['Body', body(envelope)], ['Headers', headers(envelope.headers ?? []), envelope.headers?.length],
      ['Raw', () => box('Raw response', raw())]]), ...notes(envelope), waterfall(envelope.timing)]);
  }
  /** `problem` is an RFC 9457 object; members that are missing are left out. */
  problem(problem) {
    const facts = [['Where', WHOSE[problem.whose]], ['Code', problem.code], ['Status', problem.status],
      ['Try again in', problem.retryAfter && `${problem.retryAfter} s`], ['Request', problem.requestId ?? problem.instance]];
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    const at = e => [e.pointer && el('code', {}, `${e.pointer} `), e.line && `line ${e.line}: `, String(e.detail ?? e.message ?? e)].filter(Boolean);
    const href = location.pathname + location.search;
    const signIn = new URL($('.bar a[href*="sign-in"]')?.href ?? document.getElementById('try').dataset.try.replace(/\/api\/v1\/.*$/, '/sign-in'), location.href);
    signIn.searchParams.set('next', href);
    this.#set([problem.whose !== 'upstream' && el('span', { class: badgeClass(problem.status) }, unanswered(problem) ? 'No answer' : 'Not sent')], [
      el('div', { class: 'banner banner-err inset' }, icon('warn'), el('div', {},
        el('b', {}, String(problem.title ?? 'Something went wrong')),
        problem.detail && el('p', { class: 't2' }, String(problem.detail)),
        problem.next && el('p', { class: 't2' }, String(problem.next)),
        problem.whose === 'session' && el('p', {}, el('a', { href: signIn.pathname + signIn.search }, 'Sign in again'), ' and you are back in this form, with what you typed.'),
        this.errors.length > 0 && el('ul', {}, ...this.errors.slice(0, 20).map(e => el('li', {}, ...at(e)))),
        el('dl', { class: 'facts' }, ...facts.filter(([, value]) => value).map(([name, value]) =>
          el('div', {}, el('dt', {}, name), el('dd', {}, String(value))))))),
    ]);
  }
  // Events and lines are the API's own, shown as they come; what the console adds about them is in headers.
  async #stream(answer, signal, done) {
    let list = [];
    try { list = JSON.parse(answer.headers.get('X-Upstream-Headers')) ?? []; } catch { /* none */ }
    const envelope = { status: Number(answer.headers.get('X-Upstream-Status')) || answer.status, headers: list, timing: { total: 0 }, size: 0 };
    for (const [, name, length] of (answer.headers.get('Server-Timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g)) envelope.timing[name] = Number(length);
    const pre = el('pre', { id: 'response-body' });
    const view = box('Response body', pre);
    this.#set(this.#facts(envelope, false), [view]);
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    const began = performance.now();
    try {
      for (;;) {
        const { done: over, value } = await reader.read();
        if (over) break;
        envelope.size += value.length;
        if (envelope.size > SHOWN) envelope.truncated = true;
        else {
          const follow = view.scrollTop + view.clientHeight >= view.scrollHeight - 24;
          pre.append(decoder.decode(value, { stream: true }));
          if (follow) view.scrollTop = view.scrollHeight;
        }
      }
    } catch {
      envelope.broken = signal.aborted ? 'Cancelled.' : 'The stream broke off.';
    }
    envelope.timing.download = performance.now() - began;
    envelope.timing.total += envelope.timing.download;
    this.#set(this.#facts(envelope, true), [tabs([['Body', view], ['Headers', headers(list), list.length]]), ...notes(envelope), waterfall(envelope.timing)]);
    say(envelope.broken ?? 'The stream ended');
    done({ status: envelope.status, ms: envelope.timing.total });
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
    ];
  }
}

// What took too long may have arrived.
const unanswered = problem => problem.code === 'upstream_timeout';
const box = (label, pre) => el('div', { class: 'code respbody', tabindex: 0, role: 'region', 'aria-label': label }, pre);

// Tabs (APG): arrows move and choose. A panel may be a function that makes it when it is first shown.
function tabs(all) {
  const list = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Response' });
  const panels = all.map(([name], i) => el('div', { id: `resp-${i}`, role: 'tabpanel', 'aria-labelledby': `rtab-${i}` }));
  const buttons = all.map(([name, , count], i) => el('button', { type: 'button', id: `rtab-${i}`, role: 'tab', 'aria-controls': `resp-${i}` }, name, count ? el('span', { class: 'muted' }, ` ${count}`) : false));
  const choose = (i, focus) => {
    const [, content] = all[i];
    if (!panels[i].firstChild) panels[i].append(typeof content === 'function' ? content() : content);
    panels.forEach((panel, n) => { panel.hidden = n !== i; });
    buttons.forEach((button, n) => { button.setAttribute('aria-selected', String(n === i)); button.tabIndex = n === i ? 0 : -1; });
    if (focus) buttons[i].focus();
  };
  buttons.forEach((button, i) => {
    button.onclick = () => choose(i);
    button.onkeydown = event => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose((to + all.length) % all.length, true);
    };
  });
  list.append(...buttons);
  choose(0);
  return el('div', { class: 'resptabs' }, list, ...panels);
}

function body({ body: text, bodyEncoding, contentType, size: bytes, withheld, truncated, redactions }) {
  if (withheld) return quiet(`The body is not shown, for safety: ${String(withheld).replace(/[-_]/g, ' ')}.`);
  if (bodyEncoding === 'none' || !text) return quiet('No body.');
  const kind = contentType ?? 'unknown type';
  if (bodyEncoding === 'base64') {
    const image = IMAGES.test(kind) && bytes <= 200_000 && !truncated && !redactions;
    const made = () => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    return el('div', {}, quiet(`Binary, ${kind}, ${size(number(bytes))}.`),
      image && el('div', { class: 'respimg' }, el('img', { src: `data:${kind.split(';')[0].trim()};base64,${text}`, alt: 'The image that the API answered with' })), download(made, kind));
  }
  let shown = text;
  let json = /json/i.test(kind) && text.length <= SHOWN;
  if (json) {
    try { shown = pretty(text); } catch { json = false; }
  }
  const view = box('Response body', el('pre', { id: 'response-body' }, json && shown.length < PAINT_LIMIT ? paint(shown, true) : shown.slice(0, SHOWN)));
  return text.length <= SHOWN ? view
    : el('div', {}, view, el('p', { class: 'respnote' }, icon('warn'), `The first 1 MB of ${size(number(bytes))} are shown.`), download(() => text, kind));
}

// White space only: numbers keep their digits.
function pretty(text) {
  JSON.parse(text);
  const out = [];
  let depth = 0;
  let last = '';
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{},:]|[^\s"[\]{},:]+/g)) {
    const opened = last === '{' || last === '[';
    const closes = token === '}' || token === ']';
    if (closes) depth--;
    if (closes ? !opened : opened || last === ',') out.push(`\n${'  '.repeat(depth)}`);
    out.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') depth++;
    last = token;
  }
  return out.join('');
}

function download(make, kind) {
  const button = el('button', { type: 'button', class: 'btn btn-sm' }, icon('doc', 'i i-sm'), 'Download');
  button.onclick = () => {
    const url = URL.createObjectURL(new Blob([make()], { type: 'application/octet-stream' }));
    const ending = { json: 'json', png: 'png', jpeg: 'jpg', pdf: 'pdf', csv: 'csv', xml: 'xml', plain: 'txt', zip: 'zip', gif: 'gif', webp: 'webp' }[kind.match(/\/(?:[\w.-]+\+)?(\w+)/)?.[1]] ?? 'bin';
    el('a', { href: url, download: `response.${ending}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return el('p', { class: 'pad' }, button);
}

function advice(status, list = []) {
  const wait = list.find(([name]) => name === 'retry-after')?.[1];
  if (status === 429) return `The API limits calls${wait ? `: wait ${wait} s` : ''}. This is its answer, not the console’s.`;
  if (status === 401 || status === 403) return 'The API did not accept the credential of your subscription for this call. Its operator can say why.';
  if (status >= 500) return 'The API failed. Your request reached it; try again later or tell its operator.';
  if (status >= 400) return 'The API refused the request: its answer says why. Correct the form, then send again.';
  return null;
}

function notes({ truncated, redactions, dropped, broken, status, headers: list }) {
  const note = (symbol, text) => el('p', { class: 'respnote' }, icon(symbol), text);
  return [
    advice(status, list) && note('warn', advice(status, list)),
    broken && note('warn', broken),
    dropped?.length > 0 && note('warn', `Not sent: ${dropped.join(', ')}.`),
    truncated && note('warn', 'Shortened: the response was longer.'),
    redactions > 0 && note('shield', `•••• ${redactions} ${redactions === 1 ? 'credential' : 'credentials'} removed from the response.`),
  ];
}

function headers(list) {
  return list.length ? el('dl', { class: 'headlist' }, ...list.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))) : quiet('No headers are shown.');
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
