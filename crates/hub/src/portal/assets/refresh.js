// Keeps what moves on a page moving: asks for the page again and puts its parts in place. Without it, loading the page again does.

const EVERY = 2_000;
let timer;
// Whether the last turn left a part as it was because somebody used it.
let kept = false;

const moves = (root) => root.querySelector('[data-moves]') !== null;
// What somebody is using stays as it is until the next turn.
const inUse = (part) => part.contains(document.activeElement) || part.querySelector(':popover-open, details[open]') !== null;

async function turn() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    kept = false;
    for (const part of document.querySelectorAll('[data-refresh]')) {
      const now = page.querySelector(`[data-refresh="${part.dataset.refresh}"]`);
      if (!now || part.isEqualNode(now)) continue;
      if (inUse(part)) {
        kept = true;
        continue;
      }
      const fresh = document.importNode(now, true);
      part.replaceWith(fresh);
      fresh.dispatchEvent(new CustomEvent('syncline:added', { bubbles: true }));
    }
    schedule();
  } catch {
    // The hub restarts, or the session ended: a little more patience, and the reader may load the page.
    schedule(4);
  }
}

function schedule(times = 1) {
  clearTimeout(timer);
  // A page may ask for less: `data-moves="5"` is every fifth time.
  const slower = Number(document.querySelector('[data-moves]')?.dataset.moves) || 1;
  if (kept || moves(document)) timer = setTimeout(turn, EVERY * times * slower);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) schedule(); });
schedule();
