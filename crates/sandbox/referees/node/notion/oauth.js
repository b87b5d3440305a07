import { assert, call, refused, test } from '../lib/referee.js';
import { consent, fresh } from '../lib/sandbox.js';
import { app, baseUrl, notion, uuid } from './client.js';

const redirect_uri = 'http://127.0.0.1:9/notion/callback';
const credentials = { client_id: app.client_id, client_secret: app.client_secret };
const oauth = () => notion().oauth;

async function code(state = fresh('state')) {
  const url = new URL(`${baseUrl}/v1/oauth/authorize`);
  url.search = new URLSearchParams({
    client_id: app.client_id,
    response_type: 'code',
    owner: 'user',
    redirect_uri,
    state,
  });
  const back = await consent(url);
  if (back.searchParams.get('state') !== state) throw new Error('the state did not come back');
  return back.searchParams.get('code');
}

const exchange = async (given) =>
  oauth().token({ ...credentials, grant_type: 'authorization_code', code: given ?? (await code()), redirect_uri });
const refresh = (refresh_token) => oauth().token({ ...credentials, grant_type: 'refresh_token', refresh_token });

test('A code becomes a token that opens the workspace', async () => {
  const given = await call(
    'oauth.token with a code',
    () => exchange(),
    (token) => {
      assert.equal(token.token_type, 'bearer');
      assert.ok(token.access_token);
      assert.match(token.bot_id, uuid);
      assert.match(token.workspace_id, uuid);
      assert.equal(token.owner.type, 'user');
      for (const key of ['refresh_token', 'workspace_name', 'workspace_icon', 'duplicated_template_id'])
        assert.ok(key in token, key);
      assert.ok(!('expires_in' in token));
    },
  );
  await call(
    'users.me with the token',
    () => notion({ auth: given.access_token }).users.me({}),
    (me) => {
      assert.equal(me.type, 'bot');
      assert.equal(me.bot.workspace_id, given.workspace_id);
    },
  );
});

test('A code works once', async () => {
  const one = await code();
  await exchange(one);
  // Two shapes are on record for this error; the library keeps both as a raw body.
  await refused(
    'oauth.token with a used code',
    () => exchange(one),
    (error) => {
      assert.equal(error.status, 400);
      assert.match(error.body, /invalid_grant/);
    },
  );
});

test('A refresh gives both tokens anew', async () => {
  const first = await exchange();
  const second = await call(
    'oauth.token with a refresh token',
    () => refresh(first.refresh_token),
    (token) => {
      assert.notEqual(token.access_token, first.access_token);
      assert.ok(token.refresh_token);
      assert.equal(token.workspace_id, first.workspace_id);
      assert.equal(token.bot_id, first.bot_id);
    },
  );
  await call(
    'users.me with the new token',
    () => notion({ auth: second.access_token }).users.me({}),
    (me) => assert.equal(me.type, 'bot'),
  );
});

test('A refresh token that Notion does not know is refused', async () => {
  await refused(
    'oauth.token with an unknown refresh token',
    () => refresh('nrt_unknown'),
    (error) => {
      assert.equal(error.status, 400);
      assert.match(error.body, /invalid_grant/);
    },
  );
});

test('The client must know its secret', async () => {
  const one = await code();
  await refused(
    'oauth.token with a wrong secret',
    () =>
      oauth().token({
        client_id: app.client_id,
        client_secret: 'wrong',
        grant_type: 'authorization_code',
        code: one,
        redirect_uri,
      }),
    (error) => {
      assert.equal(error.status, 401);
      assert.match(error.body, /invalid_client/);
    },
  );
});

test('A token tells whether it is alive, and dies when revoked', async () => {
  const { access_token: token } = await exchange();
  await call(
    'oauth.introspect',
    () => oauth().introspect({ ...credentials, token }),
    (given) => assert.equal(given.active, true),
  );
  await call(
    'oauth.introspect of an unknown token',
    () => oauth().introspect({ ...credentials, token: 'ntn_unknown' }),
    (given) => assert.equal(given.active, false),
  );
  await call(
    'oauth.revoke',
    () => oauth().revoke({ ...credentials, token }),
    (given) => assert.equal(typeof given, 'object'),
  );
  await call(
    'oauth.introspect of a revoked token',
    () => oauth().introspect({ ...credentials, token }),
    (given) => assert.equal(given.active, false),
  );
  await refused(
    'users.me with a revoked token',
    () => notion({ auth: token }).users.me({}),
    (error) => {
      assert.equal(error.status, 401);
      assert.equal(error.code, 'unauthorized');
    },
  );
});
