use super::{Source, evaluate};
use crate::airtable::formula::{Val, parse};

/// `{Name}` "Ada", `{Age}` 36, `{Done}` blank, `{Due}` 2026-01-31, `{Tags}` a list.
struct Record;

impl Source for Record {
    fn field(&self, field: u16) -> Val {
        match field {
            0 => Val::text("Ada"),
            1 => Val::Number(36.0),
            3 => Val::Time(1_769_817_600_000, true),
            4 => Val::List(vec![Val::text("a"), Val::text("b")]),
            _ => Val::Blank,
        }
    }

    fn record_id(&self) -> String {
        "rec00000000000000".to_owned()
    }

    fn created(&self) -> i64 {
        1_767_225_600_000
    }

    fn modified(&self) -> i64 {
        1_767_225_600_001
    }

    fn now(&self) -> i64 {
        1_767_225_660_000
    }
}

fn run(formula: &str) -> Result<Val, String> {
    let names = ["Name", "Age", "Done", "Due", "Tags"];
    let resolve =
        |name: &str| (0u16..).zip(names).find(|(_, known)| *known == name).map(|(number, _)| number);
    parse(formula, &resolve).map(|expr| evaluate(&expr, &Record))
}

#[track_caller]
fn is(formula: &str, expected: &Val) {
    assert_eq!(run(formula).as_ref(), Ok(expected), "{formula}");
}

#[test]
fn arithmetic_binds_as_usual() {
    for (formula, expected) in [
        ("1+2*3", 7.0),
        ("(1+2)*3", 9.0),
        ("-{Age}+1", -35.0),
        ("{Age}/8", 4.5),
        ("{Done}+1", 1.0),
        ("10-2-3", 5.0),
    ] {
        is(formula, &Val::Number(expected));
    }
    is("'a' + 1", &Val::Error);
    is("{Name} & '-' & {Age}", &Val::text("Ada-36"));
}

#[test]
fn comparisons_know_blanks_texts_numbers_and_dates() {
    for formula in [
        "{Name}='Ada'",
        "Name != 'ada'",
        "{Age} >= 36",
        "{Done} = BLANK()",
        "{Done} = ''",
        "{Done} = 0",
        "{Due} = '2026-01-31'",
        "{Due} > CREATED_TIME()",
        "NOT({Done})",
        "AND(1, {Name}, OR(0, {Tags}))",
        "{Tags} = 'a, b'",
        "IS_BEFORE({Due}, DATETIME_PARSE('2026-02-01'))",
        "IS_AFTER(LAST_MODIFIED_TIME(), CREATED_TIME())",
        "IS_SAME({Due}, '2026-01-02', 'month')",
        "RECORD_ID() = 'rec00000000000000'",
        "TODAY() = '2026-01-01'",
        "ISERROR(1/'x')",
    ] {
        is(formula, &Val::Bool(true));
    }
    assert!(!run("IS_BEFORE({Done}, NOW())").expect("fine").is_true());
    assert!(!run("ERROR() = 1").expect("fine").is_true());
}

#[test]
fn texts_are_taken_apart() {
    for (formula, expected) in [
        ("UPPER(LEFT({Name}, 2))", "AD"),
        ("RIGHT('äöü', 2)", "öü"),
        ("MID('abcdef', 2, 3)", "bcd"),
        ("TRIM('  x ')", "x"),
        ("CONCATENATE('a', 1, 'b')", "a1b"),
        ("SUBSTITUTE('a-b-c', '-', '+')", "a+b+c"),
        ("IF({Age} > 40, 'old', 'young')", "young"),
        ("SWITCH({Name}, 'Bob', 'b', 'Ada', 'a', 'other')", "a"),
        ("ARRAYJOIN({Tags}, '|')", "a|b"),
    ] {
        is(formula, &Val::text(expected));
    }
    for (formula, expected) in [
        ("FIND('d', {Name})", 2.0),
        ("FIND('x', {Name})", 0.0),
        ("LEN('äöü')", 3.0),
        ("VALUE('$1,200.50')", 1200.5),
        ("ROUND(2.345, 2)", 2.35),
        ("ABS(-3)", 3.0),
        ("MAX(1, {Age}, 3)", 36.0),
        ("YEAR({Due})", 2026.0),
        ("DATETIME_DIFF({Due}, TODAY(), 'days')", 30.0),
        ("MONTH(DATEADD({Due}, 1, 'months'))", 2.0),
    ] {
        is(formula, &Val::Number(expected));
    }
    is("SEARCH('x', {Name})", &Val::Blank);
}

#[test]
fn nonsense_is_no_formula() {
    for formula in
        ["", "1 +", "{Nobody}", "FOO(1)", "LEFT()", "(1", "1)", "{Name", "NOT(1, 2)", "'x", "AND(1,)"]
    {
        assert!(run(formula).is_err(), "{formula}");
    }
    assert!(run(&format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000))).is_err());
    assert!(run(&"-".repeat(5_000)).is_err());
    assert!(run(&format!("1{}", "+1".repeat(5_000))).is_err());
    assert_eq!(run("{Nobody}").expect_err("unknown"), "Unknown field names: nobody");
}

proptest::proptest! {
    #[test]
    fn no_formula_makes_it_panic(formula in "[-+*/&=<>(){},.'\" 0-9A-Za-zä]{0,60}") {
        let _ = run(&formula);
    }

    #[test]
    fn no_call_makes_it_panic(
        name in proptest::sample::select(vec![
            "LEFT", "MID", "REPT", "FIND", "SUBSTITUTE", "ROUND", "MOD", "CEILING", "POWER", "DATEADD", "DATETIME_DIFF",
            "IS_SAME", "VALUE", "SWITCH", "AVERAGE",
        ]),
        arguments in proptest::collection::vec(
            proptest::sample::select(vec![
                "{Name}", "{Due}", "{Tags}", "{Done}", "-1", "0", "99999999999999999999", "'days'", "'months'", "'ä'", "NOW()",
                "POWER(10, 300)", "ERROR()",
            ]),
            0..4,
        ),
    ) {
        if let Ok(value) = run(&format!("{name}({})", arguments.join(", "))) {
            let _ = (value.to_text(), value.json(), value.is_true());
        }
    }
}
