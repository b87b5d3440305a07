//! Contacts.

use super::Rights::{Open, ReadOnly};
use super::Shape::{
    Area, Bool, Checks, Date, Datetime, Email, Emails, Number, Owner, Phone, Radio, Rollup, Select, Text,
};
use super::{Groups, Options};

pub(super) const LIFECYCLE: Options = &[
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
];

pub(super) const LEAD_STATUS: Options = &[
    ("NEW", "New"),
    ("OPEN", "Open"),
    ("IN_PROGRESS", "In Progress"),
    ("OPEN_DEAL", "Open Deal"),
    ("UNQUALIFIED", "Unqualified"),
    ("ATTEMPTED_TO_CONTACT", "Attempted to Contact"),
    ("CONNECTED", "Connected"),
    ("BAD_TIMING", "Bad Timing"),
];

const SOURCES: Options = &[
    ("ORGANIC_SEARCH", "Organic Search"),
    ("PAID_SEARCH", "Paid Search"),
    ("EMAIL_MARKETING", "Email Marketing"),
    ("SOCIAL_MEDIA", "Organic Social"),
    ("REFERRALS", "Referrals"),
    ("OTHER_CAMPAIGNS", "Other Campaigns"),
    ("DIRECT_TRAFFIC", "Direct Traffic"),
    ("OFFLINE", "Offline Sources"),
    ("PAID_SOCIAL", "Paid Social"),
];

const BUYING_ROLES: Options = &[
    ("BLOCKER", "Blocker"),
    ("BUDGET_HOLDER", "Budget Holder"),
    ("CHAMPION", "Champion"),
    ("DECISION_MAKER", "Decision Maker"),
    ("END_USER", "End User"),
    ("INFLUENCER", "Influencer"),
    ("OTHER", "Other"),
];

const LEGAL_BASES: Options = &[
    ("Legitimate interest – prospect/lead", "Legitimate interest – prospect/lead"),
    ("Legitimate interest – existing customer", "Legitimate interest – existing customer"),
    ("Performance of a contract", "Performance of a contract"),
    ("Freely given consent from contact", "Freely given consent from contact"),
    ("Not applicable", "Not applicable"),
];

const LANGUAGES: Options = &[
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("en", "English"),
    ("en-gb", "English - United Kingdom"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("sv", "Swedish"),
];

pub(super) const GROUPS: Groups = &[
    (
        "contactinformation",
        "Contact information",
        &[
            ("firstname", "First Name", Text, Open),
            ("lastname", "Last Name", Text, Open),
            ("email", "Email", Email, Open),
            ("work_email", "Work email", Text, Open),
            ("hs_additional_emails", "Additional email addresses", Emails, Open),
            ("hs_email_domain", "Email Domain", Text, ReadOnly),
            ("phone", "Phone Number", Phone, Open),
            ("mobilephone", "Mobile Phone Number", Phone, Open),
            ("fax", "Fax Number", Text, Open),
            ("hs_searchable_calculated_phone_number", "Calculated Phone Number", Text, ReadOnly),
            ("hs_searchable_calculated_mobile_number", "Calculated Mobile Number", Text, ReadOnly),
            ("company", "Company Name", Text, Open),
            ("jobtitle", "Job Title", Text, Open),
            ("job_function", "Job function", Text, Open),
            ("seniority", "Seniority", Text, Open),
            ("salutation", "Salutation", Text, Open),
            ("degree", "Degree", Text, Open),
            ("field_of_study", "Field of study", Text, Open),
            ("school", "School", Text, Open),
            ("gender", "Gender", Text, Open),
            ("military_status", "Military status", Text, Open),
            ("relationship_status", "Relationship Status", Text, Open),
            ("date_of_birth", "Date of birth", Text, Open),
            ("start_date", "Start date", Text, Open),
            ("website", "Website URL", Text, Open),
            ("twitterhandle", "Twitter Username", Text, Open),
            ("hs_linkedin_url", "LinkedIn URL", Text, Open),
            ("address", "Street Address", Text, Open),
            ("city", "City", Text, Open),
            ("state", "State/Region", Text, Open),
            ("zip", "Postal Code", Text, Open),
            ("country", "Country/Region", Text, Open),
            ("industry", "Industry", Text, Open),
            ("numemployees", "Number of Employees", Select(EMPLOYEES), Open),
            ("annualrevenue", "Annual Revenue", Text, Open),
            ("lifecyclestage", "Lifecycle Stage", Radio(LIFECYCLE), Open),
            ("hs_language", "Preferred language", Select(LANGUAGES), Open),
            ("hs_legal_basis", "Legal basis for processing contact's data", Checks(LEGAL_BASES), Open),
            ("hs_timezone", "Time Zone", Text, Open),
            ("message", "Message", Area, Open),
            ("closedate", "Close Date", Datetime, Open),
            ("createdate", "Create Date", Datetime, ReadOnly),
            ("lastmodifieddate", "Last Modified Date", Datetime, ReadOnly),
            ("hs_object_id", "Record ID", Number, ReadOnly),
            ("hs_merged_object_ids", "Merged record IDs", Text, ReadOnly),
            ("hs_calculated_merged_vids", "Merged vids with timestamps of a contact", Text, ReadOnly),
            ("hs_object_source", "Record source", Text, ReadOnly),
            ("hs_object_source_id", "Record source ID", Text, ReadOnly),
            ("hs_object_source_label", "Record source", Text, ReadOnly),
            ("hs_created_by_user_id", "Created by user ID", Number, ReadOnly),
            ("hs_updated_by_user_id", "Updated by user ID", Number, ReadOnly),
        ],
    ),
    (
        "sales_properties",
        "Sales Properties",
        &[
            ("hubspot_owner_id", "Contact owner", Owner, Open),
            ("hubspot_owner_assigneddate", "Owner Assigned Date", Datetime, ReadOnly),
            ("hs_lead_status", "Lead Status", Radio(LEAD_STATUS), Open),
            ("hs_buying_role", "Buying Role", Checks(BUYING_ROLES), Open),
            ("hs_next_step_date", "Next step date", Date, Open),
            ("hs_is_unworked", "Contact unworked", Bool, ReadOnly),
            ("notes_last_contacted", "Last Contacted", Datetime, ReadOnly),
            ("notes_last_updated", "Last Activity Date", Datetime, ReadOnly),
            ("notes_next_activity_date", "Next Activity Date", Datetime, ReadOnly),
            ("num_contacted_notes", "Number of times contacted", Number, ReadOnly),
            ("num_notes", "Number of Sales Activities", Number, ReadOnly),
        ],
    ),
    (
        "deal_information",
        "Deal information",
        &[
            ("num_associated_deals", "Number of Associated Deals", Rollup, ReadOnly),
            ("recent_deal_amount", "Recent Deal Amount", Number, ReadOnly),
            ("recent_deal_close_date", "Recent Deal Close Date", Datetime, ReadOnly),
            ("total_revenue", "Total Revenue", Rollup, ReadOnly),
            ("associatedcompanyid", "Primary Associated Company ID", Number, Open),
        ],
    ),
    (
        "emailinformation",
        "Email information",
        &[
            ("hs_email_optout", "Unsubscribed from all email", Bool, ReadOnly),
            ("hs_email_bounce", "Marketing emails bounced", Number, ReadOnly),
            ("hs_email_quarantined", "Email Address Quarantined", Bool, ReadOnly),
        ],
    ),
    (
        "analyticsinformation",
        "Analytics information",
        &[
            ("hs_analytics_source", "Original Traffic Source", Select(SOURCES), Open),
            ("hs_analytics_first_timestamp", "Time First Seen", Datetime, ReadOnly),
            ("hs_analytics_num_visits", "Number of Sessions", Number, ReadOnly),
            ("hs_analytics_num_page_views", "Number of Pageviews", Number, ReadOnly),
            ("num_unique_conversion_events", "Number of Unique Forms Submitted", Number, ReadOnly),
            ("num_conversion_events", "Number of Form Submissions", Number, ReadOnly),
            ("hs_latest_source_timestamp", "Latest Traffic Source Date", Datetime, ReadOnly),
        ],
    ),
];

const EMPLOYEES: Options = &[
    ("1-5", "1-5"),
    ("5-25", "5-25"),
    ("25-50", "25-50"),
    ("50-100", "50-100"),
    ("100-500", "100-500"),
    ("500-1000", "500-1000"),
    ("1000+", "1000+"),
];
