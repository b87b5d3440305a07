//! What the proof found, for people and for programs.

use serde_json::json;
use std::time::Duration;

/// So many reasons of one finding are printed.
const SHOWN: usize = 8;

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    what: String,
    figures: String,
    /// Why it does not hold; empty when it does.
    reasons: Vec<String>,
    /// What is listed apart: it is as it should be, and worth knowing.
    apart: Vec<String>,
}

impl Finding {
    /// It holds when there is no reason why not.
    pub(super) fn new(what: &str, figures: String, reasons: Vec<String>) -> Self {
        Self { what: what.to_owned(), figures, reasons, apart: Vec::new() }
    }

    /// With what is listed apart.
    pub(super) fn apart(self, apart: Vec<String>) -> Self {
        Self { apart, ..self }
    }
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) took: Duration,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// Whether everything holds.
    pub(super) fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.reasons.is_empty())
    }

    /// For people: a line each, and below it why it does not hold.
    pub(super) fn to_text(&self) -> String {
        let widest = self.findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        let mut lines = vec![String::new()];
        for finding in &self.findings {
            let verdict = if finding.reasons.is_empty() { "yes" } else { "NO " };
            let what = &finding.what;
            lines.push(format!("  {verdict}  {what:<widest$}  {}", finding.figures));
            lines.extend(finding.reasons.iter().take(SHOWN).map(|reason| format!("         {reason}")));
            let more = finding.reasons.len().saturating_sub(SHOWN);
            if more > 0 {
                lines.push(format!("         and {more} more"));
            }
            lines.extend(finding.apart.iter().map(|apart| format!("       ({apart})")));
        }
        let verdict = if self.is_good() { "Nothing was lost." } else { "Something is not as it should be." };
        lines.push(format!("\n{verdict} It ran for {} s.", self.took.as_secs()));
        lines.join("\n")
    }

    /// For programs.
    pub(super) fn to_json(&self) -> String {
        let finding = |one: &Finding| {
            json!({
                "what": one.what, "holds": one.reasons.is_empty(), "figures": one.figures, "reasons": one.reasons,
                "apart": one.apart,
            })
        };
        let findings: Vec<_> = self.findings.iter().map(finding).collect();
        json!({ "good": self.is_good(), "seconds": self.took.as_secs(), "findings": findings }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(reasons: &[&str]) -> Report {
        let reasons: Vec<String> = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        let held = Finding::new("both sides are equal", "128 people".to_owned(), Vec::new());
        Report {
            took: Duration::from_secs(61),
            findings: vec![
                held.apart(vec!["2 conflicts are open".to_owned()]),
                Finding::new("no webhook was lost", "1,204 delivered".to_owned(), reasons),
            ],
        }
    }

    #[test]
    fn what_holds_is_a_line_and_what_does_not_says_why() {
        assert!(report(&[]).is_good());
        insta::assert_snapshot!(report(&["contact 7: never stored"]).to_text(), @r"
          yes  both sides are equal  128 people
               (2 conflicts are open)
          NO   no webhook was lost   1,204 delivered
                 contact 7: never stored

        Something is not as it should be. It ran for 61 s.
        ");
    }
}
