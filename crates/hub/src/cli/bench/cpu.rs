//! How much processor time programs of this machine have taken, as Linux counts it.

use std::fs;

/// Ticks a second: what Linux says to every program, whatever it counts in itself.
const TICKS: f64 = 100.0;

/// The name of a database server's processes, by its URL. None for what is no server, or none that can be told.
pub(super) fn server(database: &str) -> Option<&'static str> {
    match database.split_once("://")?.0 {
        "postgres" | "postgresql" => Some("postgres"),
        "mysql" | "mariadb" => Some("mariadbd"),
        _ => None,
    }
}

/// Milliseconds that a process has taken, with those of its children that ended.
pub(super) fn of(process: u32) -> f64 {
    times(&fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default()).1
}

/// Milliseconds that all processes of this name have taken.
pub(super) fn of_all(name: &str) -> f64 {
    let Ok(processes) = fs::read_dir("/proc") else { return 0.0 };
    let stats = processes.flatten().filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.map(|stat| times(&stat)).filter(|(own, _)| own == name).map(|(_, taken)| taken).sum()
}

/// The name, and the milliseconds (proc(5): fields 14 to 17 of `stat`).
fn times(stat: &str) -> (String, f64) {
    let Some((before, after)) = stat.rsplit_once(')') else { return Default::default() };
    let name = before.split_once('(').map_or("", |(_, name)| name).to_owned();
    let ticks = after.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok());
    (name, ticks.sum::<f64>() * 1_000.0 / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_time_are_read_whatever_the_name_is() {
        let stat = "12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 7 3 20 0 1 0";
        assert_eq!(times(stat), ("a (b) c".to_owned(), 3_100.0));
        assert_eq!(times(""), (String::new(), 0.0));
    }

    #[test]
    fn a_server_is_told_by_its_url() {
        assert_eq!(server("postgres://u@h/d"), Some("postgres"));
        assert_eq!(server("mysql://u@h/d"), Some("mariadbd"));
        assert_eq!(server("sqlite"), None);
    }
}
