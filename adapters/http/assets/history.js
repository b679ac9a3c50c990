// The last calls of this session, in this browser only. No files, and nothing that is named like a secret.
import { $, el, icon } from './core.js';

const KEY = 'tries';
const KEPT = 'try-kept';
const MOST = 20;
const SECRET = /pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|auth|cvv|card[-_]?number/i;
const tag = form => form.elements.csrf.value.slice(0, 8);

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}
function write(key, value) {
  try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { sessionStorage.removeItem(key); }
}
// Another session, another person perhaps: what was kept is gone.
const entries = form => (read(KEY)?.tag === tag(form) ? read(KEY).calls : []);

function clean(value) {
  if (Array.isArray(value)) return value.map(clean);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, SECRET.test(name) ? '' : clean(inner)]));
}
function cleanBody(body) {
  if (typeof body !== 'string') return clean(body);
  if (body.length > 20_000) return '';
  try {
    const value = JSON.parse(body);
    return SECRET.test(body) && value && typeof value === 'object' ? JSON.stringify(clean(value), null, 2) : body;
  } catch {
    return SECRET.test(body) ? '' : body;
  }
}
const values = ({ environment, parameters, contentType, body }) => ({ environment, contentType, parameters: clean(parameters), body: cleanBody(body) });

/** Keeps a call that was made. */
export function add(form, call, { status, ms }) {
  const title = $('h1')?.textContent ?? call.operationId;
  const entry = { at: Date.now(), page: location.pathname, title, method: $('.endpoint .m')?.textContent ?? '', status, ms, files: call.files, values: values(call) };
  write(KEY, { tag: tag(form), calls: [entry, ...entries(form)].slice(0, MOST) });
  draw(form);
}

/** Keeps the form while its reader signs in. */
export function keep(form, call) {
  write(KEPT, { page: location.pathname, values: values(call) });
}

const fill = (values, send) => document.dispatchEvent(new CustomEvent('try-fill', { detail: { values, send } }));

/** Fills the form with what was kept for this page, and shows the history. */
export function start(form) {
  const kept = read(KEPT);
  if (kept?.page === location.pathname) {
    sessionStorage.removeItem(KEPT);
    fill(kept.values, false);
  }
  draw(form);
}

function draw(form) {
  const calls = entries(form);
  let box = $('#try-history');
  if (!calls.length) return box?.remove();
  if (!box) {
    box = el('details', { id: 'try-history', class: 'card history' }, el('summary'), el('ol', { role: 'list' }));
    $('#response').after(box);
  }
  $('summary', box).replaceChildren('History', el('span', { class: 'muted' }, ` ${calls.length} of your last ${MOST} calls, in this browser only`));
  $('ol', box).replaceChildren(...calls.map(call => {
    const here = call.page === location.pathname;
    const kind = String(call.status)[0];
    const again = (label, send) => {
      const button = el('button', { type: 'button', class: 'btn btn-ghost btn-sm', 'aria-label': `${label} ${call.title}` }, label);
      button.onclick = () => {
        if (here) return fill(call.values, send);
        write(KEPT, { page: call.page, values: call.values });
        location.assign(call.page);
      };
      return button;
    };
    return el('li', {},
      el('span', { class: `badge ${{ 2: 'b-ok', 3: 'b-info', 4: 'b-warn', 5: 'b-err' }[kind] ?? 'b-line'}` }, String(call.status ?? '–')),
      el('span', { class: 'trunc' }, `${call.method} ${call.title}`),
      el('span', { class: 'fs12 muted num' }, `${call.values.environment === 'live' ? 'Live' : 'Sandbox'}, ${Math.round(call.ms ?? 0)} ms, `,
        el('time', { datetime: new Date(call.at).toISOString() }, new Date(call.at).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false }))),
      el('span', { class: 'row' }, again(here ? 'Fill in' : 'Open', false), here && !call.files && again('Send again', true)));
  }));
  const clear = el('button', { type: 'button', class: 'btn btn-ghost btn-sm' }, icon('x', 'i i-sm'), 'Clear history');
  clear.onclick = () => {
    sessionStorage.removeItem(KEY);
    box.remove();
  };
  $('ol', box).append(el('li', { class: 'end' }, clear));
}
