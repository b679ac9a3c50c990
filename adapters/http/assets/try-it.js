// Try it: takes over the plain form. The browser sends the operation's id, its parameters and a body; it never
// sees a credential or an address.
import { $, $$, el, say } from './core.js';
import './reference.js';
import { ms, ResponsePanel } from './response.js';

const form = $('#try');
const panel = $('#response') && new ResponsePanel($('#response'));
const send = form && $('[data-send]', form);
const cancel = form && $('[data-cancel]', form);
const jsonState = form && $('[data-json-state]', form);
const editor = form && $('json-editor', form);
let running = null;
// A stream may never end; what is shown of it does.
const STREAM_SHOWN = 1_000_000;

function request() {
  const parameters = { path: {}, query: {}, header: {}, cookie: {} };
  const fields = new FormData(form);
  for (const [name, value] of fields) {
    const [, place, key] = name.match(/^p\.(path|query|header|cookie)\.([\s\S]+)$/) ?? [];
    if (key && value !== '') parameters[place][key] = value;
  }
  const type = fields.get('contentType') ?? '';
  return {
    specId: form.dataset.spec,
    operationId: form.dataset.operation,
    environment: fields.get('environment') ?? 'test',
    parameters,
    body: bodyOf(fields.get('body') ?? '', type),
    contentType: fields.get('body') ? type : null,
  };
}

// JSON goes as the text that was typed, so that large numbers keep their digits; only a JSON string, which a text
// could be taken for, is read here. Forms are described as one JSON object.
function bodyOf(text, type) {
  if (text === '') return null;
  let value;
  try { value = JSON.parse(text); } catch { return text; }
  if (/json/i.test(type)) return typeof value === 'string' ? value : text;
  return /form|octet-stream/i.test(type) && value && typeof value === 'object' ? value : text;
}

function post(url, signal, accept) {
  return fetch(url, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', Accept: accept, 'X-CSRF-Token': form.elements.csrf.value },
    body: JSON.stringify(request()),
    signal,
  });
}

// Live and not safe: ask once per session.
const ASKED = 'live-confirmed';
function confirmed() {
  const dialog = $('#live-confirm');
  const live = form.elements.environment?.value === 'live';
  if (!live || !dialog || sessionStorage.getItem(ASKED)) return Promise.resolve(true);
  return new Promise(resolve => {
    const finish = yes => {
      if (yes) sessionStorage.setItem(ASKED, '1');
      dialog.close();
      resolve(yes);
    };
    $('[data-yes]', dialog).onclick = () => finish(true);
    $('[data-no]', dialog).onclick = () => finish(false);
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}

async function call() {
  if (running || !send) return;
  if (!form.reportValidity() || !(await confirmed())) return;
  const abort = running = new AbortController();
  const began = performance.now();
  send.setAttribute('aria-busy', 'true');
  cancel.hidden = false;
  panel.waiting();
  const clock = setInterval(() => panel.waiting(`${Math.round(performance.now() - began).toLocaleString('en')} ms`), 100);
  const stopClock = () => clearInterval(clock);
  try {
    const answer = await post(form.dataset.try, abort.signal, 'application/json, text/event-stream, application/problem+json');
    stopClock();
    const type = answer.headers.get('Content-Type') ?? '';
    if (type.startsWith('text/event-stream')) await stream(answer, abort);
    else await whole(answer, type);
  } catch (error) {
    stopClock();
    if (abort.signal.aborted) panel.idle('Cancelled. The API may have received the call.');
    else panel.problem({ title: 'The console did not answer', detail: 'Check your connection and send again. What you typed is kept.', fault: 'console' });
    if (!abort.signal.aborted) console.warn(error);
  } finally {
    running = null;
    send.removeAttribute('aria-busy');
    cancel.hidden = true;
  }
}

async function whole(answer, type) {
  const text = await answer.text();
  let value = null;
  try { value = JSON.parse(text); } catch { /* shown as a problem below */ }
  if (value && value.bodyEncoding && !type.includes('problem')) {
    panel.answer(value);
    say(`Response ${value.status}, ${ms(value.timing?.total ?? 0)}`);
    return;
  }
  const problem = value && typeof value === 'object' ? value : { title: 'The console could not answer', fault: 'console' };
  problem.status ??= answer.status;
  problem.retryAfter ??= answer.headers.get('Retry-After');
  problem.requestId ??= answer.headers.get('X-Request-Id');
  problem.fault ??= answer.status < 500 ? 'request' : 'console';
  panel.problem(problem);
  if (answer.status === 401) signIn();
  say(`Not sent. ${problem.title ?? ''}`);
}

function signIn() {
  const link = $('.bar a[href*="sign-in"]');
  const href = link?.href ?? form.dataset.try.replace(/\/api\/v1\/.*$/, '/sign-in') + `?next=${encodeURIComponent(location.pathname + location.search)}`;
  $('.banner > div', panel.section)?.append(el('p', {}, el('a', { href, target: '_blank' }, 'Sign in again'), ' in a new tab, then send again. What you typed stays here.'));
}

// Events are the API's own, shown as they come; what the console adds about them is in headers.
async function stream(answer, abort) {
  const envelope = { status: Number(answer.headers.get('X-Upstream-Status')) || answer.status, timing: serverTiming(answer), size: 0 };
  const show = panel.stream(envelope);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const began = performance.now();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      envelope.size += value.length;
      if (envelope.size <= STREAM_SHOWN) show.append(decoder.decode(value, { stream: true }));
      else envelope.truncated = true;
    }
  } catch {
    envelope.broken = abort.signal.aborted ? 'Cancelled.' : 'The stream broke off.';
  }
  envelope.timing.download = performance.now() - began;
  envelope.timing.total += envelope.timing.download;
  show.end(envelope);
  say(envelope.broken ?? 'The stream ended');
}

function serverTiming(answer) {
  const timing = { total: 0 };
  for (const [, name, length] of (answer.headers.get('Server-Timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g)) timing[name] = Number(length);
  return timing;
}

// Samples follow the form: asked for 150 ms after the last change, answers that came too late are dropped.
let asked = 0;
let timer = 0;
function refreshSamples() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const mine = ++asked;
    try {
      const answer = await post(form.dataset.samples, undefined, 'application/json');
      if (!answer.ok || mine !== asked) return;
      const { samples } = await answer.json();
      if (mine === asked && Array.isArray(samples)) for (const tabs of $$('code-tabs')) tabs.update(samples);
    } catch { /* the samples stay as they were */ }
  }, 150);
}

function checkJson() {
  if (!editor || !jsonState) return;
  const type = form.elements.contentType?.value ?? '';
  jsonState.hidden = !/json/i.test(type) || !editor.value.trim();
  if (jsonState.hidden) return;
  let problem = '';
  try { JSON.parse(editor.value); } catch (error) { problem = error.message; }
  jsonState.textContent = problem ? 'Not valid JSON' : 'JSON valid';
  jsonState.className = problem ? 'badge b-warn' : 'badge b-line';
  jsonState.title = problem;
}

if (form && panel) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    call();
  });
  form.addEventListener('input', () => {
    checkJson();
    refreshSamples();
  });
  cancel?.addEventListener('click', () => running?.abort());
  const type = form.elements.contentType;
  if (type?.tagName === 'SELECT') {
    type.addEventListener('change', () => {
      const example = $$('template[data-example]', form).find(one => one.dataset.example === type.value);
      if (editor && example) editor.value = example.content.textContent;
    });
  }
  $('[data-format]', form)?.addEventListener('click', () => {
    try { editor.value = JSON.stringify(JSON.parse(editor.value), null, 2); } catch { say('Not valid JSON'); }
  });
  checkJson();
  // The button that leads here is in the way once one is here.
  const jump = $('.tryjump');
  if (jump) new IntersectionObserver(([entry]) => jump.classList.toggle('off', entry.isIntersecting)).observe(form);
}
