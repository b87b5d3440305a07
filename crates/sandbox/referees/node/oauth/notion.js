import * as oauth from 'oauth4webapi';
import { assert, call, refused, test } from '../lib/referee.js';
import { credentials } from '../lib/sandbox.js';
import { authorize, exchange, plainBasic, refresh, server } from './client.js';

const { base_url: issuer, app } = credentials.notion;
const as = server(issuer, { authorization_endpoint: '/v1/oauth/authorize', token_endpoint: '/v1/oauth/token' });
const client = { client_id: app.client_id };
const secret = plainBasic(app.client_secret);

// Notion takes JSON where OAuth 2.0 says form fields, and a refresh token that is null where it should be absent.
const json = {
  async [oauth.customFetch](url, request) {
    const headers = new Headers(request.headers);
    headers.set('content-type', 'application/json');
    const answer = await fetch(url, {
      ...request,
      headers,
      body: JSON.stringify(Object.fromEntries(new URLSearchParams(request.body))),
    });
    if (!answer.ok) return answer;
    const given = await answer.json();
    if (given.refresh_token === null) delete given.refresh_token;
    return new Response(JSON.stringify(given), {
      status: answer.status,
      headers: { 'content-type': 'application/json' },
    });
  },
};

test('Notion: a code becomes tokens', async () => {
  await call(
    'Notion, authorizationCodeGrant',
    async () => exchange(as, client, secret, await authorize(as, client, { owner: 'user' }), json),
    (tokens) => {
      assert.equal(tokens.token_type, 'bearer');
      assert.ok(tokens.access_token);
      assert.equal(tokens.expires_in, undefined);
      assert.ok(tokens.workspace_id && tokens.bot_id);
    },
  );
});

test('Notion: a refresh gives new tokens', async () => {
  const first = await exchange(as, client, secret, await authorize(as, client, { owner: 'user' }), json);
  await call(
    'Notion, refreshTokenGrant',
    () => refresh(as, client, secret, first.refresh_token, json),
    (tokens) => {
      assert.notEqual(tokens.access_token, first.access_token);
      assert.equal(tokens.workspace_id, first.workspace_id);
    },
  );
});

test('Notion: a code works once', async () => {
  const given = await authorize(as, client, { owner: 'user' });
  await exchange(as, client, secret, given, json);
  await refused(
    'Notion, authorizationCodeGrant with a used code',
    () => exchange(as, client, secret, given, json),
    // Of the two shapes on record, the library understands only the one with `error`.
    (error) => assert.ok(error.status === 400 || error.cause?.status === 400),
  );
});
