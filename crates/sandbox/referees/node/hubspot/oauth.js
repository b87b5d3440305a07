import { assert, call, refused, test } from '../lib/referee.js';
import { consent, fresh, sandbox } from '../lib/sandbox.js';
import { account, app, authorizeUrl, hubspot, install, redirectUri, scope } from './client.js';

const tokens = () => hubspot().oauth.tokensApi;
const exchange = (code, { secret = app.client_secret, redirect = redirectUri } = {}) =>
  tokens().create('authorization_code', code, redirect, app.client_id, secret);
const refresh = (token) =>
  tokens().create('refresh_token', undefined, undefined, app.client_id, app.client_secret, token);
const code = async () => (await consent(authorizeUrl(fresh('state')))).searchParams.get('code');

test('The authorize page sends the browser back with a code and the state', async () => {
  const state = fresh('state');
  await call(
    'oauth.getAuthorizationUrl, opened',
    () => consent(authorizeUrl(state)),
    (back) => {
      assert.equal(`${back.origin}${back.pathname}`, redirectUri);
      assert.equal(back.searchParams.get('state'), state);
      assert.ok(back.searchParams.get('code'));
    },
  );
});

test('A scope that the app does not have blocks the installation', async () => {
  await refused(
    'oauth.getAuthorizationUrl with an unknown scope, opened',
    () => consent(authorizeUrl(fresh('state'), `${scope} no.such.scope`)),
    // The person sees a page about it; the app hears nothing.
    (error) => assert.match(error.message, /^the authorize page answered 4\d\d/),
  );
});

test('A code becomes tokens that open the account', async () => {
  const given = await call(
    'oauth.tokensApi.create with a code',
    async () => exchange(await code()),
    (one) => {
      assert.equal(one.tokenType, 'bearer');
      assert.equal(one.expiresIn, 1800);
      assert.ok(one.accessToken.length > 20);
      assert.ok(one.refreshToken.length > 10);
    },
  );
  await call(
    'contacts.basicApi.getPage with the token',
    () => hubspot({ accessToken: given.accessToken }).crm.contacts.basicApi.getPage(1),
    (page) => assert.equal(page.results.length, 1),
  );
  await call(
    'oauth.accessTokensApi.get',
    () => hubspot().oauth.accessTokensApi.get(given.accessToken),
    (info) => {
      assert.equal(info.token, given.accessToken);
      assert.equal(info.hubId, account.portal_id);
      assert.equal(info.appId, app.app_id);
      assert.equal(info.tokenType, 'access');
      assert.equal(info.hubDomain, account.hub_domain);
      assert.ok(info.scopes.includes('crm.objects.contacts.read'));
      assert.ok(info.expiresIn > 0 && info.expiresIn <= 1800);
    },
  );
  await call(
    'oauth.refreshTokensApi.get',
    () => hubspot().oauth.refreshTokensApi.get(given.refreshToken),
    (info) => {
      assert.equal(info.token, given.refreshToken);
      assert.equal(info.clientId, app.client_id);
      assert.equal(info.hubId, account.portal_id);
    },
  );
});

test('A code works once', async () => {
  const one = await code();
  await exchange(one);
  await refused(
    'oauth.tokensApi.create with a used code',
    () => exchange(one),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_AUTH_CODE');
      assert.equal(error.body.message, 'missing or unknown auth code');
      assert.equal(error.body.error, 'invalid_grant');
    },
  );
});

test('The redirect address, the client and its secret must be the right ones', async () => {
  const other = await code();
  await refused(
    'oauth.tokensApi.create with another redirect address',
    () => exchange(other, { redirect: 'http://127.0.0.1:9/elsewhere' }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_REDIRECT_URI');
    },
  );
  const guessed = await code();
  await refused(
    'oauth.tokensApi.create with a wrong secret',
    () => exchange(guessed, { secret: 'wrong' }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_CLIENT_SECRET');
    },
  );
  await refused(
    'oauth.tokensApi.create of an unknown client',
    () => tokens().create('authorization_code', 'x', redirectUri, '00000000-0000-0000-0000-000000000000', 'x'),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_CLIENT_ID');
    },
  );
  await refused(
    'oauth.tokensApi.create of an unknown grant',
    () => tokens().create('magic', 'x', redirectUri, app.client_id, app.client_secret),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_GRANT_TYPE');
    },
  );
});

test('A refresh token gives a new access token', async () => {
  const first = await install();
  await call(
    'oauth.tokensApi.create with a refresh token',
    () => refresh(first.refreshToken),
    (given) => {
      assert.notEqual(given.accessToken, first.accessToken);
      assert.ok(given.refreshToken);
      assert.equal(given.expiresIn, 1800);
    },
  );
});

test('An access token dies after half an hour', async () => {
  const given = await install();
  await sandbox.advance(1_810_000);
  await refused(
    'contacts.basicApi.getPage with an old token',
    () => hubspot({ accessToken: given.accessToken }).crm.contacts.basicApi.getPage(1),
    (error) => {
      assert.equal(error.code, 401);
      assert.equal(error.body.category, 'EXPIRED_AUTHENTICATION');
    },
  );
  const next = await refresh(given.refreshToken);
  await call(
    'contacts.basicApi.getPage with the next token',
    () => hubspot({ accessToken: next.accessToken }).crm.contacts.basicApi.getPage(1),
    (page) => assert.equal(page.results.length, 1),
  );
});

test('Deleting the refresh token ends refreshing but not the access token', async () => {
  const given = await install();
  await call(
    'oauth.refreshTokensApi.archive',
    () => hubspot().oauth.refreshTokensApi.archiveWithHttpInfo(given.refreshToken),
    (answer) => assert.equal(answer.httpStatusCode, 204),
  );
  await refused(
    'oauth.tokensApi.create with a deleted token',
    () => refresh(given.refreshToken),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'BAD_REFRESH_TOKEN');
      assert.equal(error.body.error, 'invalid_grant');
    },
  );
  await call(
    'contacts.basicApi.getPage with the token that is left',
    () => hubspot({ accessToken: given.accessToken }).crm.contacts.basicApi.getPage(1),
    (page) => assert.equal(page.results.length, 1),
  );
});

test('Uninstalling the app from outside ends everything', async () => {
  const given = await install();
  await call(
    'apiRequest that uninstalls',
    () =>
      hubspot({ accessToken: given.accessToken }).apiRequest({
        method: 'DELETE',
        path: '/appinstalls/v3/external-install',
      }),
    (answer) => assert.equal(answer.status, 204),
  );
  await refused(
    'oauth.tokensApi.create after uninstalling',
    () => refresh(given.refreshToken),
    (error) => assert.equal(error.code, 400),
  );
});

test('A private app token tells what it is', async () => {
  await call(
    "apiRequest of the token's own page",
    () =>
      hubspot().apiRequest({
        method: 'POST',
        path: '/oauth/v2/private-apps/get/access-token-info',
        body: { tokenKey: account.private_app_token },
      }),
    async (answer) => {
      assert.equal(answer.status, 200);
      const info = await answer.json();
      assert.equal(info.hubId, account.portal_id);
      assert.ok(Array.isArray(info.scopes));
    },
  );
});
