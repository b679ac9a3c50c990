// Guides: copying code, headings and sources, moving between pages by keys, where one is in the text.
import { $, $$, copyText, el, icon, say } from './core.js';

/** Swaps the icon of a button for a tick for a while. */
function done(button) {
  const before = $('svg', button);
  const tick = icon('check', 'i i-sm');
  before.replaceWith(tick);
  setTimeout(() => tick.replaceWith(before), 1600);
}

// Code is copied without the prompts that show where a line is typed.
const SHELLS = /language-(bash|sh|shell|zsh|console|shellsession)$/;
function plain(code) {
  const text = code.textContent.replace(/\n$/, '');
  const prompted = text.split('\n').filter(line => /^[$%] /.test(line));
  if (!prompted.length || (code.className && !SHELLS.test(code.className))) return text;
  return SHELLS.test(code.className) || prompted.length === text.split('\n').length
    ? prompted.map(line => line.slice(2)).join('\n')
    : text;
}
for (const figure of $$('.guide .snippet')) {
  const button = el('button', { type: 'button', class: 'btn btn-ghost btn-icon btn-sm snippet-c no-print', 'aria-label': 'Copy code' }, icon('copy', 'i i-sm'));
  button.addEventListener('click', async () => {
    const code = $('code', figure);
    if (!(await copyText(plain(code), code))) return;
    done(button);
    say('Copied to clipboard');
  });
  figure.append(button);
}

// A heading's # is its address: it is in the location bar and on the clipboard.
for (const anchor of $$('.guide .anchor')) {
  anchor.addEventListener('click', async () => {
    if (await copyText(anchor.href)) say('Link copied');
  });
}

const source = $('[data-copy-markdown]');
source?.addEventListener('click', async event => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const answer = await fetch(source.href);
    if (!answer.ok) throw answer;
    if (!(await copyText(await answer.text()))) throw answer;
    done(source);
    say('Markdown copied');
  } catch {
    location.href = source.href;
  }
});

// [ and ] lead to the previous and the next page, but not while somebody types.
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.('input, textarea, select, [contenteditable], dialog')) return;
  const link = { '[': 'prev', ']': 'next' }[event.key];
  if (link) $(`a[rel=${link}]`)?.click();
});

// The heading that is read is marked in the table of contents.
const entries = new Map($$('.toc a').map(link => [decodeURIComponent(link.hash.slice(1)), link]));
const headings = [...entries.keys()].map(id => document.getElementById(id)).filter(Boolean);
if (headings.length) {
  const mark = () => {
    const above = headings.filter(heading => heading.getBoundingClientRect().top < 120);
    const now = entries.get((above.at(-1) ?? headings[0]).id);
    for (const link of entries.values()) {
      if (link === now) link.setAttribute('aria-current', 'location');
      else link.removeAttribute('aria-current');
    }
  };
  let waiting = false;
  addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mark();
    });
  }, { passive: true });
  mark();
}

// A text that is being written survives a closed tab.
const form = $('form[data-keep]');
if (form) {
  const key = form.dataset.keep;
  const text = $('textarea', form);
  const kept = sessionStorage.getItem(key);
  if (kept !== null && kept !== text.value && !$('#changes')) {
    const before = text.value;
    text.value = kept;
    const drop = el('button', { type: 'button', class: 'linkb' }, 'Start again');
    const note = el('p', { class: 'hint' }, 'What you wrote before is back. ', drop);
    drop.addEventListener('click', () => {
      text.value = before;
      sessionStorage.removeItem(key);
      note.remove();
    });
    text.before(note);
  }
  text.addEventListener('input', () => {
    try { sessionStorage.setItem(key, text.value); } catch { /* full or forbidden: the form itself keeps the text */ }
  });
} else if (location.pathname.endsWith('/suggest')) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith('suggest:')) sessionStorage.removeItem(key);
}
