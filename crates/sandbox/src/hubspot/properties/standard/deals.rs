//! Deals.

use super::Rights::{Open, ReadOnly};
use super::Shape::{Area, Bool, Datetime, Number, Owner, Radio, Rollup, Select, Text};
use super::{Groups, Options};

pub(super) const GROUPS: Groups = &[
    (
        "dealinformation",
        "Deal information",
        &[
            ("dealname", "Deal Name", Text, Open),
            ("amount", "Amount", Number, Open),
            ("closedate", "Close Date", Datetime, Open),
            ("pipeline", "Pipeline", Select(PIPELINES), Open),
            ("dealstage", "Deal Stage", Radio(STAGES), Open),
            ("dealtype", "Deal Type", Radio(TYPES), Open),
            ("description", "Deal Description", Area, Open),
            ("closed_lost_reason", "Closed Lost Reason", Area, Open),
            ("closed_won_reason", "Closed Won Reason", Area, Open),
            ("hs_priority", "Priority", Select(PRIORITIES), Open),
            ("hs_next_step", "Next step", Text, Open),
            ("deal_currency_code", "Currency", Select(CURRENCIES), Open),
            ("hs_deal_stage_probability", "Deal probability", Number, Open),
            ("hs_forecast_amount", "Forecast amount", Number, ReadOnly),
            ("amount_in_home_currency", "Amount in company currency", Number, ReadOnly),
            ("hs_is_closed", "Is Deal Closed?", Bool, ReadOnly),
            ("hs_is_closed_won", "Is Closed Won", Bool, ReadOnly),
            ("days_to_close", "Days to close", Number, ReadOnly),
            ("num_associated_contacts", "Number of Associated Contacts", Rollup, ReadOnly),
            ("createdate", "Create Date", Datetime, ReadOnly),
            ("hs_lastmodifieddate", "Last Modified Date", Datetime, ReadOnly),
            ("hs_object_id", "Record ID", Number, ReadOnly),
            ("hs_merged_object_ids", "Merged record IDs", Text, ReadOnly),
            ("hs_object_source", "Record source", Text, ReadOnly),
            ("hs_object_source_id", "Record source ID", Text, ReadOnly),
            ("hs_object_source_label", "Record source", Text, ReadOnly),
            ("hs_created_by_user_id", "Created by user ID", Number, ReadOnly),
            ("hs_updated_by_user_id", "Updated by user ID", Number, ReadOnly),
        ],
    ),
    (
        "deal_activity",
        "Deal activity",
        &[
            ("hubspot_owner_id", "Deal owner", Owner, Open),
            ("hubspot_owner_assigneddate", "Owner Assigned Date", Datetime, ReadOnly),
            ("notes_last_contacted", "Last Contacted", Datetime, ReadOnly),
            ("notes_last_updated", "Last Activity Date", Datetime, ReadOnly),
        ],
    ),
];

const PIPELINES: Options = &[("default", "Sales Pipeline")];

const STAGES: Options = &[
    ("appointmentscheduled", "Appointment Scheduled"),
    ("qualifiedtobuy", "Qualified To Buy"),
    ("presentationscheduled", "Presentation Scheduled"),
    ("decisionmakerboughtin", "Decision Maker Bought-In"),
    ("contractsent", "Contract Sent"),
    ("closedwon", "Closed Won"),
    ("closedlost", "Closed Lost"),
];

const TYPES: Options = &[("newbusiness", "New Business"), ("existingbusiness", "Existing Business")];

const PRIORITIES: Options = &[("low", "Low"), ("medium", "Medium"), ("high", "High")];

const CURRENCIES: Options = &[("EUR", "Euro"), ("GBP", "British Pound"), ("USD", "US Dollar")];
