//! How a format's blocks add up to a result. The engine formats each block of a stream on its own.

/// What stands before the rows in every block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Blocks simply follow one another.
    Rows,
    /// This many lines of names (and types); only the first block's are kept. In CSV a quoted name may hold a line end.
    Lines { lines: usize, csv: bool },
    /// RowBinary with names, and with types or without.
    Binary { types: bool },
    /// Brackets, footers or row numbers: the result must be made in one piece.
    Whole,
}

impl Shape {
    /// The shape of a format by its (case-insensitive) name.
    pub(crate) fn of(format: &str) -> Self {
        let lower = format.to_ascii_lowercase();
        let lower = lower.replace("tabseparated", "tsv").replace("newlinedelimitedjson", "jsoneachrow");
        match lower.as_str() {
            "rowbinary"
            | "jsonlines"
            | "ndjson"
            | "native"
            | "tsv"
            | "tsvraw"
            | "csv"
            | "tskv"
            | "jsoneachrow"
            | "jsonstringseachrow"
            | "jsoncompacteachrow"
            | "jsoncompactstringseachrow"
            | "rawblob"
            | "msgpack"
            | "null" => Self::Rows,
            "rowbinarywithnames" => Self::Binary { types: false },
            "rowbinarywithnamesandtypes" => Self::Binary { types: true },
            "csvwithnames" => Self::Lines { lines: 1, csv: true },
            "csvwithnamesandtypes" => Self::Lines { lines: 2, csv: true },
            "tsvwithnames" | "jsoncompacteachrowwithnames" | "jsoncompactstringseachrowwithnames" => {
                Self::Lines { lines: 1, csv: false }
            }
            "tsvwithnamesandtypes"
            | "jsoncompacteachrowwithnamesandtypes"
            | "jsoncompactstringseachrowwithnamesandtypes" => Self::Lines { lines: 2, csv: false },
            _ => Self::Whole,
        }
    }
}
