// Try it: takes over the plain form. The browser sends the operation's id, its parameters and a body; it never
// sees a credential or an address. What the form is to become, the server says: see `swap`.
import { $, $$, el, say } from './core.js';
import './reference.js';

const form = $('#try');
const section = $('#response');
const send = form && $('[data-send]', form);
const cancel = form && $('[data-cancel]', form);
const editor = () => $('json-editor', form);
const LIMIT = 1024 * 1024;
let running = null;
// What the server last said of the form; `null` when the form has changed since.
let known = null;

// Shown responses and the history come when they are needed.
let parts = null;
const load = () => parts ??= Promise.all([import('./response.js'), import('./history.js')])
  .then(([{ ResponsePanel }, history]) => ({ panel: new ResponsePanel(section), history }))
  .catch(error => { parts = null; throw error; });

function request() {
  const call = {
    specId: form.dataset.spec,
    operationId: form.dataset.operation,
    environment: 'test',
    parameters: { path: {}, query: {}, header: {}, cookie: {} },
    body: null, contentType: null, fields: [], alternatives: [],
  };
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string') continue;
    const [, place, key] = name.match(/^(p\.(?:path|query|header|cookie)|b|alt)\.?([\s\S]*)$/) ?? [];
    if (place === 'b' && name[1] === '.') call.fields.push({ pointer: key, value });
    else if (place === 'alt' && name[3] === '.') call.alternatives.push({ pointer: key, index: Number(value) });
    else if (key && value !== '' && place?.startsWith('p.')) call.parameters[place.slice(2)][key] = value;
    else if (name === 'environment') call.environment = value;
    else if (name === 'contentType') call.contentType = value || null;
    else if (name === 'body') call.body = value;
  }
  call.body = call.fields.length ? call.body : bodyOf(call.body ?? '', call.contentType ?? '');
  if (call.body === null && !files().length) call.contentType = null;
  return call;
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

const files = () => [...new FormData(form)].filter(([name, file]) => name.startsWith('file:') && (file.name || file.size));

function post(url, body, signal, accept = 'application/json') {
  const json = typeof body === 'string';
  const headers = { Accept: accept, 'X-CSRF-Token': form.elements.csrf.value, ...(json && { 'Content-Type': 'application/json' }) };
  return fetch(url, { method: 'POST', credentials: 'same-origin', headers, body, signal });
}

// The server lays the body out again: as JSON or fields, with an item more or less, of another alternative. `given`
// replaces fields of the form. Files that were chosen stay.
function swap(edit, given = {}) {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && !(given.body !== undefined && /^(b|alt)\./.test(name))) data.append(name, value);
  }
  for (const [name, value] of Object.entries({ ...given, edit })) data.set(name, value);
  return new Promise(resolve => {
    const call = new XMLHttpRequest();
    call.open('POST', form.getAttribute('action'));
    call.responseType = 'document';
    call.onloadend = () => {
      const [old, box] = [$('#try-body-box'), call.response && $('#try-body-box', call.response)];
      if (!old || !box) return resolve(say('The console did not answer. What you typed is kept.'));
      for (const file of $$('input[type=file]', old)) $$('input[type=file]', box).find(one => one.name === file.name)?.replaceWith(file);
      old.replaceWith(box);
      focusAfter(edit, box);
      changed();
      resolve();
    };
    call.send(data);
  });
}

function focusAfter(edit, box) {
  const [verb, pointer = ''] = edit.split(/:(.*)/s);
  const buttons = $$('button[name=edit]', box);
  if (verb === 'view' || verb === 'reset') buttons.find(one => one.value === edit)?.focus();
  else if (verb === 'alt') $('select[data-alt]', box)?.focus();
  else if (verb === 'type') $('#contentType', box)?.focus();
  else {
    const list = verb === 'add' ? pointer : pointer.replace(/\/\d+$/, '');
    const add = buttons.find(one => one.value === `add:${list}`);
    const last = add?.previousElementSibling;
    ((verb === 'add' && last && $('input, select, textarea', last)) || add)?.focus();
  }
}

// Samples, errors and warnings follow the form: asked for 150 ms after the last change, late answers are dropped.
let asked = 0;
let timer = 0;
function changed() {
  asked++; // what is on its way is about the form as it was
  known = null;
  insisted = false;
  badge();
  clearTimeout(timer);
  timer = setTimeout(() => preview().catch(() => { /* the samples stay as they were */ }), 150);
}

async function preview() {
  if (known) return known;
  clearTimeout(timer);
  const mine = ++asked;
  const body = JSON.stringify(request());
  if (body.length > 400_000) return { warnings: [], errors: [] };
  const answer = await post(form.dataset.preview, body);
  const said = answer.ok ? await answer.json() : { warnings: [], errors: [] };
  if (mine !== asked) return said;
  known = said;
  if (said.samples?.length) for (const tabs of $$('code-tabs')) tabs.update(said.samples);
  mark(said);
  return said;
}

/** Shows at fields and lines what does not fit. */
function mark({ warnings = [], errors = [] }) {
  const found = [...errors.filter(e => e.pointer.startsWith('/body')), ...warnings];
  for (const row of $$('.brow[data-pointer]', form)) {
    const text = found.filter(f => f.pointer === `/body${row.dataset.pointer}`).map(f => f.detail).join(' ');
    const [field, note] = [$('.in', row), $('.err', row)];
    if (!field || !note) continue;
    note.textContent = text;
    note.hidden = !text;
    field.toggleAttribute('aria-invalid', Boolean(text));
    if (text) field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', note.id);
  }
  editor()?.mark(found.map(f => f.line).filter(Boolean));
  badge(found);
  const box = $('#try-findings', form);
  if (!box) return;
  $('b', box).textContent = warnings.length === 1 ? '1 thing does not fit the description' : `${warnings.length} things do not fit the description`;
  $('ul', box).replaceChildren(...warnings.map(f => el('li', {}, f.line && el('span', { class: 'num' }, `Line ${f.line}: `),
    f.pointer !== '/body' && el('code', {}, f.pointer.replace(/^\/body/, '')), ' ', f.detail)));
  if (!warnings.length) box.hidden = true;
}

function badge(found = []) {
  const state = $('[data-json-state]', form);
  const json = editor();
  if (!state) return;
  const type = form.elements.contentType?.value ?? '';
  state.hidden = !json || !/json/i.test(type) || !json.value.trim();
  if (state.hidden) return;
  let problem = '';
  try { JSON.parse(json.value); } catch (error) { problem = error.message; }
  const misfits = !problem && found.length;
  state.textContent = problem ? 'Not valid JSON' : misfits ? `Does not fit: ${found.length}` : 'JSON valid';
  state.className = problem || misfits ? 'badge b-warn' : 'badge b-line';
  state.title = problem;
}

// Live and not safe: ask once per session. The server keeps the answer for the pages to come.
let saidYes = false;
function confirmed() {
  const dialog = $('#live-confirm');
  if (form.elements.environment?.value !== 'live' || !dialog || 'live' in form.dataset) return Promise.resolve(true);
  return new Promise(resolve => {
    const finish = yes => {
      if (yes) {
        saidYes = true;
        form.dataset.live = '';
      }
      dialog.close();
      resolve(yes);
    };
    $('[data-yes]', dialog).onclick = () => finish(true);
    $('[data-no]', dialog).onclick = () => finish(false);
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}

let insisted = false;
async function call() {
  if (running || !send || !form.reportValidity()) return;
  const abort = running = new AbortController();
  send.setAttribute('aria-busy', 'true');
  let clock = 0;
  let panel = null;
  try {
    const loaded = await load();
    const history = loaded.history;
    panel = loaded.panel;
    if (await misfits() || tooLarge(panel) || !(await confirmed())) return;
    cancel.hidden = false;
    panel.waiting();
    const began = performance.now();
    clock = setInterval(() => panel.waiting(`${Math.round(performance.now() - began).toLocaleString('en')} ms`), 100);
    const sent = { ...request(), confirmLive: saidYes };
    const kept = { ...sent, body: known?.body ?? sent.body, files: files().length > 0 };
    let body = JSON.stringify(sent);
    if (kept.files) {
      const whole = new FormData();
      whole.set('call', body);
      for (const [name, file] of files()) whole.append(name, file);
      body = whole;
    }
    const answer = await post(form.dataset.try, body, abort.signal, 'application/json, text/event-stream, application/x-ndjson, application/problem+json');
    clearInterval(clock);
    await panel.show(answer, abort.signal, result => history.add(form, kept, result));
    if (answer.status === 401) history.keep(form, kept);
    for (const error of panel.errors ?? []) parameterError(error);
  } catch (error) {
    const gone = 'The console did not answer';
    if (abort.signal.aborted) panel.idle('Cancelled. The API may have received the call.');
    else if (panel) panel.problem({ title: gone, detail: 'Check your connection and send again. What you typed is kept.', whose: 'console' });
    else say(`${gone}. What you typed is kept.`);
    if (!abort.signal.aborted) console.warn(error);
  } finally {
    clearInterval(clock);
    running = null;
    send.removeAttribute('aria-busy');
    cancel.hidden = true;
  }
}

/** Whether the body does not fit, and nobody said to send it anyway. */
async function misfits() {
  const box = $('#try-findings');
  if (!box) return false;
  box.hidden = true;
  if (insisted) return false;
  const { warnings = [] } = await preview().catch(() => ({}));
  if (!warnings.length) return false;
  box.hidden = false;
  box.focus();
  say('Not sent yet: the body does not fit the description');
  return true;
}

function tooLarge(panel) {
  const size = files().reduce((all, [, file]) => all + file.size, 0);
  if (size <= LIMIT) return false;
  panel.problem({ title: 'The files are too large', whose: 'request', detail: `The playground sends bodies of up to 1 MiB, files included; these have ${(size / LIMIT).toFixed(1)} MiB.`,
    next: 'Choose smaller ones, or send the call from your own program.' });
  return true;
}

function parameterError({ pointer = '' }) {
  const [, place, name] = pointer.match(/^\/parameters\/(\w+)\/(.*)$/) ?? [];
  const field = place && form.elements[`p.${place}.${name.replaceAll('~1', '/').replaceAll('~0', '~')}`];
  field?.setAttribute?.('aria-invalid', 'true');
}

/** Fills the form with a call that was made or kept. */
async function fill(values) {
  for (const field of form.elements) {
    const [, place, key] = field.name.match(/^p\.(path|query|header|cookie)\.([\s\S]+)$/) ?? [];
    if (key) field.value = values.parameters[place]?.[key] ?? '';
    if (field.name === 'environment') field.checked = field.value === values.environment;
  }
  const body = typeof values.body === 'string' ? values.body : values.body && JSON.stringify(values.body, null, 2);
  if ($('#try-body-box')) {
    const view = form.elements.view?.value === 'form' && body ? 'form' : 'json';
    await swap(`view:${view}`, { body: body ?? '', view: 'json', ...(values.contentType && { contentType: values.contentType }) });
  }
  changed();
}

if (form && section) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    const by = event.submitter;
    if (by?.name === 'edit') return swap(by.value);
    if (by?.name === 'insist') insisted = true;
    call();
  });
  form.addEventListener('input', event => {
    event.target.removeAttribute('aria-invalid');
    if (event.target.name !== 'environment') changed();
  });
  form.addEventListener('change', ({ target }) => {
    if (target.name === 'contentType') swap('type');
    else if (target.matches('[data-alt]')) swap('alt');
    else if (target.name === 'environment') document.cookie = `environment=${target.value};path=${document.body.dataset.cookiePath || '/'};samesite=lax`;
  });
  form.addEventListener('click', event => {
    if (!event.target.closest('[data-format]')) return;
    try { editor().value = JSON.stringify(JSON.parse(editor().value), null, 2); } catch { say('Not valid JSON'); }
  });
  for (const event of ['focusin', 'pointerenter']) form.addEventListener(event, () => load().catch(() => {}), { once: true });
  cancel?.addEventListener('click', () => running?.abort());
  document.addEventListener('try-fill', ({ detail }) => fill(detail.values).then(() => detail.send && form.requestSubmit(send)));
  // Whoever signs in from here finds the form as it was.
  document.addEventListener('click', event => {
    if (event.target.closest('a[href*="/sign-in"]')) parts?.then(({ history }) => history.keep(form, { ...request(), body: known?.body ?? request().body }));
  });
  badge();
  const tag = form.elements.csrf.value.slice(0, 8);
  if (sessionStorage.getItem('try-kept') || sessionStorage.getItem('tries')?.includes(tag)) load().then(({ history }) => history.start(form)).catch(() => {});
  // The button that leads here is in the way once one is here.
  const jump = $('.tryjump');
  if (jump) new IntersectionObserver(([entry]) => jump.classList.toggle('off', entry.isIntersecting)).observe(form);
}
