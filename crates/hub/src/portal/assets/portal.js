// What every page of the portal shares: theme, copying, times, small forms. No page needs it to work.

const root = document.documentElement;
const store = {
  get(name) { try { return localStorage.getItem(`syncline.${name}`); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(`syncline.${name}`, value); } catch { /* not remembered, then */ } },
};

// ── Theme ────────────────────────────────────────────────────────────────

const themeSwitch = document.querySelector('[data-theme-switch]');
if (themeSwitch) {
  const chosen = root.dataset.theme ?? 'system';
  for (const input of themeSwitch.elements) input.checked = input.value === chosen;
  themeSwitch.addEventListener('change', ({ target }) => {
    store.set('theme', target.value);
    if (target.value === 'system') delete root.dataset.theme;
    else root.dataset.theme = target.value;
  });
}

// ── What was done is said once: not again when the page is loaded anew, or its address passed on ──

const here = new URL(location.href);
if (here.searchParams.has('did')) {
  here.searchParams.delete('did');
  history.replaceState(history.state, '', here);
}

// ── Toasts and copying ───────────────────────────────────────────────────

function toast(text) {
  const place = document.querySelector('[data-toasts]');
  if (!place) return;
  const element = document.createElement('div');
  element.className = 'toast';
  element.textContent = text;
  place.replaceChildren(element);
  setTimeout(() => element.remove(), 2200);
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain HTTP on a name that is not localhost has no clipboard; this still works there.
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'vh';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('refused');
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (!button) return;
  const scope = button.closest('[data-detail]') ?? document;
  const text = button.dataset.copy ?? scope.querySelector(`[data-copy-id="${button.dataset.copyFrom}"]`).textContent;
  try {
    await copy(text);
    toast('Copied');
    button.classList.add('is-done');
    setTimeout(() => button.classList.remove('is-done'), 1600);
  } catch {
    toast('The browser refused to copy');
  }
});

// ── Times ────────────────────────────────────────────────────────────────
// The server writes UTC. Here it becomes the reader's own time, unless UTC is chosen.

const pad = (number, digits = 2) => String(number).padStart(digits, '0');
const dayNames = (utc) => new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: utc ? 'UTC' : undefined });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
let utc = store.get('zone') === 'utc';

function parts(date) {
  return utc
    ? [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()]
    : [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds()];
}

function zoneName() {
  if (utc) return 'UTC';
  const minutes = -new Date().getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const sign = minutes < 0 ? '−' : '+';
  const rest = Math.abs(minutes) % 60;
  return `UTC${sign}${Math.trunc(Math.abs(minutes) / 60)}${rest ? `:${pad(rest)}` : ''}`;
}

function relative(date, now = Date.now()) {
  const seconds = (date - now) / 1000;
  const steps = [['second', 1, 60], ['minute', 60, 60], ['hour', 3600, 24], ['day', 86400, 30], ['month', 2629800, 12], ['year', 31557600, Infinity]];
  if (Math.abs(seconds) < 5) return 'just now';
  for (const [unit, size, limit] of steps) {
    if (Math.abs(seconds) < size * limit) return ago.format(Math.round(seconds / size), unit);
  }
  return '';
}

function writeTime(element) {
  const date = new Date(element.dateTime);
  if (Number.isNaN(date.getTime())) return;
  const [year, month, day, hour, minute, second, millis] = parts(date);
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(millis, 3)}`;
  if ('relative' in element.dataset) element.textContent = relative(date);
  else if ('full' in element.dataset) element.textContent = `${year}-${pad(month)}-${pad(day)} ${clock} ${zoneName()}`;
  else if ('second' in element.dataset) element.textContent = `${year}-${pad(month)}-${pad(day)} ${clock.slice(0, 8)} ${zoneName()}`;
  else element.textContent = clock;
  element.dataset.day = `${year}-${pad(month)}-${pad(day)}`;
}

function dayHeading(iso, key) {
  const date = new Date(iso);
  const row = document.createElement('tr');
  row.className = 'day';
  const cell = document.createElement('th');
  cell.colSpan = 7;
  cell.scope = 'rowgroup';
  const text = document.createElement('span');
  const [y, m, d] = parts(new Date());
  const [y2, m2, d2] = parts(new Date(Date.now() - 864e5));
  const near = { [`${y}-${pad(m)}-${pad(d)}`]: 'Today', [`${y2}-${pad(m2)}-${pad(d2)}`]: 'Yesterday' }[key];
  if (near) {
    const bold = document.createElement('b');
    bold.textContent = near;
    text.append(bold, ' · ');
  }
  text.append(Number.isNaN(date.getTime()) ? key : dayNames(utc).format(date));
  cell.append(text);
  row.append(cell);
  return row;
}

// Puts a heading above the first row of every day. Called again when rows arrive or the zone changes.
function regroup(body) {
  for (const row of body.querySelectorAll('tr.day')) row.remove();
  let last;
  for (const row of body.querySelectorAll('tr.ev')) {
    const time = row.querySelector('time');
    if (time.dataset.day === last) continue;
    last = time.dataset.day;
    row.before(dayHeading(time.dateTime, last));
  }
}

function refreshTimes() {
  document.querySelectorAll('time[datetime]').forEach(writeTime);
  document.querySelectorAll('[data-zone]').forEach((button) => { button.textContent = zoneName(); });
  document.querySelectorAll('[data-events] [data-rows]').forEach(regroup);
}

document.getElementById(document.querySelector('[data-here]')?.dataset.here)?.setAttribute('aria-current', 'true');

refreshTimes();
setInterval(() => document.querySelectorAll('time[data-relative]').forEach(writeTime), 20_000);
document.addEventListener('syncline:added', ({ target }) => {
  target.querySelectorAll('time[datetime]:not([data-day])').forEach(writeTime);
  const body = target.closest('[data-events] [data-rows]');
  if (body) regroup(body);
});
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-zone]')) return;
  utc = !utc;
  store.set('zone', utc ? 'utc' : 'local');
  refreshTimes();
  document.dispatchEvent(new CustomEvent('syncline:zone'));
});
document.addEventListener('pointerover', ({ target }) => {
  const time = target.closest?.('time[datetime]') ?? target.closest?.('.c-time')?.querySelector('time');
  const date = time && new Date(time.dateTime);
  if (date && !Number.isNaN(date.getTime())) time.title = `${time.dateTime}\n${relative(date)}`;
});

// ── Filters: instants, ranges, tidy addresses ────────────────────────────

function toLocalInput(iso) {
  const date = new Date(iso);
  if (!iso || Number.isNaN(date.getTime())) return '';
  const [year, month, day, hour, minute, second] = parts(date);
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

for (const field of document.querySelectorAll('input[data-instant]')) {
  // What cannot be read stays as it was typed, so that it can be corrected.
  if (field.value && (field.hasAttribute('aria-invalid') || !toLocalInput(field.value))) continue;
  const picker = document.createElement('input');
  picker.type = 'datetime-local';
  picker.step = 1;
  picker.id = field.id;
  picker.value = toLocalInput(field.value);
  field.type = 'hidden';
  field.id = '';
  field.after(picker);
  picker.addEventListener('change', () => {
    const date = new Date(utc ? `${picker.value}Z` : picker.value);
    field.value = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  });
  document.addEventListener('syncline:zone', () => { picker.value = toLocalInput(field.value); });
}

const filters = document.querySelector('[data-filters]');
if (filters) {
  const fields = () => [...filters.elements].filter((element) => element.name);
  filters.addEventListener('submit', () => {
    for (const element of fields()) element.disabled = element.value === '';
  });
  addEventListener('pageshow', () => { for (const element of fields()) element.disabled = false; });
  filters.addEventListener('change', ({ target }) => {
    if (target.matches('[data-autosubmit]')) filters.requestSubmit();
  });
  filters.addEventListener('click', ({ target }) => {
    const range = target.closest('[data-range]');
    if (!range) return;
    filters.elements.from.value = new Date(Date.now() - range.dataset.range * 60_000).toISOString();
    filters.elements.to.value = '';
    filters.requestSubmit();
  });
}

// ── Passwords ────────────────────────────────────────────────────────────

for (const again of document.querySelectorAll('[data-same-as]')) {
  const first = document.getElementById(again.dataset.sameAs);
  const check = () => again.setCustomValidity(again.value === first.value ? '' : 'The two passwords differ.');
  again.addEventListener('input', check);
  first.addEventListener('input', check);
}

for (const field of document.querySelectorAll('[data-rest]')) {
  const button = field.form.querySelector('[type="submit"]');
  field.disabled = button.disabled = true;
  setTimeout(() => {
    field.disabled = button.disabled = false;
    field.focus();
  }, field.dataset.rest * 1000);
}
