// Clients for the simulated Notion, and what the areas share.

import { Client, LogLevel } from '@notionhq/client';
import { credentials, fresh } from '../lib/sandbox.js';

export const {
  base_url: baseUrl,
  app,
  workspaces: [workspace],
} = credentials.notion;

/** A client of the first workspace. Its warnings about requests that are meant to fail would only be noise. */
export function notion(options = {}) {
  return new Client({ baseUrl, auth: workspace.token, logLevel: LogLevel.ERROR, ...options });
}

export const text = (content) => [{ type: 'text', text: { content } }];

/**
 * A page for databases to hang under. It stands where the first database stands: an internal integration has no page of
 * its own and cannot make one at the top of the workspace.
 */
export async function topPage() {
  const { parent } = await notion().databases.retrieve({ database_id: workspace.databases[0].database_id });
  return notion().pages.create({ parent, properties: { title: { title: text(fresh('Referees ')) } } });
}

/** The columns that the tests use. */
export const columns = {
  Name: { title: {} },
  Notes: { rich_text: {} },
  Score: { number: { format: 'number' } },
  Stage: {
    select: {
      options: [
        { name: 'Lead', color: 'blue' },
        { name: 'Customer', color: 'green' },
      ],
    },
  },
  Tags: { multi_select: { options: [{ name: 'red' }, { name: 'round' }] } },
  When: { date: {} },
  Done: { checkbox: {} },
  Site: { url: {} },
  Mail: { email: {} },
  Phone: { phone_number: {} },
};

/** A database of its own with one data source: `{ database, source }`. */
export async function someDatabase(properties = columns) {
  const parent = await topPage();
  const database = await notion().databases.create({
    parent: { type: 'page_id', page_id: parent.id },
    title: text(fresh('People ')),
    initial_data_source: { properties },
  });
  return { database, source: database.data_sources[0].id, parent };
}

/** Puts a row into a data source. */
export async function row(source, name, properties = {}) {
  return notion().pages.create({
    parent: { type: 'data_source_id', data_source_id: source },
    properties: { Name: { title: text(name) }, ...properties },
  });
}

/** What a row is called. */
export const nameOf = (page) => page.properties.Name.title.map((part) => part.plain_text).join('');

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** An id that nothing has. */
export const unknownId = '00000000-0000-4000-8000-00000000dead';
