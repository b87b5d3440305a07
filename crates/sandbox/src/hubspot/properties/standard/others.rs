//! All other types, and the account's own.

use super::Rights::{Open, ReadOnly};
use super::Shape::{Area, Bool, Date, Datetime, Html, Number, Owner, Radio, Select, Text};
use super::{Groups, Options, Row};

/// What every type has.
macro_rules! common {
    () => {
        (
            "record_information",
            "Record information",
            &[
                ("hubspot_owner_id", "Owner", Owner, Open),
                ("createdate", "Create date", Datetime, ReadOnly),
                ("hs_createdate", "Object create date/time", Datetime, ReadOnly),
                ("hs_lastmodifieddate", "Last modified date", Datetime, ReadOnly),
                ("hs_object_id", "Record ID", Number, ReadOnly),
                ("hs_merged_object_ids", "Merged record IDs", Text, ReadOnly),
                ("hs_object_source", "Record source", Text, ReadOnly),
                ("hs_object_source_id", "Record source ID", Text, ReadOnly),
                ("hs_object_source_label", "Record source", Text, ReadOnly),
                ("hs_created_by_user_id", "Created by user ID", Number, ReadOnly),
                ("hs_updated_by_user_id", "Updated by user ID", Number, ReadOnly),
            ],
        )
    };
}

pub(super) const COMMON: Groups = &[common!()];

/// Each type by its name, with its groups.
pub(super) const TYPES: &[(&str, Groups)] = &[
    ("ticket", &[common!(), ("ticketinformation", "Ticket information", TICKET)]),
    ("product", &[common!(), ("productinformation", "Product information", PRODUCT)]),
    ("line_item", &[common!(), ("lineiteminformation", "Line item information", LINE_ITEM)]),
    ("task", &[common!(), ("task", "Task information", TASK)]),
    ("note", &[common!(), ("note", "Note information", NOTE)]),
    ("meeting", &[common!(), ("meeting", "Meeting information", MEETING)]),
    ("call", &[common!(), ("call", "Call information", CALL)]),
    ("email", &[common!(), ("email", "Email information", EMAIL)]),
    ("user", &[common!(), ("user_information", "User information", USER)]),
    ("lead", &[common!(), ("lead_information", "Lead information", LEAD)]),
];

const TICKET: &[Row] = &[
    ("subject", "Ticket name", Text, Open),
    ("content", "Ticket description", Area, Open),
    ("hs_pipeline", "Pipeline", Select(&[("0", "Support Pipeline")]), Open),
    ("hs_pipeline_stage", "Ticket status", Radio(TICKET_STAGES), Open),
    ("hs_ticket_priority", "Priority", Select(PRIORITIES), Open),
    ("hs_ticket_category", "Category", Select(CATEGORIES), Open),
    ("closed_date", "Close date", Datetime, Open),
];

const TICKET_STAGES: Options =
    &[("1", "New"), ("2", "Waiting on contact"), ("3", "Waiting on us"), ("4", "Closed")];

const PRIORITIES: Options = &[("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High"), ("URGENT", "Urgent")];

const CATEGORIES: Options = &[
    ("PRODUCT_ISSUE", "Product Issue"),
    ("BILLING_ISSUE", "Billing Issue"),
    ("FEATURE_REQUEST", "Feature Request"),
    ("GENERAL_INQUIRY", "General Inquiry"),
];

const PRODUCT: &[Row] = &[
    ("name", "Name", Text, Open),
    ("description", "Product description", Area, Open),
    ("price", "Unit price", Number, Open),
    ("hs_sku", "SKU", Text, Open),
];

const LINE_ITEM: &[Row] = &[
    ("name", "Name", Text, Open),
    ("description", "Description", Area, Open),
    ("price", "Unit price", Number, Open),
    ("quantity", "Quantity", Number, Open),
    ("amount", "Net price", Number, ReadOnly),
    ("hs_product_id", "Product ID", Number, Open),
    ("hs_sku", "SKU", Text, Open),
];

const TASK: &[Row] = &[
    ("hs_timestamp", "Due date", Datetime, Open),
    ("hs_task_subject", "Task Title", Text, Open),
    ("hs_task_body", "Task Notes", Html, Open),
    ("hs_task_status", "Task Status", Select(TASK_STATES), Open),
    (
        "hs_task_priority",
        "Priority",
        Select(&[("NONE", "None"), ("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High")]),
        Open,
    ),
];

const TASK_STATES: Options = &[
    ("NOT_STARTED", "Not Started"),
    ("IN_PROGRESS", "In Progress"),
    ("WAITING", "Waiting"),
    ("COMPLETED", "Completed"),
    ("DEFERRED", "Deferred"),
];

const NOTE: &[Row] =
    &[("hs_timestamp", "Activity date", Datetime, Open), ("hs_note_body", "Note body", Html, Open)];

const MEETING: &[Row] = &[
    ("hs_timestamp", "Activity date", Datetime, Open),
    ("hs_meeting_title", "Meeting name", Text, Open),
    ("hs_meeting_body", "Meeting description", Html, Open),
    ("hs_meeting_start_time", "Meeting start time", Datetime, Open),
    ("hs_meeting_end_time", "Meeting end time", Datetime, Open),
    ("hs_meeting_location", "Meeting location", Text, Open),
    ("hs_meeting_outcome", "Meeting outcome", Select(OUTCOMES), Open),
];

const OUTCOMES: Options = &[
    ("SCHEDULED", "Scheduled"),
    ("COMPLETED", "Completed"),
    ("RESCHEDULED", "Rescheduled"),
    ("NO_SHOW", "No Show"),
    ("CANCELED", "Canceled"),
];

const CALL: &[Row] = &[
    ("hs_timestamp", "Activity date", Datetime, Open),
    ("hs_call_title", "Call Title", Text, Open),
    ("hs_call_body", "Call notes", Html, Open),
    ("hs_call_duration", "Call duration", Number, Open),
    (
        "hs_call_direction",
        "Call direction",
        Select(&[("INBOUND", "Inbound"), ("OUTBOUND", "Outbound")]),
        Open,
    ),
];

const EMAIL: &[Row] = &[
    ("hs_timestamp", "Activity date", Datetime, Open),
    ("hs_email_subject", "Email subject", Text, Open),
    ("hs_email_text", "Email body", Area, Open),
    ("hs_email_html", "Email HTML", Html, Open),
];

const USER: &[Row] = &[
    ("hs_given_name", "First name", Text, Open),
    ("hs_family_name", "Last name", Text, Open),
    ("hs_email", "Email", Text, ReadOnly),
    ("hs_job_title", "Job title", Text, Open),
];

const LEAD: &[Row] = &[
    ("hs_lead_name", "Lead name", Text, Open),
    ("hs_lead_type", "Lead type", Select(&[("NEW_BUSINESS", "New business"), ("UPSELL", "Upsell")]), Open),
    ("hs_lead_label", "Lead label", Select(&[("WARM", "Warm"), ("HOT", "Hot"), ("COLD", "Cold")]), Open),
];

/// The type the product's users sync bookings with.
pub(super) const MOCK_EXAM: &[Row] = &[
    ("mock_exam_name", "Mock exam name", Text, Open),
    ("mock_exam_id", "Mock exam ID", Text, Open),
    ("total_bookings", "Total bookings", Number, Open),
    ("capacity", "Capacity", Number, Open),
    ("exam_date", "Exam date", Date, Open),
    ("start_time", "Start time", Datetime, Open),
    ("location", "Location", Text, Open),
    ("is_active", "Is active", Bool, Open),
];
