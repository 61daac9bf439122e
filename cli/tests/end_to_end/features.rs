//! `weekahead features build`: views by name and by file, some symbols, some sessions, and what stands in the way.

use nix::sys::signal::Signal;

use crate::platform::{Platform, Running};

/// Forty sessions of two symbols, as dbt would have built them.
const BARS: &str = "
    INSERT INTO marts.bars
    SELECT if(number < 40, 'AAPL', 'IBM'), toDate32('2013-01-01') + number % 40 AS day, price, price + 1, price - 1,
        price, 1000 + number, 0, 1, 'USD', 'test', toDateTime64(day, 6, 'UTC') + 75600 AS closed, closed + 3600,
        closed + 3600, number, 'load', 1
    FROM (SELECT number, 100 + number % 7 AS price FROM numbers(80))";

#[tokio::test(flavor = "multi_thread")]
async fn views_are_built_as_asked() {
    let platform = Platform::new();
    let mut up = platform.weekahead(&["up", "--no-serving"]);
    up.env("WEEKAHEAD_TRACKER__EMBEDDED", "false").env("WEEKAHEAD_UNIVERSE__SYMBOLS", "AAPL,IBM");
    let mut up = Running::start(up);
    up.until("lake, warehouse and tracker answer").await;
    platform.query(weekahead_warehouse::BARS_TABLE).await;
    platform.query(BARS).await;
    let file = platform.home().join("mine.toml");
    std::fs::write(&file, "name = 'mine'\n[[feature]]\nname = 'ma_3'\nexpr = 'Mean(close, 3) / close'\n")
        .unwrap();
    let file = file.to_str().unwrap();

    let some = ["--symbols", "IBM", "--since", "2013-02-01"];
    says(
        &platform,
        &[&["--view", file][..], &some].concat(),
        &["mine: 1 features of 1 symbols, 40 rows, 9 of them new"],
    )
    .await;
    let both = ["--view", "weekly_core", "--view", file];
    let rest = ["weekly_core: 35 features of 2 symbols, 80 rows, 80 of them new", "80 rows, 71 of them new"];
    says(&platform, &both, &rest).await;
    says(
        &platform,
        &both,
        &["weekly_core: 35 features of 2 symbols, 80 rows, 0 of them new", "80 rows, 0 of them new"],
    )
    .await;
    let count = "SELECT count(), uniqExact(view_version) FROM features.mine FINAL";
    assert_eq!(platform.query(count).await, "80\t1\n");

    std::fs::write(file, "name = 'mine'\n[[feature]]\nname = 'ma_3'\nexpr = 'Mean(close, 4) / close'\n")
        .unwrap();
    says(&platform, &["--view", file], &["80 rows, 80 of them new"]).await;
    assert_eq!(platform.query(count).await, "160\t2\n", "rows of two versions lie beside each other");

    ranks_for_training(&platform).await;
    refusals(&platform, file).await;
    up.signal(Signal::SIGTERM);
    up.end().await;
    platform.until_silent().await;
}

/// With ranks declared for training, the view of ranks is what is built, with what the plan names as it is.
async fn ranks_for_training(platform: &Platform) {
    let ranked = async |args: &[&str]| {
        let mut command = platform.weekahead(args);
        command.env("WEEKAHEAD_TRAINING__PREPROCESSING__CROSS_SECTION", "rank");
        let output = command.env("WEEKAHEAD_UNIVERSE__SYMBOLS", "AAPL,IBM").output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).into_owned()
    };
    let built = ranked(&["features", "build", "--skip-marts"]).await;
    assert!(
        built.contains("weekly_core_cs_rank: 37 features of 2 symbols, 80 rows, 80 of them new"),
        "{built}"
    );
    // Prices are the same for both, seven days apart: ranks differ, and are a half or a whole.
    let shares = "SELECT groupUniqArray(ret_1_cs_rank), max(ret_1) FROM features.weekly_core_cs_rank FINAL \
                  INNER JOIN features.weekly_core USING (symbol, session) WHERE isFinite(ret_1_cs_rank)";
    let shares = platform.query(shares).await;
    assert!(shares.contains("0.5") && shares.contains('1'), "{shares}");
    let stats = ranked(&["features", "stats"]).await;
    assert!(stats.contains("weekly_core_cs_rank as of") && stats.contains("ret_1_cs_rank"), "{stats}");
}

async fn says(platform: &Platform, args: &[&str], texts: &[&str]) {
    let (code, stderr) = build(platform, args).await;
    assert_eq!(code, Some(0), "{stderr}");
    for text in texts {
        assert!(stderr.contains(text), "`{text}` is not in: {stderr}");
    }
}

async fn build(platform: &Platform, args: &[&str]) -> (Option<i32>, String) {
    let mut command = platform.weekahead(&[&["features", "build", "--skip-marts"][..], args].concat());
    let output = command.env("WEEKAHEAD_UNIVERSE__SYMBOLS", "AAPL,IBM").output().await.unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn refusals(platform: &Platform, file: &str) {
    let refused = async |args: &[&str], texts: &[&str]| {
        let (code, stderr) = build(platform, args).await;
        assert_eq!(code, Some(2), "{stderr}");
        for text in texts {
            assert!(stderr.contains(text), "`{text}` is not in: {stderr}");
        }
    };
    refused(&["--view", "weekly"], &["weekly", "weekly_core", "alpha158"]).await;
    refused(&["--view", "./nowhere.toml"], &["./nowhere.toml"]).await;
    refused(&["--view", file, "--view", file], &["two views are called `mine`"]).await;
    refused(&["--since", "tomorrow"], &["tomorrow"]).await;
    let ranked = platform.home().join("ranked.toml");
    std::fs::write(&ranked, "name = 'ranked'\n[[feature]]\nname = 'rank'\nexpr = 'CsRank(close)'\n").unwrap();
    refused(&["--view", ranked.to_str().unwrap(), "--symbols", "IBM"], &["ranked", "--symbols"]).await;
}
