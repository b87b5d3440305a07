import { run } from './lib/referee.js';
import './notion/users.js';
import './notion/search.js';
import './notion/databases.js';
import './notion/data_sources.js';
import './notion/pages.js';
import './notion/property_values.js';
import './notion/property_items.js';
import './notion/queries.js';
import './notion/pagination.js';
import './notion/errors.js';
import './notion/version_2022.js';
import './notion/version_2026.js';
import './notion/oauth.js';
import './notion/webhooks.js';
import './notion/limits.js';

await run('@notionhq/client 5.26.0 (npm)');
