// The palette and the sheet of shortcuts. Comes when it is first asked for. Names and texts are nodes, never HTML.
import { $, $$, el, icon } from './core.js';

const RECENT = `recent:${document.body.dataset.cookiePath || '/'}`;
const WAIT = 120;
const GROUPS = { guide: 'Docs', operation: 'Operations', schema: 'Schemas' };

const link = $('[data-palette]');
let dialog, input, list, note, status, options = [], at = -1, turn = 0, timer, call;

function read(key, otherwise) {
  try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
}
function write(key, value) {
  try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* a browser that keeps nothing */ }
}
const recent = () => {
  const kept = read(RECENT, []);
  return Array.isArray(kept) ? kept.filter(item => typeof item?.href === 'string' && item.href.startsWith('/') && typeof item.text === 'string') : [];
};

// Commands are the links that the page has anyway, so that nobody is offered what is not theirs.
function commands() {
  const seen = new Set();
  const all = [];
  const add = (text, href, symbol) => {
    if (!href || seen.has(href)) return;
    seen.add(href);
    all.push({ title: [{ text }], text, href, symbol, where: 'Action', group: 'Actions' });
  };
  for (const a of $$('.primary a')) add(`Open ${a.textContent.trim()}`, a.getAttribute('href'), 'chev');
  add('Create API Key', link.dataset.newKey, 'key');
  for (const a of $$('.menu-b a')) add(`Open ${a.textContent.trim()}`, a.getAttribute('href'), 'chev');
  const theme = $('theme-toggle form');
  if (theme) all.push({ text: 'Switch Colour Theme', symbol: 'sun', where: 'Action', group: 'Actions', run: () => theme.requestSubmit() });
  all.push({ text: 'Show Keyboard Shortcuts', symbol: 'list', where: 'Action', group: 'Actions', run: shortcuts });
  return all;
}
const matching = text => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return commands().filter(command => words.every(word => command.text.toLowerCase().includes(word)));
};

function build() {
  input = el('input', { type: 'search', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'pal-list', 'aria-autocomplete': 'list', 'aria-label': 'Search docs, operations and commands', placeholder: 'Search docs, operations…', autocomplete: 'off', spellcheck: 'false', maxlength: '200' });
  list = el('div', { class: 'pal-l', role: 'listbox', id: 'pal-list', 'aria-label': 'Results', tabindex: '-1' });
  note = el('p', { class: 'pal-n', hidden: '' });
  // What is outside of a modal dialog is not announced, so it has a live region of its own.
  status = el('div', { class: 'sr', role: 'status' });
  const key = (name, what) => el('span', {}, ...name.map(k => el('kbd', {}, k)), what);
  const foot = el('div', { class: 'pal-f', 'aria-hidden': 'true' }, key(['↑', '↓'], 'move'), key(['↵'], 'open'), key(['>'], 'commands only'));
  dialog = el('dialog', { class: 'pal', 'aria-label': 'Search' }, icon('search'), input, el('kbd', { 'aria-hidden': 'true' }, 'Esc'), list, note, foot, status);
  document.body.append(dialog);
  input.addEventListener('input', () => changed());
  input.addEventListener('keydown', pressed);
  dialog.addEventListener('click', event => {
    if (event.target === dialog) return dialog.close();
    const option = event.target.closest('[role=option]');
    if (option) choose(options[$$('[role=option]', list).indexOf(option)], event.ctrlKey || event.metaKey);
  });
  list.addEventListener('mousemove', event => {
    const option = event.target.closest('[role=option]');
    if (option) select($$('[role=option]', list).indexOf(option), false);
  });
  dialog.addEventListener('close', () => { turn++; clearTimeout(timer); call?.abort(); });
}

function changed() {
  const text = input.value.trim();
  const mine = ++turn;
  clearTimeout(timer);
  call?.abort();
  if (text.startsWith('>')) return show(matching(text.slice(1)), 'No such command.');
  if (!text) return show([...recent().map(item => ({ ...item, group: 'Recent' })), ...commands()]);
  timer = setTimeout(() => ask(text, input.value, mine), WAIT);
}

async function ask(text, typed, mine) {
  const page = `${link.getAttribute('href')}?q=${encodeURIComponent(text)}`;
  const all = { text: `Search for “${text}”`, href: page, symbol: 'search', where: 'All results', group: 'More' };
  call = new AbortController();
  try {
    const answer = await fetch(`${link.dataset.palette}?limit=12&q=${encodeURIComponent(typed)}`, { signal: call.signal });
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    if (mine !== turn) return;
    const hits = found.hits.map(hit => ({
      ...hit,
      text: hit.title.map(piece => piece.text).join(''),
      where: [hit.product ?? (hit.kind === 'guide' ? 'Guides' : ''), hit.kind === 'guide' ? hit.trail.at(-1) : ''].filter(Boolean).join(', '),
      symbol: hit.kind === 'schema' ? 'box' : 'doc',
      group: GROUPS[hit.kind] ?? 'Docs',
    }));
    const none = hits.length ? '' : `Nothing found for “${text}”.`;
    show([...hits, ...matching(text).slice(0, 3), all], '', none || (found.suggestion ? `Did you mean “${found.suggestion}”?` : ''));
  } catch (error) {
    if (error.name === 'AbortError' || mine !== turn) return;
    show([...matching(text), all], '', 'Search does not answer right now.');
  }
}

/** Shows items in groups, in the order of the first of each. */
function show(items, empty = '', say = '') {
  const groups = new Map();
  for (const item of items) {
    if (!groups.has(item.group)) groups.set(item.group, []);
    groups.get(item.group).push(item);
  }
  options = [...groups.values()].flat();
  let n = 0;
  list.replaceChildren(...[...groups].map(([name, members]) => el('div', { role: 'group', 'aria-label': name },
    el('div', { class: 'pal-g', 'aria-hidden': 'true' }, name),
    ...members.map(item => el('div', { role: 'option', id: `pal-${n++}`, 'aria-selected': 'false' },
      item.method ? el('span', { class: `m m-${badge(item.method)}` }, item.method === 'DELETE' ? 'DEL' : item.method) : icon(item.symbol ?? 'doc'),
      el('span', { class: 'trunc' }, ...(item.title ?? [{ text: item.text }]).map(piece => (piece.marked ? el('mark', {}, piece.text) : piece.text))),
      item.where ? el('span', { class: 'w trunc' }, item.where) : null)))));
  const text = options.length ? say : empty;
  list.hidden = !options.length;
  note.textContent = text;
  note.hidden = !text;
  input.setAttribute('aria-expanded', String(options.length > 0));
  const found = options.filter(item => item.kind && item.group !== 'Recent').length;
  status.textContent = [text, input.value.trim() && !input.value.trim().startsWith('>') ? `${found} ${found === 1 ? 'result' : 'results'}` : ''].filter(Boolean).join(' ');
  select(options.length ? 0 : -1);
}
const badge = method => ({ POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' })[method] ?? 'get';

function select(index, scroll = true) {
  const all = $$('[role=option]', list);
  all[at]?.setAttribute('aria-selected', 'false');
  at = index;
  if (!all[at]) return input.removeAttribute('aria-activedescendant');
  all[at].setAttribute('aria-selected', 'true');
  input.setAttribute('aria-activedescendant', all[at].id);
  if (scroll) all[at].scrollIntoView({ block: 'nearest' });
}

function pressed(event) {
  const last = options.length - 1;
  const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, PageDown: Math.min(last, at + 8), PageUp: Math.max(0, at - 8) }[event.key];
  if (to !== undefined && options.length) {
    event.preventDefault();
    select(to);
  } else if (event.key === 'Escape') {
    // A search field would only empty itself.
    event.preventDefault();
    dialog.close();
  } else if (event.key === 'Enter' && !event.isComposing) {
    event.preventDefault();
    const text = input.value.trim();
    // Quicker than the answer: the page answers what was typed.
    if (text && !text.startsWith('>') && timer && options.every(item => !item.kind && item.group !== 'More')) location.assign(`${link.getAttribute('href')}?q=${encodeURIComponent(text)}`);
    else choose(options[at], event.ctrlKey || event.metaKey);
  }
}

function choose(item, elsewhere) {
  if (!item) return;
  dialog.close();
  if (item.run) return item.run();
  if (item.kind) {
    const { href, text, kind, method, where } = item;
    write(RECENT, [{ href, text, kind, method, where }, ...recent().filter(other => other.href !== href)].slice(0, 6));
  }
  if (elsewhere) open(item.href, '_blank', 'noopener');
  else location.assign(item.href);
}

/** Opens the palette, or closes it. */
export function toggle() {
  if (!dialog) build();
  if (dialog.open) return dialog.close();
  if ($('dialog[open]')) return;
  input.value = '';
  changed();
  dialog.showModal();
  input.focus();
}

/** The sheet of shortcuts, where single letters can be turned off. */
export function shortcuts() {
  if ($('dialog[open]')) return;
  const on = el('input', { type: 'checkbox' });
  on.checked = read('shortcuts', true) !== false;
  on.addEventListener('change', () => write('shortcuts', on.checked));
  const row = (keys, what) => [el('dt', {}, ...keys.map(key => el('kbd', {}, key))), el('dd', {}, what)];
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const close = el('button', { class: 'btn', type: 'button' }, 'Close');
  const sheet = el('dialog', { class: 'keys', 'aria-labelledby': 'keys-h' },
    el('h2', { id: 'keys-h' }, 'Keyboard shortcuts'),
    el('dl', {}, ...row([mac ? '⌘' : 'Ctrl', 'K'], 'Search'), ...row([mac ? '⌘' : 'Ctrl', '↵'], 'Send the form'), ...row(['Esc'], 'Close what is on top'),
      ...row(['/'], 'Search'), ...row(['g', 'd'], 'Guides'), ...row(['g', 'r'], 'API reference'), ...row(['g', 'k'], 'API keys'), ...row(['?'], 'This list')),
    el('label', { class: 'check' }, on, 'Shortcuts of one letter'), el('div', { class: 'row jend' }, close));
  document.body.append(sheet);
  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', event => event.target === sheet && sheet.close());
  sheet.addEventListener('close', () => sheet.remove());
  sheet.showModal();
}
