//! `kill -9` of the endpoint in the middle of a put: the object is not there, in no part of it.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use weekahead_lake::embedded::{EmbeddedConfig, serve};
use weekahead_lake::{Lake, LoadId, keys};

use crate::world::{NOW, clock, commit, config};

const ROOT: &str = "WEEKAHEAD_TEST_LAKE_ROOT";

/// Not a test: the process that the test below kills. It serves the directory that the environment names.
#[tokio::test]
#[ignore = "run by the test that kills it"]
async fn endpoint_process() {
    let Ok(root) = std::env::var(ROOT) else { return };
    let root = Path::new(&root);
    let handle = serve(config(root)).await.unwrap();
    fs::write(root.join(".addr.new"), handle.local_addr().to_string()).unwrap();
    fs::rename(root.join(".addr.new"), root.join(".addr")).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_commit_record_nothing_is_committed() {
    let root = tempfile::TempDir::new().unwrap();
    let config = config(root.path());
    let mut process = Killed(start(root.path()));
    let addr = wait_for(|| fs::read_to_string(root.path().join(".addr")).ok()?.parse().ok()).await;
    let lake = Lake::open(&config.lake_config(addr)).await.unwrap();
    let committed = commit(&lake, "2013-01-18T23:00:00Z", "AAPL", &["2013-01-18"]).await;

    let key = keys::commit_record(LoadId::new(&clock(NOW)));
    let mut socket = begin_put(&config, addr, &key, 4096).await;
    socket.write_all(br#"{"load_id":"#).unwrap();
    let temporary = wait_for(|| half_object(root.path())).await;
    process.0.kill().unwrap();
    process.0.wait().unwrap();

    assert!(root.path().join(&temporary).exists(), "the half object stays beside the bucket");
    let again = serve(config.clone()).await.unwrap();
    let lake = Lake::open(&config.lake_config(again.local_addr())).await.unwrap();
    assert!(!lake.exists(&key).await.unwrap());
    assert_eq!(
        lake.loads().await.unwrap(),
        std::slice::from_ref(&committed),
        "what was acknowledged survives"
    );
    assert_eq!(lake.verify_load(&committed).await.unwrap(), []);
    assert!(!root.path().join(&temporary).exists(), "the next start removes it");
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_of_a_put_leaves_nothing() {
    let world = crate::world::World::new().await;
    let config = config(world.root.path());
    let mut socket = begin_put(&config, world.endpoint.local_addr(), "loads/x.json", 4096).await;
    socket.write_all(b"half").unwrap();
    wait_for(|| half_object(world.root.path())).await;
    drop(socket);
    wait_for(|| half_object(world.root.path()).is_none().then_some(())).await;
    assert_eq!(world.keys().await, Vec::<String>::new());
}

/// Killed when the test ends, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(root: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::endpoint_process", "--ignored"]).env(ROOT, root);
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// The temporary file of a put in progress.
fn half_object(root: &Path) -> Option<String> {
    let names = fs::read_dir(root).ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
    names.map(|name| name.to_string_lossy().into_owned()).find(|name| name.ends_with(".internal.part"))
}

async fn wait_for<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        match ready() {
            Some(value) => return value,
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("it did not happen within 30 s");
}

/// Sends the head of a signed put of `length` bytes.
async fn begin_put(config: &EmbeddedConfig, addr: SocketAddr, key: &str, length: usize) -> TcpStream {
    let client = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(
                &config.access_key_id,
                &config.secret_access_key,
                None,
                None,
                "test",
            ))
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{addr}"))
            .force_path_style(true)
            .build(),
    );
    let presigning = PresigningConfig::expires_in(Duration::from_secs(600)).unwrap();
    let request = client.put_object().bucket("lake").key(key).presigned(presigning).await.unwrap();
    let path = request.uri().strip_prefix(&format!("http://{addr}")).unwrap().to_owned();
    let mut socket = TcpStream::connect(addr).unwrap();
    write!(socket, "PUT {path} HTTP/1.1\r\nHost: {addr}\r\nContent-Length: {length}\r\n\r\n").unwrap();
    socket
}
