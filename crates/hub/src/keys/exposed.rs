//! Files of the data directory that other users of the machine can read: keys are in it, and customers' data.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What anybody may do with a file or a directory, in its mode: read it, and go into it.
const READ: u32 = 0o004;
const ENTER: u32 = 0o001;

/// The files that every user can read, in the order of their names. None where nobody else gets into the directory.
#[must_use]
pub fn exposed(data_dir: &Path) -> Vec<PathBuf> {
    let may = |path: &Path, bit: u32| path.metadata().is_ok_and(|meta| meta.permissions().mode() & bit != 0);
    if !may(data_dir, ENTER) {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir(data_dir) else { return Vec::new() };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file());
    let mut found: Vec<PathBuf> = files.filter(|path| may(path, READ)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, create_dir, set_permissions, write};

    #[test]
    fn files_are_exposed_where_others_get_in_and_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        create_dir(&data).unwrap();
        for (name, mode) in [("b.key", 0o644), ("a.db", 0o604), ("own.key", 0o600)] {
            write(data.join(name), "secret").unwrap();
            set_permissions(data.join(name), Permissions::from_mode(mode)).unwrap();
        }
        set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(exposed(&data), [data.join("a.db"), data.join("b.key")]);
        set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
        assert_eq!(exposed(&data), [] as [PathBuf; 0]);
    }
}
