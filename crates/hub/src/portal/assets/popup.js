// The end of a popup: tells the page that opened it what came of it, and closes when there is nothing left to read.
(() => {
  const result = document.querySelector('[data-result]');
  if (!result) return;
  const { origin, result: text, closes } = result.dataset;
  const opened = window.opener && window.opener !== window;
  let told = false;
  if (opened && origin) {
    try {
      window.opener.postMessage(JSON.parse(text), origin);
      told = true;
    } catch { /* the page that opened this is gone */ }
  }
  document.querySelector('[data-close]')?.addEventListener('click', () => window.close());
  if (!opened) document.querySelector('[data-close]')?.remove();
  if (closes !== undefined && (told || opened)) window.close();
})();
