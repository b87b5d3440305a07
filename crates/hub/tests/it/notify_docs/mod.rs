//! The page about notifications: its snippets verify what we sign and nothing else, in every language whose runtime is here; its list of
//! event types is the one the API answers.

#[rustfmt::skip]
mod verify;

use data_encoding::BASE64;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use syncline_core::notify::kinds;
use syncline_core::notify::secret::{Scheme, SigningKey, generate};
use syncline_core::notify::sign::{Lasting, Signed, sign};
use syncline_core::secret::Secret;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use syncline_hub::dice::Dice;

const PAGE: &str = include_str!("../../../../../docs/notifications.md");

/// The page's one block of code in this language.
fn snippet(language: &str) -> &'static str {
    let begins = format!("```{language}\n");
    let mut blocks = PAGE.split(begins.as_str()).skip(1);
    let block = blocks.next().unwrap_or_else(|| panic!("no snippet in {language}"));
    assert!(blocks.next().is_none(), "several snippets in {language}");
    block.split("```").next().unwrap()
}

/// A message as it arrives.
struct Case {
    what: &'static str,
    genuine: bool,
    signed: Signed,
    body: Vec<u8>,
}

fn secret(seed: u64) -> Secret {
    Dice::seeded(seed).with(|rng| generate(Scheme::Hmac, rng))
}

fn signed(body: &[u8], secrets: &[&Secret], at: Timestamp) -> Signed {
    let keys: Vec<_> =
        secrets.iter().map(|secret| Lasting::always(SigningKey::parse(secret).unwrap())).collect();
    sign("msg_06B9KQ4G3K0G9J2M5N8P1R4T7V", body, &keys, at).unwrap()
}

/// Genuine messages, and everything that is not.
fn cases(mine: &Secret, now: Timestamp) -> Vec<Case> {
    let other = secret(2);
    let body = r#"{"webhook_event_type":"sync.complete","error_message":"Zoë 🦀"}"#.as_bytes().to_vec();
    let good = signed(&body, &[mine], now);
    let case =
        |what, genuine, signed: Signed, body: &[u8]| Case { what, genuine, signed, body: body.to_vec() };
    let changed = |change: &dyn Fn(&mut Signed)| {
        let mut signed = good.clone();
        change(&mut signed);
        signed
    };
    let minutes = |minutes| Duration::from_mins(minutes);
    vec![
        case("a genuine one", true, good.clone(), &body),
        case("while secrets rotate", true, signed(&body, &[&other, mine], now), &body),
        case("a minute old", true, signed(&body, &[mine], now.minus(minutes(1))), &body),
        case("an empty body", true, signed(b"", &[mine], now), b""),
        case("another body", false, good.clone(), b"{}"),
        case("signed with another secret", false, signed(&body, &[&other], now), &body),
        case("another id", false, changed(&|it| it.id = "msg_1".to_owned()), &body),
        case("ten minutes old", false, signed(&body, &[mine], now.minus(minutes(10))), &body),
        case("ten minutes ahead", false, signed(&body, &[mine], now.plus(minutes(10))), &body),
        case("an old one with a new time", false, changed(&|it| it.timestamp = later(it)), &body),
        case("no time", false, changed(&|it| it.timestamp = "soon".to_owned()), &body),
        case("a negative time", false, changed(&|it| it.timestamp.insert(0, '-')), &body),
        case(
            "another scheme",
            false,
            changed(&|it| it.signature = it.signature.replacen("v1,", "v1a,", 1)),
            &body,
        ),
        case("no scheme", false, changed(&|it| it.signature = it.signature.replacen("v1,", "", 1)), &body),
        case("an empty signature", false, changed(&|it| it.signature = "v1,".to_owned()), &body),
        case("no signature", false, changed(&|it| it.signature = "-".to_owned()), &body),
        case("half a signature", false, changed(&|it| it.signature.truncate(24)), &body),
    ]
}

fn later(signed: &Signed) -> String {
    (signed.timestamp.parse::<i64>().unwrap() + 1).to_string()
}

/// Lets a program judge the cases: it gets the secret and a line for each, and prints `good` or `bad` for each.
fn judged(mut command: Command, mine: &Secret, cases: &[Case]) -> Vec<bool> {
    let mut input = format!("{}\n", mine.expose());
    for Case { signed, body, .. } in cases {
        let parts = [&signed.id, &signed.timestamp, &signed.signature, &BASE64.encode(body)];
        input.push_str(&parts.map(String::as_str).join("\t"));
        input.push('\n');
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "good").collect()
}

fn check(language: &str, judge: impl FnOnce(&Secret, &[Case]) -> Vec<bool>) {
    let (mine, now) = (secret(1), SystemClock.now());
    let cases = cases(&mine, now);
    let verdicts = judge(&mine, &cases);
    assert_eq!(verdicts.len(), cases.len(), "{language}");
    for (case, verdict) in cases.iter().zip(verdicts) {
        assert_eq!(verdict, case.genuine, "{language}: {}", case.what);
    }
}

/// Whether a runtime is on this machine; `needed` ones that are not are told to whoever runs all tests.
fn is_here(program: &str, version: &str, needed: bool) -> bool {
    let asked = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if asked.is_ok_and(|status| status.success()) {
        return true;
    }
    if let Some(list) = std::env::var_os("SYNCLINE_TEST_SKIPPED").filter(|_| needed) {
        let mut list = std::fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "SYNCLINE-SKIPPED the verification snippet for {program}: it is not here").unwrap();
    }
    false
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

#[test]
fn the_javascript_snippet_believes_what_is_genuine_and_nothing_else() {
    const DRIVER: &str = "import { readFileSync } from 'node:fs';\nimport { verify } from './verify.mjs';
const [secret, ...lines] = readFileSync(0, 'utf8').trimEnd().split('\\n');
for (const line of lines) {
  const [id, timestamp, signature, body] = line.split('\\t');
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  try { verify(secret, headers, Buffer.from(body, 'base64')); console.log('good'); } catch { console.log('bad'); }
}\n";
    if !is_here("node", "--version", true) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "verify.mjs", snippet("javascript"));
    write(directory.path(), "driver.mjs", DRIVER);
    check("JavaScript", |mine, cases| {
        let mut command = Command::new("node");
        command.arg("driver.mjs").current_dir(directory.path());
        judged(command, mine, cases)
    });
}

#[test]
fn the_python_snippet_believes_what_is_genuine_and_nothing_else() {
    const DRIVER: &str = "import base64, sys\nfrom snippet import verify
secret, *lines = sys.stdin.read().rstrip('\\n').split('\\n')
for line in lines:
    id, timestamp, signature, body = line.split('\\t')
    headers = {'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature}
    try:
        verify(secret, headers, base64.b64decode(body))
        print('good')
    except ValueError:
        print('bad')\n";
    if !is_here("python3", "--version", true) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "snippet.py", snippet("python"));
    write(directory.path(), "driver.py", DRIVER);
    check("Python", |mine, cases| {
        let mut command = Command::new("python3");
        command.args(["-B", "driver.py"]).current_dir(directory.path());
        judged(command, mine, cases)
    });
}

#[test]
fn the_go_snippet_believes_what_is_genuine_and_nothing_else() {
    const DRIVER: &str = "package main

import (
	\"bufio\"
	\"encoding/base64\"
	\"fmt\"
	\"net/http\"
	\"os\"
	\"strings\"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	secret := lines.Text()
	for lines.Scan() {
		parts := strings.Split(lines.Text(), \"\\t\")
		header := http.Header{}
		header.Set(\"webhook-id\", parts[0])
		header.Set(\"webhook-timestamp\", parts[1])
		header.Set(\"webhook-signature\", parts[2])
		body, _ := base64.StdEncoding.DecodeString(parts[3])
		if Verify(secret, header, body) == nil {
			fmt.Println(\"good\")
		} else {
			fmt.Println(\"bad\")
		}
	}
}\n";
    if !is_here("go", "version", false) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "verify.go", snippet("go"));
    write(directory.path(), "driver.go", DRIVER);
    check("Go", |mine, cases| {
        let mut command = Command::new("go");
        command.args(["run", "driver.go", "verify.go"]).current_dir(directory.path());
        command.env("GOFLAGS", "").env("GO111MODULE", "off").env("GOCACHE", directory.path().join("cache"));
        judged(command, mine, cases)
    });
}

#[test]
fn the_java_snippet_believes_what_is_genuine_and_nothing_else() {
    const DRIVER: &str = "final class Driver {
    public static void main(String[] arguments) throws Exception {
        var lines = new java.io.BufferedReader(new java.io.InputStreamReader(System.in, StandardCharsets.UTF_8));
        String secret = lines.readLine();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(\"\\t\", -1);
            byte[] body = Base64.getDecoder().decode(parts[3]);
            System.out.println(Webhooks.verify(secret, parts[0], parts[1], parts[2], body) ? \"good\" : \"bad\");
        }
    }
}

";
    if !is_here("java", "-version", false) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A file that is run as it is begins with the class that is run.
    let program =
        snippet("java").replacen("final class Webhooks", &format!("{DRIVER}final class Webhooks"), 1);
    write(directory.path(), "Driver.java", &program);
    check("Java", |mine, cases| {
        let mut command = Command::new("java");
        command.arg("Driver.java").current_dir(directory.path());
        judged(command, mine, cases)
    });
}

#[test]
fn the_rust_snippet_believes_what_is_genuine_and_nothing_else() {
    assert_eq!(include_str!("verify.rs"), snippet("rust"), "the page and what is tested are one");
    let now = u64::try_from(SystemClock.now().as_millis() / 1_000).unwrap();
    check("Rust", |mine, cases| {
        let judge = |case: &Case| {
            let Signed { id, timestamp, signature } = &case.signed;
            verify::verify(mine.expose(), id, timestamp, signature, &case.body, now)
        };
        cases.iter().map(judge).collect()
    });
}

#[test]
fn the_page_describes_every_event_type_as_the_api_does() {
    for kind in kinds::all() {
        let heading = format!("\n### {}\n\n", kind.name);
        let section = PAGE.split(&heading).nth(1).and_then(|rest| rest.split("\n### ").next());
        let section = section.unwrap_or_else(|| panic!("{}: its section is missing", kind.name));
        let said = section.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        assert_eq!(said, kind.description, "{}", kind.name);
        for (field, schema) in kind.schema["properties"].as_object().unwrap() {
            let row = section.lines().find(|line| line.starts_with(&format!("| `{field}`")));
            let row = row.unwrap_or_else(|| panic!("{}: {field} is missing", kind.name));
            assert!(row.ends_with(&format!("| {} |", schema["description"].as_str().unwrap())), "{row}");
        }
        let shown = section.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
        let shown: serde_json::Value = serde_json::from_str(shown).unwrap();
        assert_eq!(shown, kind.example, "{}", kind.name);
        let opt_in = if kind.opt_in { "opt-in" } else { "" };
        let row = format!("| {} | {opt_in} |", kind.summary);
        assert!(PAGE.contains(&row), "{row}");
    }
}
