//! Companies.

use super::Groups;
use super::Rights::{Open, ReadOnly};
use super::Shape::{Area, Bool, Datetime, Domain, Number, Owner, Phone, Radio, Rollup, Select, Text};
use super::contacts::{LEAD_STATUS, LIFECYCLE};

pub(super) const GROUPS: Groups = &[
    (
        "companyinformation",
        "Company information",
        &[
            ("name", "Company name", Text, Open),
            ("domain", "Company Domain Name", Domain, Open),
            ("hs_additional_domains", "Additional Domains", Text, ReadOnly),
            ("website", "Website URL", Text, Open),
            ("description", "Description", Area, Open),
            ("about_us", "About Us", Area, Open),
            ("phone", "Phone Number", Phone, Open),
            ("hs_searchable_calculated_phone_number", "Calculated Phone Number", Text, ReadOnly),
            ("address", "Street Address", Text, Open),
            ("address2", "Street Address 2", Text, Open),
            ("city", "City", Text, Open),
            ("state", "State/Region", Text, Open),
            ("zip", "Postal Code", Text, Open),
            ("country", "Country/Region", Text, Open),
            ("timezone", "Time Zone", Text, Open),
            ("industry", "Industry", Select(INDUSTRIES), Open),
            ("type", "Type", Select(TYPES), Open),
            ("numberofemployees", "Number of Employees", Number, Open),
            ("annualrevenue", "Annual Revenue", Number, Open),
            ("founded_year", "Year Founded", Text, Open),
            ("is_public", "Is Public", Bool, Open),
            ("twitterhandle", "Twitter Handle", Text, Open),
            ("linkedin_company_page", "LinkedIn Company Page", Text, Open),
            ("lifecyclestage", "Lifecycle Stage", Radio(LIFECYCLE), Open),
            ("hs_lead_status", "Lead Status", Radio(LEAD_STATUS), Open),
            ("closedate", "Close Date", Datetime, Open),
            ("hs_parent_company_id", "Parent Company", Number, ReadOnly),
            ("hs_num_child_companies", "Number of child companies", Rollup, ReadOnly),
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
        "companyactivity",
        "Company activity",
        &[
            ("hubspot_owner_id", "Company owner", Owner, Open),
            ("hubspot_owner_assigneddate", "Owner Assigned Date", Datetime, ReadOnly),
            ("notes_last_contacted", "Last Contacted", Datetime, ReadOnly),
            ("notes_last_updated", "Last Activity Date", Datetime, ReadOnly),
            ("num_associated_contacts", "Number of Associated Contacts", Rollup, ReadOnly),
            ("num_associated_deals", "Number of Associated Deals", Rollup, ReadOnly),
        ],
    ),
];

const TYPES: super::Options = &[
    ("PROSPECT", "Prospect"),
    ("PARTNER", "Partner"),
    ("RESELLER", "Reseller"),
    ("VENDOR", "Vendor"),
    ("OTHER", "Other"),
];

const INDUSTRIES: super::Options = &[
    ("ACCOUNTING", "Accounting"),
    ("AUTOMOTIVE", "Automotive"),
    ("BANKING", "Banking"),
    ("BIOTECHNOLOGY", "Biotechnology"),
    ("COMPUTER_SOFTWARE", "Computer Software"),
    ("CONSTRUCTION", "Construction"),
    ("EDUCATION_MANAGEMENT", "Education Management"),
    ("FINANCIAL_SERVICES", "Financial Services"),
    ("HIGHER_EDUCATION", "Higher Education"),
    ("HOSPITAL_HEALTH_CARE", "Hospital & Health Care"),
    ("INFORMATION_TECHNOLOGY_AND_SERVICES", "Information Technology and Services"),
    ("INSURANCE", "Insurance"),
    ("INTERNET", "Internet"),
    ("LEGAL_SERVICES", "Legal Services"),
    ("MACHINERY", "Machinery"),
    ("MANAGEMENT_CONSULTING", "Management Consulting"),
    ("MARKETING_AND_ADVERTISING", "Marketing and Advertising"),
    ("REAL_ESTATE", "Real Estate"),
    ("RETAIL", "Retail"),
    ("TELECOMMUNICATIONS", "Telecommunications"),
];
