//! What `config show` prints.

use super::*;

#[test]
fn the_table_is_aligned_and_in_the_order_of_the_defaults() {
    let bench = Bench::with("[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"s\"\napp_id = 77\n")
        .env("SYNCLINE_DATABASE__URL", "postgres://syncline:pw@db/syncline")
        .set("telemetry.trace_sample=0.25");
    let loaded = bench.good();
    let changed = loaded.settings.iter().filter(|setting| setting.is_changed());
    let expected = "\
KEY                      VALUE                                ORIGIN
database.url             postgres://syncline:***@db/syncline  SYNCLINE_DATABASE__URL
apps.main.provider       hubspot                              syncline.toml:2
apps.main.client_secret  ***                                  syncline.toml:3
apps.main.app_id         77                                   syncline.toml:4
telemetry.trace_sample   0.25                                 --set
";
    assert_eq!(bench.short(&render(changed)), expected);
    let all = render(&loaded.settings);
    assert_eq!(all.lines().count(), 1 + loaded.settings.len());
    assert!(all.lines().nth(1).unwrap().starts_with("data_dir "), "{all}");
    assert!(all.contains("\napps.main.previous_client_secret "), "{all}");
}

#[test]
fn json_keeps_the_types() {
    let loaded = Bench::empty().set("jobs.workers=3").good();
    let json = to_json(
        loaded
            .settings
            .iter()
            .filter(|setting| setting.key.starts_with("jobs.w") || !setting.value.is_string()),
    );
    assert_eq!(
        json[0],
        serde_json::json!({ "key": "database.max_connections", "value": 16, "origin": "default" })
    );
    assert!(
        json.as_array()
            .unwrap()
            .contains(&serde_json::json!({ "key": "jobs.workers", "value": 3, "origin": "--set" }))
    );
}
