// Clients for the simulated HubSpot, and what the areas share.

import { Client } from '@hubspot/api-client';
import { credentials, consent, fresh } from '../lib/sandbox.js';

const { base_url: basePath, app, accounts } = credentials.hubspot;

export { app };
export const account = accounts[0];

/** A client with the account's private app token. Made anew each time: the library keeps retry settings in one global place. */
export function hubspot(options = {}) {
  return new Client({ basePath, accessToken: account.private_app_token, ...options });
}

/** A client for what belongs to the app itself: webhook settings and subscriptions. */
export function developer() {
  return new Client({ basePath, developerApiKey: app.developer_api_key });
}

export const redirectUri = 'http://127.0.0.1:9/oauth/callback';

/** What the app must ask for, and what it may ask for: each has a parameter of its own. */
export const scope = (app.required_scopes ?? app.scopes).join(' ');
export const optionalScope = app.optional_scopes?.join(' ');

/** The authorize URL that the library builds, led to the sandbox instead of app.hubspot.com. */
export function authorizeUrl(state, asked = scope) {
  const made = new URL(hubspot().oauth.getAuthorizationUrl(app.client_id, redirectUri, asked, optionalScope, state));
  // getAuthorizationUrl knows no other host; only scheme, host and prefix are replaced.
  return new URL(`${basePath}${made.pathname}${made.search}`);
}

/** Installs the app in an account, as a user would, and returns its tokens. */
export async function install() {
  const back = await consent(authorizeUrl(fresh('state')));
  return hubspot().oauth.tokensApi.create(
    'authorization_code',
    back.searchParams.get('code'),
    redirectUri,
    app.client_id,
    app.client_secret,
  );
}

/** A new contact with an address of its own. */
export function someContact(properties = {}) {
  return {
    properties: { email: `${fresh('person')}@example.com`, firstname: 'Ada', lastname: 'Lovelace', ...properties },
  };
}

export const newContact = (properties) => hubspot().crm.contacts.basicApi.create(someContact(properties));
export const newCompany = (properties) =>
  hubspot().crm.companies.basicApi.create({ properties: { name: fresh('Company '), ...properties } });

/** The first pipeline of deals and its first stage. */
export async function firstStage() {
  const { results } = await hubspot().crm.pipelines.pipelinesApi.getAll('deals');
  return { pipeline: results[0].id, dealstage: results[0].stages[0].id };
}

export async function newDeal(properties) {
  return hubspot().crm.deals.basicApi.create({
    properties: { dealname: fresh('Deal '), ...(await firstStage()), ...properties },
  });
}

/** The JSON list inside "Property values were not valid: […]". */
export function invalidValues(error) {
  const start = 'Property values were not valid: ';
  if (!error.body?.message?.startsWith(start)) throw new Error(`not such a message: ${JSON.stringify(error.body)}`);
  return JSON.parse(error.body.message.slice(start.length));
}
