//! The file that `syncline init` writes.

use super::*;

fn known() -> Starter {
    Starter {
        public_url: BaseUrl::parse("https://sync.example.com/"),
        app: Some(StarterApp { name: "eu-main".to_owned(), provider: Provider::Airtable }),
    }
}

#[test]
fn a_new_file_loads_and_changes_nothing_but_what_is_known() {
    assert_eq!(Bench::with(&starter(&Starter::default())).good().config, Bench::empty().good().config);
    let loaded = Bench::with(&starter(&known())).good();
    assert_eq!(loaded.config.server.public_url.as_str(), "https://sync.example.com");
    let app = App {
        provider: Provider::Airtable,
        client_id: None,
        client_secret: None,
        previous_client_secret: None,
        app_id: None,
        developer_api_key: None,
        webhook_secret: None,
        scopes: None,
        optional_scopes: None,
    };
    assert_eq!(loaded.config.apps, BTreeMap::from([("eu-main".to_owned(), app)]));
}

#[test]
fn what_a_new_file_shows_are_real_keys_with_their_defaults() {
    for text in [starter(&Starter::default()), starter(&known())] {
        let full = uncommented(&text).replace("client_secret_file = ", "client_secret_file = 1 # ");
        // The one problem is the file of a secret that has a value already.
        assert_eq!(Bench::with(&full).problems().len(), 1, "{full}");
        let full = full.replace("client_secret_file", "# ");
        let config = Bench::with(&full).good().config;
        let plain = Bench::empty().good().config;
        assert_eq!(Config { apps: BTreeMap::new(), server: plain.server.clone(), ..config }, plain);
    }
}

#[test]
fn a_new_file_is_private_and_overwrites_only_when_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("syncline.toml");
    write_new(&path, "one", false).unwrap();
    let refused = write_new(&path, "two", false).unwrap_err();
    assert!(matches!(refused, WriteError::Exists(_)));
    assert_eq!(refused.to_string(), format!("{} exists already; --force overwrites it", path.display()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    write_new(&path, "two", true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a draft was left");
    assert!(matches!(write_new(&dir.path().join("no/such"), "x", true), Err(WriteError::Io { .. })));
    assert!(matches!(write_new(dir.path(), "x", true), Err(WriteError::Io { .. })));
    assert_eq!(
        fs::read_dir(dir.path().parent().unwrap())
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy()
                    .starts_with(&format!("{}.new", dir.path().file_name().unwrap().display()))
            })
            .count(),
        0,
        "a draft was left"
    );
    // A bare name lies in the present directory.
    assert!(matches!(write_new(Path::new("Cargo.toml"), "x", false), Err(WriteError::Exists(_))));
}
