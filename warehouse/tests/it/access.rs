//! Who may come in, and what is said when nobody is home.

use weekahead_warehouse::{Error, SessionRange, Warehouse, WarehouseConfig};

use crate::support::Engine;

#[tokio::test]
async fn a_password_opens_the_warehouse_and_nothing_else_does() {
    let engine = Engine::start("s3cret").await;
    let warehouse = Warehouse::connect(&engine.config).await.unwrap();
    assert!(warehouse.version().await.unwrap().starts_with("2"));

    for password in ["", "wrong"] {
        let config = WarehouseConfig { password: password.to_owned(), ..engine.config.clone() };
        let error = Warehouse::connect(&config).await.unwrap_err();
        assert!(matches!(error, Error::WrongPassword { .. }), "{error}");
        assert!(!error.is_retryable());
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_warehouse_that_is_not_up_says_how_to_start_it() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://someone:hunter2@127.0.0.1:{port}");
    let config = WarehouseConfig { url, ..WarehouseConfig::default() };
    let error = Warehouse::connect(&config).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable());
    let message = error.to_string();
    assert!(message.contains("weekahead up") && message.contains("warehouse.url"), "{message}");
    assert!(message.contains("refused") && !message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    for url in ["", "127.0.0.1:8123", "ftp://127.0.0.1"] {
        let config = WarehouseConfig { url: url.to_owned(), ..WarehouseConfig::default() };
        assert!(matches!(Warehouse::new(&config), Err(Error::Url { .. })), "{url}");
    }
}

#[test]
fn an_answer_may_be_awaited_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let warehouse = Warehouse::new(&WarehouseConfig::default()).unwrap();
    let (now, none) = ("2013-01-25".parse().unwrap(), Vec::new());
    is_send(&warehouse.bars(now, None, None));
    is_send(&warehouse.latest_features(now, "view", "version", &none, None, None));
    is_send(&warehouse.features(now, "view", "version", &none, None, SessionRange::ALL));
    is_send(&warehouse.write_features("view", "version", &none, now.instant(), Vec::new()));
    is_send(&warehouse.write_forecasts(&[]));
    is_send(&warehouse.load_ids(now, None));
}
