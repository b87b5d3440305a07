use super::{Bound, Truth, bind, filters_of, url_of};
use crate::notify::target::Policy;
use serde_json::{Value, json};

fn wrong(truth: Value) -> Vec<&'static str> {
    let truth: Truth = serde_json::from_value(truth).unwrap();
    truth.check(&Policy::default()).into_iter().map(|(field, _)| field).collect()
}

fn sql(query: &str) -> Value {
    json!({"source": "sql", "database": "app", "query": query})
}

fn http(url: &str) -> Value {
    json!({"source": "http", "url": url})
}

#[test]
fn every_kind_of_source_is_read_and_fine() {
    for fine in [
        json!({"source": "counter"}),
        json!({"source": "associations", "to_object_type": "contacts"}),
        json!({"source": "associations", "to_object_type": "2-50158914", "association_type_id": 12}),
        json!({"source": "search", "object_type": "contacts", "filter_groups":
            [{"filters": [{"propertyName": "exam", "operator": "EQ", "value": "{{key}}"}]}]}),
        sql("SELECT COUNT(*) FROM bookings WHERE exam_id = {{key}} AND cancelled = 0"),
        sql(
            "with b as (select * from bookings) select exam, count(*) from b where exam in ({{keys}}) group by exam",
        ),
        http("https://app.example.com/exams/{{key}}/count"),
        json!({"source": "http", "url": "https://app.example.com/count?exam={{key}}", "pointer": "/data/n"}),
    ] {
        assert_eq!(wrong(fine.clone()), Vec::<&str>::new(), "{fine}");
    }
    assert!(
        serde_json::from_value::<Truth>(json!({"source": "sql", "database": "a", "query": "b", "x": 1}))
            .is_err()
    );
    assert!(serde_json::from_value::<Truth>(json!({"source": "guess"})).is_err());
}

#[test]
fn what_would_make_every_counter_alike_or_write_is_refused() {
    assert_eq!(wrong(json!({"source": "associations", "to_object_type": "a/b"})), ["to_object_type"]);
    for groups in [
        json!([]),
        json!({"filters": []}),
        json!([{"filters": [{"propertyName": "exam"}]}]),
        json!([{"filters": [{"propertyName": "exam", "operator": "EQ", "value": "7"}]}]),
        json!([{"filters": [{"propertyName": "exam", "operator": "EQ", "value": "{{key}}{{value}}"}]}]),
    ] {
        let search = json!({"source": "search", "object_type": "contacts", "filter_groups": groups});
        assert_eq!(wrong(search), ["filter_groups"], "{groups}");
    }
    for query in [
        "SELECT 1",
        "DELETE FROM bookings WHERE exam = {{key}}",
        "SELECT 1 WHERE a = {{key}}; DROP TABLE bookings",
        "SELECT 1 WHERE a = '{{key}}'",
        "SELECT 1 WHERE a = {{key}} OR a IN ({{keys}})",
        "SELECT 1 WHERE a = {{key}} AND b = {{value}}",
        &format!("SELECT {{{{key}}}} {}", "x".repeat(5_000)),
    ] {
        assert_eq!(wrong(sql(query)), ["query"], "{query}");
    }
    assert_eq!(wrong(json!({"source": "sql", "database": "", "query": "x"})), ["database", "query"]);
    for url in [
        "https://app.example.com/count",
        "https://{{key}}.example.com/count",
        "https://app.example.com/{{key}}/{{value}}",
        "http://app.example.com/{{key}}",
        "https://127.0.0.1/{{key}}",
        "{{key}}",
    ] {
        assert_eq!(wrong(http(url)), ["url"], "{url}");
    }
    assert_eq!(
        wrong(json!({"source": "http", "url": "https://a.example.com/{{key}}", "pointer": "n"})),
        ["pointer"]
    );
}

#[test]
fn a_query_is_given_its_keys_as_parameters() {
    let dollar = |at: usize| format!("${at}");
    let one = bind("SELECT n FROM a WHERE k = {{key}} OR l = {{key}}", 1, dollar);
    let sql = "SELECT n FROM a WHERE k = $1 OR l = $2".to_owned();
    assert_eq!(one, Bound { sql, parameters: 2, many: false });
    let many = bind("SELECT k, n FROM a WHERE k IN ({{keys}})", 3, |_| "?".to_owned());
    let sql = "SELECT k, n FROM a WHERE k IN (?, ?, ?)".to_owned();
    assert_eq!(many, Bound { sql, parameters: 3, many: true });
}

#[test]
fn a_key_cannot_leave_its_place() {
    assert_eq!(
        url_of("https://a.example.com/{{key}}/n", "a/b?c#d e"),
        "https://a.example.com/a%2Fb%3Fc%23d%20e/n"
    );
    let filters = json!([{"filters": [{"value": "{{key}}", "propertyName": "x"}]}]);
    assert_eq!(filters_of(&filters, "\"}")[0]["filters"][0]["value"], "\"}");
}

#[test]
fn what_authorizes_is_read_and_never_written() {
    let truth =
        json!({"source": "http", "url": "https://a.example.com/{{key}}", "authorization": "Bearer hush"});
    let truth: Truth = serde_json::from_value(truth).unwrap();
    assert!(
        !serde_json::to_string(&truth).unwrap().contains("hush") && !format!("{truth:?}").contains("hush")
    );
}
