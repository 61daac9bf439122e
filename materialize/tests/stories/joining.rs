//! The joins of a story: who stands where, and what they meet.

use goldenscript::ArgumentConsumer;
use weekahead_market::{AsOf, Session};
use weekahead_materialize::{Selection, retrieve};
use weekahead_warehouse::SessionRange;

use crate::clock;
use crate::promises::Answer;
use crate::reading::feature;
use crate::story::{Failure, Story};
use crate::table::table;

impl Story {
    pub fn join(&mut self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let symbol = self.symbol(args)?;
        let instants = self.instants(args)?;
        let answers = self.ask(self.view()?, &symbol, &instants)?;
        for (as_of, answer) in instants.iter().zip(&answers) {
            self.remember(&symbol, *as_of, answer.clone());
        }
        self.meetings(&instants, &answers)
    }

    /// The newest row of the newest session up to the day: whatever the table holds, whenever it became known.
    pub fn naive_join(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let symbol = self.symbol(args)?;
        let instants = self.instants(args)?;
        let mut answers = Vec::new();
        for as_of in &instants {
            let day = Session::from_date(as_of.instant().to_zoned(jiff::tz::TimeZone::UTC).date());
            let range = SessionRange { from: None, to: Some(day) };
            let rows = self.known_features(&symbol, self.clock.now()?, range, &|_, _| true)?;
            let last = rows.len().checked_sub(1);
            let values = last.and_then(|row| rows.row(row)).unwrap_or_default();
            answers.push(Answer {
                session: last.map(|row| rows.sessions[row]),
                knowledge_time: last.map(|row| rows.knowledge_times[row]),
                values: values.iter().map(|value| value.to_bits()).collect(),
            });
        }
        self.meetings(&instants, &answers)
    }

    /// What entity rows meet, line by line.
    fn meetings(&self, instants: &[AsOf], answers: &[Answer]) -> Result<String, Failure> {
        let dash = || "-".to_owned();
        let mut lines = Vec::new();
        for (as_of, answer) in instants.iter().zip(answers) {
            let closed = self.feed.calendar.last_closed(as_of.instant())?;
            let behind = |session| self.feed.calendar.distance(session, closed).to_string();
            let mut line = vec![
                clock::instant(as_of.as_microsecond()),
                answer.session.map_or_else(dash, clock::day),
                answer.session.map_or_else(dash, behind),
                answer.knowledge_time.map_or_else(dash, clock::instant),
            ];
            line.extend(answer.values.iter().map(|bits| feature(f32::from_bits(*bits))));
            lines.push(line);
        }
        Ok(table(&self.head(&["stands at", "meets", "behind", "known since"])?, &lines))
    }

    pub fn retrieve(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let as_of = self.clock.reached(&args.lookup("at").ok_or("say where the rows stand")?.value)?;
        let mut rows = "symbol,as_of\n".to_owned();
        rows.extend(args.rest_pos().iter().map(|symbol| format!("{},{as_of}\n", symbol.value)));
        let folder = tempfile::tempdir()?;
        let (source, output) = (folder.path().join("rows.csv"), folder.path().join("answer.csv"));
        std::fs::write(&source, rows)?;
        let selection = Selection::parse("story:*", std::slice::from_ref(self.view()?))?;
        self.runtime.block_on(retrieve(self.warehouse(), &selection, &source, &output))?;
        Ok(std::fs::read_to_string(&output)?)
    }

    fn instants(&self, args: &mut ArgumentConsumer) -> Result<Vec<AsOf>, Failure> {
        args.rest_pos().iter().map(|text| self.clock.reached(&text.value)).collect()
    }
}
