//! Everything that can be asked of the warehouse about features, as of one instant.

use std::path::Path;

use weekahead_features::View;
use weekahead_market::{Panel, Session};
use weekahead_materialize::{Selection, retrieve};
use weekahead_warehouse::{Entities, SessionRange};

use crate::support::{Platform, Row, as_of, published, symbols, to_the_bit};

/// The answers, to the bit.
#[derive(Debug, PartialEq)]
pub struct Answers {
    pub features: Vec<Row>,
    /// Of `features_known`: rows that were known before the next day was published.
    in_time: Vec<Row>,
    latest: Vec<Row>,
    joined: Vec<(Option<Session>, Option<i64>, Vec<u32>)>,
    bars: Panel,
    /// The answer file of `retrieve`.
    file: Vec<u8>,
}

impl Answers {
    /// Of every kind of question.
    pub const KINDS: [&str; 6] =
        ["features", "features_known", "latest_features", "join", "bars", "retrieve"];

    /// Asks for all symbols as of `at`, and joins entity rows that stand at each of `instants` for each of `names`.
    pub async fn of(platform: &Platform, view: &View, names: &[&str], instants: &[i64], at: i64) -> Self {
        let warehouse = &platform.warehouse;
        let (name, version, features) = (view.name(), view.version(), view.features());
        let in_time = |session: Session, known: i64| known < published(session.days_since_epoch() + 1);
        let (all, now) = (SessionRange::ALL, as_of(at));
        let in_time =
            warehouse.features_known(now, name, version, features, None, all, &in_time).await.unwrap();
        let latest = warehouse.latest_features(now, name, version, features, None, None).await.unwrap();
        // As forecasts ask, who find copies of some rows and not of others.
        let recent = Session::from_date(now.date().yesterday().unwrap());
        let asked = symbols(names);
        let found = warehouse
            .latest_features(now, name, version, features, Some(&asked), Some(recent))
            .await
            .unwrap();
        assert_eq!(to_the_bit(&found), to_the_bit(&latest));
        let mut entities = Entities::default();
        let rows = instants.iter().flat_map(|instant| names.iter().map(move |name| (*name, as_of(*instant))));
        rows.clone().for_each(|(symbol, as_of)| entities.push(symbol, as_of));
        let joined = warehouse.point_in_time_join(name, version, features, &entities).await.unwrap();
        let values = |row: usize| joined.columns.iter().map(|column| column[row].to_bits()).collect();
        let met = |row: usize| (joined.sessions[row], joined.knowledge_times[row], values(row));
        let folder = tempfile::tempdir().unwrap();
        let lines: String = rows.map(|(symbol, as_of)| format!("{symbol},{as_of}\n")).collect();
        std::fs::write(folder.path().join("rows.csv"), format!("symbol,as_of\n{lines}")).unwrap();
        Self {
            features: platform.seen(view, at).await,
            in_time: to_the_bit(&in_time),
            latest: to_the_bit(&latest),
            joined: (0..joined.len()).map(met).collect(),
            bars: warehouse.bars(now, None, None).await.unwrap(),
            file: answer_file(platform, view, folder.path()).await,
        }
    }

    /// The kinds of question to which the other's answers are not the same.
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let same = [
            self.features == other.features,
            self.in_time == other.in_time,
            self.latest == other.latest,
            self.joined == other.joined,
            self.bars == other.bars,
            self.file == other.file,
        ];
        Self::KINDS.into_iter().zip(same).filter(|(_, same)| !same).map(|(kind, _)| kind).collect()
    }
}

async fn answer_file(platform: &Platform, view: &View, folder: &Path) -> Vec<u8> {
    let selection = Selection::parse(&format!("{}:*", view.name()), std::slice::from_ref(view)).unwrap();
    let (rows, answer) = (folder.join("rows.csv"), folder.join("answer.parquet"));
    retrieve(&platform.warehouse, &selection, &rows, &answer).await.unwrap();
    std::fs::read(answer).unwrap()
}
