//! Which scopes an authorize URL may ask for (HubSpot facts 1.1), and what they mean to people.

use super::settings::OauthSettings;
use crate::hubspot::state::App;

/// Why a URL's scopes are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The app has these as required, and `scope` has not.
    Missing(Vec<String>),
    /// The app's settings do not have these, or not in this parameter.
    Unknown(Vec<String>),
    /// The account cannot grant these, and they are not optional.
    NotInAccount(Vec<String>),
}

/// What a URL asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `scope`
    pub(crate) scope: Vec<String>,
    /// `optional_scope`
    pub(crate) optional: Vec<String>,
}

/// A list as it stands in a parameter.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split_whitespace() {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

impl Asked {
    /// Compares with what the app has in its settings: required scopes must be asked for in `scope`, conditionally required
    /// ones only there, optional ones only in `optional_scope`.
    ///
    /// # Errors
    /// What does not match.
    pub(crate) fn check(&self, app: &App, settings: &OauthSettings) -> Result<(), Mismatch> {
        let is_of = |list: &[String], scope: &String| list.contains(scope);
        let strict = settings.strict_scope_classes;
        let in_scope = |scope: &&String| {
            is_of(&app.required_scopes, scope)
                || is_of(&app.conditionally_required_scopes, scope)
                || (!strict && is_of(&app.optional_scopes, scope))
        };
        let in_optional = |scope: &&String| {
            is_of(&app.optional_scopes, scope)
                // Asked for as required too, it costs nothing to ask again.
                || is_of(&self.scope, scope)
                || (!strict && is_of(&app.conditionally_required_scopes, scope))
        };
        let unknown: Vec<String> = (self.scope.iter().filter(|scope| !in_scope(scope)))
            .chain(self.optional.iter().filter(|scope| !in_optional(scope)))
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return Err(Mismatch::Unknown(unknown));
        }
        let missing: Vec<String> =
            app.required_scopes.iter().filter(|scope| !is_of(&self.scope, scope)).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(Mismatch::Missing(missing)) }
    }

    /// What an account that lacks `lacking` grants: optional scopes it cannot grant are dropped silently.
    ///
    /// # Errors
    /// When it cannot grant one that is not optional.
    pub(crate) fn granted(&self, lacking: &[String]) -> Result<Vec<String>, Mismatch> {
        let refused: Vec<String> =
            self.scope.iter().filter(|scope| lacking.contains(scope)).cloned().collect();
        if !refused.is_empty() {
            return Err(Mismatch::NotInAccount(refused));
        }
        let optional =
            self.optional.iter().filter(|scope| !lacking.contains(scope) && !self.scope.contains(scope));
        Ok(self.scope.iter().chain(optional).cloned().collect())
    }
}

/// What a scope lets an app do, in words.
pub(crate) fn words(scope: &str) -> String {
    let parts: Vec<&str> = scope.split('.').collect();
    match *parts.as_slice() {
        ["oauth"] => "Know which account it is connected to".to_owned(),
        ["tickets"] => "View, create and change tickets".to_owned(),
        ["automation"] => "View and change workflows".to_owned(),
        ["crm", "objects", "custom", "read"] => "View records of custom objects".to_owned(),
        ["crm", "objects", "custom", "write"] => {
            "Create, change and delete records of custom objects".to_owned()
        }
        ["crm", "objects", "owners", "read"] => "View owners and their e-mail addresses".to_owned(),
        ["crm", "objects", what, "read"] => format!("View {}", plain(what)),
        ["crm", "objects", what, "write"] => format!("Create, change and delete {}", plain(what)),
        ["crm", "schemas", "custom", "read"] => "View which custom objects there are".to_owned(),
        ["crm", "schemas", what, "read"] => format!("View the properties of {}", plain(what)),
        ["crm", "schemas", what, "write"] => {
            format!("Create, change and delete properties of {}", plain(what))
        }
        [.., "read"] => "View what this scope covers".to_owned(),
        [.., "write"] => "Change what this scope covers".to_owned(),
        _ => "Use what this scope covers".to_owned(),
    }
}

fn plain(what: &str) -> String {
    what.replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        let list = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
        App {
            app_id: 1,
            name: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            developer_api_key: String::new(),
            required_scopes: list(&["oauth", "tickets"]),
            conditionally_required_scopes: list(&["automation"]),
            optional_scopes: list(&["crm.objects.deals.read"]),
            redirect_uris: Vec::new(),
        }
    }

    fn check(scope: &str, optional: &str) -> Result<(), Mismatch> {
        let asked = Asked { scope: split(scope), optional: split(optional) };
        asked.check(&app(), &OauthSettings::default())
    }

    #[test]
    fn each_class_of_scopes_has_its_place() {
        assert_eq!(check("oauth tickets", ""), Ok(()));
        assert_eq!(check("tickets  oauth automation", "crm.objects.deals.read"), Ok(()));
        assert_eq!(check("oauth tickets", "tickets"), Ok(()));
        assert_eq!(check("oauth", ""), Err(Mismatch::Missing(split("tickets"))));
        assert_eq!(check("", ""), Err(Mismatch::Missing(split("oauth tickets"))));
        assert_eq!(
            check("oauth tickets crm.objects.deals.read", ""),
            Err(Mismatch::Unknown(split("crm.objects.deals.read")))
        );
        assert_eq!(check("oauth tickets", "automation"), Err(Mismatch::Unknown(split("automation"))));
        assert_eq!(check("oauth tickets content", "forms"), Err(Mismatch::Unknown(split("content forms"))));
    }

    #[test]
    fn classes_may_be_ignored() {
        let asked =
            Asked { scope: split("oauth tickets crm.objects.deals.read"), optional: split("automation") };
        let settings = OauthSettings { strict_scope_classes: false, ..OauthSettings::default() };
        assert_eq!(asked.check(&app(), &settings), Ok(()));
    }

    #[test]
    fn optional_scopes_an_account_lacks_are_dropped_and_others_are_not() {
        let asked = Asked { scope: split("oauth"), optional: split("oauth automation tickets") };
        assert_eq!(asked.granted(&split("automation")), Ok(split("oauth tickets")));
        assert_eq!(asked.granted(&split("oauth")), Err(Mismatch::NotInAccount(split("oauth"))));
    }

    #[test]
    fn scopes_are_told_in_words() {
        assert_eq!(words("crm.objects.contacts.read"), "View contacts");
        assert_eq!(
            words("crm.schemas.line_items.write"),
            "Create, change and delete properties of line items"
        );
        assert_eq!(words("sales-email-read"), "Use what this scope covers");
    }
}
