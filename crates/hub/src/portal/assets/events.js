// The timeline: rows that arrive while it is open, the drawer, and the keyboard.

const body = document.querySelector('[data-events] [data-rows]');
const table = document.querySelector('[data-events]');
const drawer = document.querySelector('[data-drawer]');
const MAX_ROWS = 500;
const wide = matchMedia('(min-width: 761px)');
const rows = () => [...body.querySelectorAll('tr.ev')];

// The server's own fragments, escaped there: the only HTML that is ever parsed here.
function fragment(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

// ── Live ─────────────────────────────────────────────────────────────────

const live = document.querySelector('button[data-live]');

function startLive() {
  const label = live.querySelector('[data-live-label]');
  const pill = document.querySelector('[data-pill]');
  const pillText = document.querySelector('[data-pill-text]');
  const lost = document.querySelector('[data-lost]');
  const late = document.querySelector('[data-late]');
  const stats = document.querySelector('[data-stats]');
  const address = new URL(live.dataset.stream, location.href);
  const SILENCE = 45_000; // the server sends `stats` far more often
  const HIDDEN = 60_000; // a tab nobody looks at gives its connection back

  let source = null;
  let paused = false;
  let failures = 0;
  let retryTimer = 0;
  let silenceTimer = 0;
  let hiddenTimer = 0;
  let heard = Date.now();
  let waiting = []; // rows that arrived and are not shown yet, the oldest first
  let skipped = 0; // events before those that are left out, because they were too many
  let lateCount = 0;
  let signedOut = false;
  let flushTimer = 0;

  function show(state) {
    live.dataset.state = state;
    const words = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting', paused: 'Paused', lost: 'Not live' };
    label.textContent = words[state];
    live.setAttribute('aria-pressed', String(!paused));
    live.title = paused ? 'Show new events as they arrive' : 'Hold new events back';
    lost.hidden = state !== 'lost';
  }

  function connect() {
    clearTimeout(retryTimer);
    source?.close();
    source = new EventSource(address);
    source.addEventListener('open', () => {
      failures = 0;
      alive();
    });
    source.addEventListener('row', (message) => {
      alive();
      if (message.lastEventId) address.searchParams.set('after', message.lastEventId);
      waiting.push(message.data);
      if (waiting.length > MAX_ROWS) skipped += waiting.splice(0, waiting.length - MAX_ROWS).length;
      flushTimer ||= setTimeout(flush, 120);
    });
    source.addEventListener('stats', (message) => {
      alive();
      stats.replaceChildren(fragment(message.data));
      const parked = stats.querySelector('[data-parked-now]')?.dataset.parkedNow;
      for (const count of document.querySelectorAll('[data-parked]')) {
        count.textContent = parked;
        count.hidden = parked === '0';
      }
    });
    source.addEventListener('gap', (message) => {
      alive();
      flush();
      skipped += waiting.length + (Number(message.data) || 0);
      waiting = [];
      flushTimer ||= setTimeout(flush, 120);
    });
    source.addEventListener('error', () => fail(source.readyState === EventSource.CLOSED));
  }

  function alive() {
    heard = Date.now();
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => fail(true), SILENCE);
    show(paused ? 'paused' : 'live');
  }

  // The browser retries a connection that broke by itself, but not one that was refused.
  function fail(refused) {
    failures += 1;
    if (failures < 4) show('reconnecting');
    else {
      const since = document.querySelector('[data-lost-since]');
      since.dateTime = new Date(heard).toISOString();
      delete since.dataset.day;
      lost.dispatchEvent(new CustomEvent('syncline:added', { bubbles: true }));
      show('lost');
    }
    if (!refused) return;
    source.close();
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, Math.min(30_000, 800 * 2 ** failures));
    if (failures === 2) askWhetherSignedOut();
  }

  // A session that ended looks like a refused stream. Asking for the page itself tells the two apart.
  async function askWhetherSignedOut() {
    const answer = await fetch(location.href, { method: 'HEAD', headers: { accept: 'text/html' } }).catch(() => null);
    if (!answer?.redirected) return;
    stop();
    failures = Infinity;
    signedOut = true;
    lost.querySelector('strong').textContent = 'Your session has ended.';
    lost.querySelector('button').textContent = 'Sign in';
    fail(false);
  }

  const scrolledDown = () => table.getBoundingClientRect().top < -8;
  const held = () => paused || (scrolledDown() && !table.hidden);

  function flush() {
    clearTimeout(flushTimer);
    flushTimer = 0;
    if (held()) {
      const count = waiting.length + skipped;
      pill.hidden = count === 0;
      pillText.textContent = count === 1 ? '1 new event' : `${count.toLocaleString('en')} new events`;
      return;
    }
    pill.hidden = true;
    if (waiting.length === 0) return;
    if (skipped > 0) body.prepend(gapRow(skipped));
    const arrived = waiting;
    skipped = 0;
    waiting = [];
    insert(arrived);
  }

  // Says honestly that events are missing between the rows above and below, and where they are.
  function gapRow(count) {
    const row = document.createElement('tr');
    row.className = 'gap';
    const cell = document.createElement('td');
    cell.colSpan = 7;
    const link = document.createElement('a');
    link.textContent = `${count.toLocaleString('en')} more events, too many to show one by one`;
    cell.append(link);
    row.append(cell);
    return row;
  }

  const olderThan = (row) => table.dataset.older + row.id;

  // Keeps the list short and its links true: whatever is left out can be reached by one of them.
  function trim(shown) {
    const surplus = shown.splice(MAX_ROWS);
    for (const row of surplus) row.remove();
    while (surplus.length > 0 && !body.lastElementChild.matches('.ev')) body.lastElementChild.remove();
    if (surplus.length > 0) {
      table.dataset.below = shown.at(-1).id;
      const older = document.querySelector('[data-older-link]');
      older.href = olderThan(shown.at(-1));
      older.hidden = false;
    }
    for (const gap of body.querySelectorAll('tr.gap')) {
      let above = gap.previousElementSibling;
      while (above && !above.matches('.ev')) above = above.previousElementSibling;
      if (above) gap.querySelector('a').href = olderThan(above);
      else gap.remove();
    }
  }

  // Puts each row where its time belongs: ids sort by time of occurrence. Almost always that is the top.
  function insert(arrived) {
    const focused = document.activeElement;
    const shown = rows();
    let inserted = 0;
    const known = new Set(shown.map((row) => row.id));
    const calm = arrived.length <= 20; // more at once would only flicker
    for (const row of fragment(arrived.join('')).querySelectorAll('tr.ev')) {
      if (known.has(row.id)) continue;
      known.add(row.id);
      const place = shown.findIndex((other) => other.id < row.id);
      if (place < 0 && row.id < (table.dataset.below ?? '')) {
        lateCount += 1;
        continue;
      }
      inserted += 1;
      if (calm) {
        row.classList.add('is-new');
        row.addEventListener('animationend', () => row.classList.remove('is-new'), { once: true });
      }
      row.querySelector('a').tabIndex = -1;
      if (place === 0) body.prepend(row);
      else if (place > 0) shown[place].before(row);
      else body.append(row);
      shown.splice(place < 0 ? shown.length : place, 0, row);
    }
    trim(shown);
    if (inserted > 0) {
      table.hidden = false;
      document.querySelector('[data-empty]')?.remove();
    }
    body.dispatchEvent(new CustomEvent('syncline:added', { bubbles: true }));
    if (!body.contains(document.activeElement) && drawer.hidden) rove(rows()[0], false);
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    late.hidden = lateCount === 0;
    late.textContent = lateCount === 1
      ? 'One late event belongs further back and is on an older page.'
      : `${lateCount.toLocaleString('en')} late events belong further back and are on older pages.`;
  }

  live.addEventListener('click', () => {
    paused = !paused;
    if (live.dataset.state === 'live' || live.dataset.state === 'paused') show(paused ? 'paused' : 'live');
    flush();
  });
  pill.addEventListener('click', () => {
    scrollTo({ top: 0 });
    paused = false;
    show('live');
    requestAnimationFrame(flush);
    live.focus({ preventScroll: true });
  });
  document.querySelector('[data-reconnect]').addEventListener('click', () => {
    if (signedOut) return location.reload();
    failures = 0;
    show('reconnecting');
    connect();
  });
  addEventListener('scroll', () => { if (waiting.length > 0 && !paused && !scrolledDown()) flush(); }, { passive: true });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer);
    if (!document.hidden) {
      if (!signedOut && source.readyState === EventSource.CLOSED) connect();
    } else {
      hiddenTimer = setTimeout(stop, HIDDEN);
    }
  });
  function stop() {
    source?.close();
    clearTimeout(silenceTimer);
    clearTimeout(retryTimer);
  }
  addEventListener('pagehide', stop);
  addEventListener('pageshow', (event) => { if (event.persisted) connect(); });
  connect();
}

// ── The drawer ───────────────────────────────────────────────────────────

let opened = null; // the row whose event is in the drawer
let loading = null;

function button(label, icon, act) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'icon-button';
  element.title = label;
  element.setAttribute('aria-label', label);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  const sheet = document.querySelector('svg.i use').getAttribute('href').split('#')[0];
  use.setAttribute('href', `${sheet}#${icon}`);
  svg.append(use);
  element.append(svg);
  element.addEventListener('click', act);
  return element;
}

function bar(href) {
  const element = document.createElement('div');
  element.className = 'drawer-bar';
  const title = document.createElement('p');
  title.textContent = 'Event';
  element.append(
    title,
    button('The event above', 'up', () => step(-1)),
    button('The event below', 'down-arrow', () => step(1)),
    button('Open as a page', 'open', () => location.assign(href)),
    button('Close', 'close', close),
  );
  return element;
}

async function open(row, focus = true) {
  const { href } = row.querySelector('a');
  if (!wide.matches) return location.assign(href);
  opened?.classList.remove('is-open');
  opened = row;
  row.classList.add('is-open');
  loading?.abort();
  const mine = loading = new AbortController();
  if (drawer.hidden) {
    drawer.hidden = false;
    drawer.replaceChildren(bar(href));
  }
  if (focus) drawer.focus({ preventScroll: true });
  try {
    const answer = await fetch(href, { signal: mine.signal, headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const detail = page.querySelector('[data-detail]');
    if (!answer.ok || !detail) return location.assign(href); // signed out, or an error worth a page
    drawer.replaceChildren(bar(href), document.adoptNode(detail));
    drawer.scrollTop = 0;
    detail.dispatchEvent(new CustomEvent('syncline:added', { bubbles: true }));
  } catch (error) {
    if (error.name === 'AbortError') return;
    const text = document.createElement('p');
    text.className = 'drawer-wait';
    text.textContent = 'The event could not be loaded: the hub does not answer.';
    drawer.replaceChildren(bar(href), text);
  }
}

function close() {
  if (drawer.hidden) return;
  loading?.abort();
  drawer.hidden = true;
  drawer.replaceChildren();
  opened?.classList.remove('is-open');
  if (opened?.isConnected) rove(opened);
  opened = null;
}

function step(by) {
  const all = rows();
  const next = all[all.indexOf(opened) + by];
  if (!next) return;
  rove(next, false);
  next.scrollIntoView({ block: 'nearest' });
  open(next, false);
}

// ── Pointer and keyboard ─────────────────────────────────────────────────

// One tab stop for the whole table; the arrows move it.
function rove(row, focus = true) {
  if (!row) return;
  for (const link of body.querySelectorAll('a[tabindex="0"]')) link.tabIndex = -1;
  const link = row.querySelector('a');
  link.tabIndex = 0;
  if (focus) link.focus();
}

if (body) {
  rows().forEach((row, place) => { row.querySelector('a').tabIndex = place === 0 ? 0 : -1; });

  body.addEventListener('click', (event) => {
    const row = event.target.closest('tr.ev');
    if (!row || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (String(getSelection()) && !event.target.closest('a')) return; // somebody is selecting text
    event.preventDefault();
    rove(row, false);
    if (row === opened) close();
    else open(row, event.detail === 0);
  });

  body.addEventListener('keydown', (event) => {
    const row = event.target.closest('tr.ev');
    if (!row || event.metaKey || event.ctrlKey || event.altKey) return;
    const all = rows();
    const at = all.indexOf(row);
    const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    rove(all[to]);
    if (!drawer.hidden) open(all[to], false);
  });
}

drawer?.addEventListener('keydown', (event) => {
  const by = { j: 1, k: -1 }[event.key];
  if (!by || event.metaKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  step(by);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !document.querySelector(':popover-open')) close();
});
document.addEventListener('pointerdown', (event) => {
  if (!drawer || drawer.hidden) return;
  if (!event.target.closest('[data-drawer], tr.ev, .toasts, .pill')) close();
});

if (live && body) startLive();
