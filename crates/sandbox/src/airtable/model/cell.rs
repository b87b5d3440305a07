//! What a cell holds. Compact: a sandbox may hold a million records.

/// A file in a cell. `size` and `kind` are known once Airtable has fetched it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct Attachment {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) filename: String,
    pub(in crate::airtable) fetched: Option<Fetched>,
}

/// What is known of a file once it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Fetched {
    pub(in crate::airtable) size: usize,
    pub(in crate::airtable) kind: String,
    /// Width and height of a picture.
    pub(in crate::airtable) picture: Option<(u32, u32)>,
}

/// A value that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) enum Cell {
    Text(Box<str>),
    Number(f64),
    Checked,
    /// Days since 1970.
    Date(i32),
    /// Milliseconds since 1970.
    Time(i64),
    /// The number of a choice.
    Choice(u32),
    Choices(Box<[u32]>),
    /// The number of a user.
    User(u32),
    Users(Box<[u32]>),
    /// The numbers of rows in the linked table. Some may be gone.
    Links(Box<[u32]>),
    Files(Box<[Attachment]>),
    /// Text and type.
    Barcode(Box<(String, Option<String>)>),
}

#[cfg(test)]
mod tests {
    use super::Cell;

    #[test]
    fn a_cell_takes_little_room() {
        assert!(size_of::<Cell>() <= 24);
    }
}
