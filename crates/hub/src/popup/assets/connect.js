// Syncline: connect an account from your own page.
//
//   <script src="https://hub.example.com/connect.js"></script>
//   button.onclick = () => Syncline.connect({ token, provider: 'hubspot' })
//     .then(({ connection_id, provider, account_name, status }) => …)
//     .catch(({ outcome, message }) => …);
//
// `token` comes from your server (POST /v1/connect-tokens). Call it in the handler of a click and before any `await`, or the browser
// blocks the popup: fetch the token beforehand. Without `provider` the popup lets people choose. `onSuccess` and `onExit` may be given
// instead of using the promise. `outcome` is `blocked` (the browser allowed no popup), `closed` (the person closed it), or one of those
// that docs/connecting.md lists. Your page's origin must be in connect.allowed_origins.
(() => {
  'use strict';
  const hub = new URL(document.currentScript.src).origin;
  const base = new URL('.', document.currentScript.src).href;
  const LOOK = 250; // milliseconds between looks whether the popup was closed
  const GRACE = 1000; // how long a message may be under way from a popup that has closed
  let count = 0;

  function features() {
    const [width, height] = [Math.min(520, screen.availWidth), Math.min(720, screen.availHeight)];
    const left = Math.max(0, Math.round(screenX + (outerWidth - width) / 2));
    const top = Math.max(0, Math.round(screenY + (outerHeight - height) / 2));
    return `popup,width=${width},height=${height},left=${left},top=${top}`;
  }

  function wait(popup) {
    return new Promise((resolve, reject) => {
      let closedFor = 0;
      const done = (settle, value) => {
        clearInterval(timer);
        removeEventListener('message', listen);
        settle(value);
      };
      const listen = ({ origin, source, data }) => {
        if (origin !== hub || source !== popup || data?.type !== 'syncline:connect') return;
        const { connection_id, provider, account_name, status, outcome, message } = data;
        if (connection_id) done(resolve, { connection_id, provider, account_name, status });
        else done(reject, { outcome, message, provider });
      };
      const timer = setInterval(() => {
        if (!popup.closed) return;
        closedFor += LOOK;
        if (closedFor > GRACE) done(reject, { outcome: 'closed', message: 'The window was closed before the account was connected.' });
      }, LOOK);
      addEventListener('message', listen);
    });
  }

  function connect({ token, provider = '', onSuccess, onExit } = {}) {
    if (!token) throw new TypeError('Syncline.connect needs a token: POST /v1/connect-tokens makes one');
    const query = new URLSearchParams({ token, provider, origin: location.origin });
    const popup = open(`${base}connect?${query}`, `syncline-connect-${++count}`, features());
    const result = popup
      ? wait(popup)
      : Promise.reject({ outcome: 'blocked', message: 'The browser blocked the window. Allow popups for this page and try again.' });
    if (onSuccess || onExit) result.then(onSuccess, onExit ?? (() => {}));
    return result;
  }

  window.Syncline = Object.freeze({ ...window.Syncline, connect });
})();
