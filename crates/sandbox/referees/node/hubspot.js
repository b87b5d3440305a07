import { run } from './lib/referee.js';
import './hubspot/contacts.js';
import './hubspot/contact_errors.js';
import './hubspot/companies.js';
import './hubspot/deals.js';
import './hubspot/objects.js';
import './hubspot/search.js';
import './hubspot/batch.js';
import './hubspot/merge.js';
import './hubspot/properties.js';
import './hubspot/groups.js';
import './hubspot/associations.js';
import './hubspot/owners_pipelines.js';
import './hubspot/oauth.js';
import './hubspot/webhook_settings.js';
import './hubspot/webhook_deliveries.js';
import './hubspot/limits.js';

await run('@hubspot/api-client 14.0.1 (npm)');
